// act_c1 default form (1/m)*127.
// Run by golden.test; W.bin is the case's weights, little-endian f32.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x8xf32> {onnx.value = #onnx.value<name = "x", element = f32, dims = ["", ""]>})
    -> (tensor<?x8xi8> {onnx.value = #onnx.value<name = "q", element = i8, dims = ["", ""]>},
        tensor<?x1xf32> {onnx.value = #onnx.value<name = "scale", element = f32, dims = ["", ""]>},
        tensor<1x1x4x64xi8> {onnx.value = #onnx.value<name = "packed", element = i8, dims = ["", "", "", ""]>},
        tensor<?x4xi32> {onnx.value = #onnx.value<name = "acc", element = i32, dims = ["", ""]>},
        tensor<?x4xf32> {onnx.value = #onnx.value<name = "y", element = f32, dims = ["", ""]>},
        tensor<f32> {onnx.value = #onnx.value<name = "weight_scale", element = f32, dims = []>}) {
  %w = bitnet.constant "W" #bitnet.blob<"W.bin", 0, 128> -> tensor<4x8xf32>
  %t, %ws = bitnet.quantize_weights %w absmean : tensor<4x8xf32> -> tensor<4x8xi2>, tensor<f32>
  %packed = bitnet.pack %t <u2, rows = 4, cols = 8> : tensor<4x8xi2> -> tensor<1x1x4x64xi8>
  %q, %s = bitnet.quantize_activations %x
    <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : tensor<?x8xf32> -> tensor<?x8xi8>, tensor<?x1xf32>
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x8xf32>
  %init = tensor.empty(%m) : tensor<?x4xi32>
  %acc = bitnet.matmul ins(%q, %t : tensor<?x8xi8>, tensor<4x8xi2>) outs(%init : tensor<?x4xi32>) -> tensor<?x4xi32>
  %y = bitnet.rescale %acc scale %s weight_scale %ws : (tensor<?x4xi32>, tensor<?x1xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %q, %s, %packed, %acc, %y, %ws : tensor<?x8xi8>, tensor<?x1xf32>, tensor<1x1x4x64xi8>, tensor<?x4xi32>, tensor<?x4xf32>, tensor<f32>
}
}
