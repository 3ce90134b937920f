// w_c3, mm_c2: three groups along K, summed in order.
// Run by golden.test; T.bin holds codes, S.bin scales.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x96xf32> {onnx.value = #onnx.value<name = "x", element = f32, dims = ["", ""]>})
    -> (tensor<?x37xf32> {onnx.value = #onnx.value<name = "y", element = f32, dims = ["", ""]>}) {
  %t = bitnet.constant "t" #bitnet.blob<"T.bin", 0, 888> -> tensor<37x96xi2>
  %s = bitnet.constant "s" #bitnet.blob<"S.bin", 0, 444> -> tensor<37x3xf32>
  %y = bitnet.linear "layer" %x, %t scale %s
    act <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127> group 32
    : (tensor<?x96xf32>, tensor<37x96xi2>, tensor<37x3xf32>) -> tensor<?x37xf32>
  return %y : tensor<?x37xf32>
}
}
