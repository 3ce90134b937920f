// act_c3: every scalar step rounds to bf16.
// Run by golden.test; W.bin is the case's weights, little-endian bf16.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x512xbf16> {onnx.value = #onnx.value<name = "x", element = bf16, dims = ["", ""]>})
    -> (tensor<?x512xi8> {onnx.value = #onnx.value<name = "q", element = i8, dims = ["", ""]>},
        tensor<?x1xbf16> {onnx.value = #onnx.value<name = "scale", element = bf16, dims = ["", ""]>},
        tensor<1x32x4x64xi8> {onnx.value = #onnx.value<name = "packed", element = i8, dims = ["", "", "", ""]>},
        tensor<?x8xi32> {onnx.value = #onnx.value<name = "acc", element = i32, dims = ["", ""]>},
        tensor<?x8xf32> {onnx.value = #onnx.value<name = "y", element = f32, dims = ["", ""]>},
        tensor<f32> {onnx.value = #onnx.value<name = "weight_scale", element = f32, dims = []>}) {
  %w = bitnet.constant "W" #bitnet.blob<"W.bin", 0, 8192> -> tensor<8x512xbf16>
  %t, %ws = bitnet.quantize_weights %w absmean : tensor<8x512xbf16> -> tensor<8x512xi2>, tensor<f32>
  %packed = bitnet.pack %t <u2, rows = 8, cols = 512> : tensor<8x512xi2> -> tensor<1x32x4x64xi8>
  %q, %s = bitnet.quantize_activations %x
    <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : tensor<?x512xbf16> -> tensor<?x512xi8>, tensor<?x1xbf16>
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x512xbf16>
  %init = tensor.empty(%m) : tensor<?x8xi32>
  %acc = bitnet.matmul ins(%q, %t : tensor<?x512xi8>, tensor<8x512xi2>) outs(%init : tensor<?x8xi32>) -> tensor<?x8xi32>
  %y = bitnet.rescale %acc scale %s weight_scale %ws : (tensor<?x8xi32>, tensor<?x1xbf16>, tensor<f32>) -> tensor<?x8xf32>
  return %q, %s, %packed, %acc, %y, %ws : tensor<?x512xi8>, tensor<?x1xbf16>, tensor<1x32x4x64xi8>, tensor<?x8xi32>, tensor<?x8xf32>, tensor<f32>
}
}
