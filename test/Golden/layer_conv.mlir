// act_c1 per sample: strides, dilations, uneven pads, dynamic batch and extents.
// Run by golden.test; T.bin holds codes, S.bin scales.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x5x?x?xf32> {onnx.value = #onnx.value<name = "x", element = f32, dims = ["", "", "", ""]>})
    -> (tensor<?x7x?x?xf32> {onnx.value = #onnx.value<name = "y", element = f32, dims = ["", "", "", ""]>}) {
  %t = bitnet.constant "t" #bitnet.blob<"T.bin", 0, 79> -> tensor<7x45xi2>
  %s = bitnet.constant "s" #bitnet.blob<"S.bin", 0, 28> -> tensor<7xf32>
  %y = bitnet.linear "layer" %x, %t scale %s
    act <divide, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [3, 3], strides = [2, 1], dilations = [1, 2], pads = [1, 0, 2, 1]>
    : (tensor<?x5x?x?xf32>, tensor<7x45xi2>, tensor<7xf32>) -> tensor<?x7x?x?xf32>
  return %y : tensor<?x7x?x?xf32>
}
}
