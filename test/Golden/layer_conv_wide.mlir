// Windows with channels last: rows in one piece, dilated rows, single positions. Strides, uneven pads, dynamic batch and extents.
// Run by golden.test; T.bin holds the codes of the three layers, S.bin scales.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x20x?x?xf32> {onnx.value = #onnx.value<name = "x", element = f32, dims = ["", "", "", ""]>})
    -> (tensor<?x7x?x?xf32> {onnx.value = #onnx.value<name = "strided", element = f32, dims = ["", "", "", ""]>},
        tensor<?x7x?x?xf32> {onnx.value = #onnx.value<name = "dilated", element = f32, dims = ["", "", "", ""]>},
        tensor<?x7x?x?xf32> {onnx.value = #onnx.value<name = "point", element = f32, dims = ["", "", "", ""]>}) {
  %s = bitnet.constant "s" #bitnet.blob<"S.bin", 0, 28> -> tensor<7xf32>
  %t0 = bitnet.constant "t0" #bitnet.blob<"T.bin", 0, 315> -> tensor<7x180xi2>
  %strided = bitnet.linear "strided" %x, %t0 scale %s
    act <divide, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [3, 3], strides = [2, 1], dilations = [1, 1], pads = [1, 0, 2, 1]>
    : (tensor<?x20x?x?xf32>, tensor<7x180xi2>, tensor<7xf32>) -> tensor<?x7x?x?xf32>
  %t1 = bitnet.constant "t1" #bitnet.blob<"T.bin", 315, 315> -> tensor<7x180xi2>
  %dilated = bitnet.linear "dilated" %x, %t1 scale %s
    act <divide, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [3, 3], strides = [1, 2], dilations = [1, 2], pads = [1, 0, 2, 1]>
    : (tensor<?x20x?x?xf32>, tensor<7x180xi2>, tensor<7xf32>) -> tensor<?x7x?x?xf32>
  %t2 = bitnet.constant "t2" #bitnet.blob<"T.bin", 630, 35> -> tensor<7x20xi2>
  %point = bitnet.linear "point" %x, %t2 scale %s
    act <divide, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0]>
    : (tensor<?x20x?x?xf32>, tensor<7x20xi2>, tensor<7xf32>) -> tensor<?x7x?x?xf32>
  return %strided, %dilated, %point : tensor<?x7x?x?xf32>, tensor<?x7x?x?xf32>, tensor<?x7x?x?xf32>
}
}
