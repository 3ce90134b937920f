// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: arith.maximumf
// CHECK: return {{.*}} : tensor<1x3x4x4xf32>
func.func @main(%x: tensor<1x3x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [2, 2], strides = [2, 2]} : (tensor<1x3x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// ceil_mode: room for the last window, which must begin inside the input.
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad %{{.*}} low[0, 0, 0] high[0, 0, 1]
// CHECK: return {{.*}} : tensor<1x1x4xf32>
func.func @main(%x: tensor<1x1x8xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], strides = [2], ceil_mode = 1} : (tensor<1x1x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The divisor is the number of elements in the window, without padding.
// CHECK-LABEL: func.func @main
// CHECK-COUNT-2: arith.addf {{.*}} fastmath<reassoc,contract>
// CHECK: arith.divf
func.func @main(%x: tensor<1x1x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "AveragePool"(%x) opset 11 {kernel_shape = [3, 3], pads = [1, 1, 1, 1]} : (tensor<1x1x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
// CHECK: arith.divf
// CHECK: return {{.*}} : tensor<1x3x1x1xf32>
func.func @main(%x: tensor<1x3x?x?xf32>) -> !onnx.unknown {
  %y = onnx.node "GlobalAveragePool"(%x) opset 1 {} : (tensor<1x3x?x?xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: arith.maximumf
// CHECK: return {{.*}} : tensor<1x3x1x1xf32>
func.func @main(%x: tensor<1x3x4x4xf32>) -> !onnx.unknown {
  %y = onnx.node "GlobalMaxPool"(%x) opset 1 {} : (tensor<1x3x4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
