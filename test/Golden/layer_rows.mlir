// act_c2, mm_c2: dynamic leading dimensions, row scales, bias; one row holds a NaN, one an infinity.
// Run by golden.test; T.bin holds codes, S.bin scales, B.bin biases.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x?x53xf32> {onnx.value = #onnx.value<name = "x", element = f32, dims = ["", "", ""]>})
    -> (tensor<?x?x37xf32> {onnx.value = #onnx.value<name = "y", element = f32, dims = ["", "", ""]>}) {
  %t = bitnet.constant "t" #bitnet.blob<"T.bin", 0, 491> -> tensor<37x53xi2>
  %s = bitnet.constant "s" #bitnet.blob<"S.bin", 0, 148> -> tensor<37xf32>
  %b = bitnet.constant "b" #bitnet.blob<"B.bin", 0, 148> -> tensor<37xf32>
  %y = bitnet.linear "layer" %x, %t scale %s bias %b
    act <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<?x?x53xf32>, tensor<37x53xi2>, tensor<37xf32>, tensor<37xf32>) -> tensor<?x?x37xf32>
  return %y : tensor<?x?x37xf32>
}
}
