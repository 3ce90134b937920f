// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Windows over the padded input are gathered, output rows innermost; the rest is
// a product of matrices.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d5 * 2 + d3, d6 * 2 + d4)>
// CHECK-DAG: #[[COLS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d3, d4, d5, d6, d7)>
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad %{{.*}} low[0, 0, 1, 1] high[0, 0, 1, 1]
// CHECK: %[[W:.*]] = linalg.generic {indexing_maps = [#[[X]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel"]}
// CHECK: linalg.generic {indexing_maps = [#[[COLS]]
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "parallel", "parallel"]} ins(%[[W]],
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

// -----

// One filter per group (depthwise) meets each window once: nothing is gathered.
// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d3, d4 + d6, d5 + d7)>
// CHECK-LABEL: func.func @main
// CHECK: linalg.generic {indexing_maps = [#[[X]]
// CHECK-NOT: linalg.generic
// CHECK: return {{.*}} : tensor<1x4x6x6xf32>
func.func @main(%x: tensor<1x4x8x8xf32>, %w: tensor<4x1x3x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Conv"(%x, %w) opset 11 {group = 4} : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A convolution has no window on an image that is smaller, whatever the stride (F2).
// CHECK-LABEL: func.func @main
// CHECK-NOT: tensor.pad
// CHECK: return {{.*}} : tensor<1x1x0xf32>
func.func @main(%x: tensor<1x1x2xf32>, %w: tensor<1x1x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Conv"(%x, %w) opset 11 {strides = [2], kernel_shape = [3]} : (tensor<1x1x2xf32>, tensor<1x1x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Of unknown size: max(in - 3 + 2, 0) / 2 windows, which is 0 where (in - 3) / 2 + 1 is 1.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x1x?xf32>
// CHECK: %[[IN:.*]] = tensor.dim %[[X]]
// CHECK: %[[ROOM:.*]] = arith.addi %[[IN]], %c-1
// CHECK: %[[SOME:.*]] = arith.maxsi %[[ROOM]], %c0
// CHECK: arith.divsi %[[SOME]], %c2
func.func @main(%x: tensor<1x1x?xf32>, %w: tensor<1x1x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Conv"(%x, %w) opset 11 {strides = [2]} : (tensor<1x1x?xf32>, tensor<1x1x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
