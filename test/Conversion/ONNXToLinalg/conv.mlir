// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Windows over the padded input; the innermost loop runs along output rows.
// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d3, d6 * 2 + d4, d7 * 2 + d5)>
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad %{{.*}} low[0, 0, 1, 1] high[0, 0, 1, 1]
// CHECK: linalg.generic {indexing_maps = [#[[X]]
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "parallel", "parallel"]
// CHECK: arith.addf {{.*}} fastmath<reassoc,contract>
// CHECK: return {{.*}} : tensor<?x4x4x4xf32>
func.func @main(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Conv"(%x, %w, %b) opset 11 {pads = [1, 1, 1, 1], strides = [2, 2]}
    : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Groups are a dimension of their own.
// CHECK-LABEL: func.func @main
// CHECK: tensor.expand_shape {{.*}} into tensor<1x2x2x6x6xf32>
// CHECK: return {{.*}} : tensor<1x6x4x4xf32>
func.func @main(%x: tensor<1x4x6x6xf32>, %w: tensor<6x2x3x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Conv"(%x, %w) opset 11 {group = 2} : (tensor<1x4x6x6xf32>, tensor<6x2x3x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// SAME_UPPER puts the odd element at the end; 1-D works alike.
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad %{{.*}} low[0, 0, 0] high[0, 0, 1]
// CHECK: return {{.*}} : tensor<1x3x4xf32>
func.func @main(%x: tensor<1x2x8xf32>, %w: tensor<3x2x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Conv"(%x, %w) opset 11 {auto_pad = "SAME_UPPER", strides = [2]} : (tensor<1x2x8xf32>, tensor<3x2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
