// w_c2: codes that reach +128, exactly.
// Run by golden.test; T.bin holds codes, S.bin scales.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x53xf32> {onnx.value = #onnx.value<name = "x", element = f32, dims = ["", ""]>})
    -> (tensor<?x37xf32> {onnx.value = #onnx.value<name = "y", element = f32, dims = ["", ""]>}) {
  %t = bitnet.constant "t" #bitnet.blob<"T.bin", 0, 491> -> tensor<37x53xi2>
  %s = bitnet.constant "s" #bitnet.blob<"S.bin", 0, 148> -> tensor<37xf32>
  %y = bitnet.linear "layer" %x, %t scale %s
    act <mul_divide, axes = [-1], qmax = 128, eps = 1.0e-5 : f64, low = -128, high = 128>
    : (tensor<?x53xf32>, tensor<37x53xi2>, tensor<37xf32>) -> tensor<?x37xf32>
  return %y : tensor<?x37xf32>
}
}
