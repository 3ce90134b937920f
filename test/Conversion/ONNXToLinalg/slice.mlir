// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Opset 1: bounds are attributes.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[1, 6] [4, 3] [1, 1]
func.func @main(%x: tensor<8x9xf32>) -> !onnx.unknown {
  %y = onnx.node "Slice"(%x) opset 9 {starts = [1, -3], ends = [5, 100], axes = [0, 1]} : (tensor<8x9xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 10: bounds are inputs, and there are steps.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0, 2] [8, 3] [1, 3]
func.func @main(%x: tensor<8x9xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<2> : tensor<1xi64> -> tensor<1xi64>
  %e = onnx.constant "e" dense<9223372036854775807> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.constant "a" dense<1> : tensor<1xi64> -> tensor<1xi64>
  %t = onnx.constant "t" dense<3> : tensor<1xi64> -> tensor<1xi64>
  %y = onnx.node "Slice"(%x, %s, %e, %a, %t) opset 13 {}
    : (tensor<8x9xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Backward: element by element.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
// CHECK-NOT: tensor.extract_slice
// CHECK: linalg.generic
// CHECK: tensor.extract %[[X]]
// CHECK: return {{.*}} : tensor<4xf32>
func.func @main(%x: tensor<8xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<-1> : tensor<1xi64> -> tensor<1xi64>
  %e = onnx.constant "e" dense<-9223372036854775808> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.constant "a" dense<0> : tensor<1xi64> -> tensor<1xi64>
  %t = onnx.constant "t" dense<-2> : tensor<1xi64> -> tensor<1xi64>
  %y = onnx.node "Slice"(%x, %s, %e, %a, %t) opset 13 {}
    : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Bounds that come from other shapes are clamped at run time.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x128xi64>, %[[IDS:.*]]: tensor<1x?xi64>
// CHECK: %[[S:.*]] = tensor.dim %[[IDS]]
// CHECK: arith.minsi %[[S]]
// CHECK: tensor.extract_slice %[[X]][0, 0] [1, %{{.*}}] [1, 1] : tensor<1x128xi64> to tensor<1x?xi64>
func.func @main(%x: tensor<1x128xi64>, %ids: tensor<1x?xi64>) -> !onnx.unknown {
  %z = onnx.constant "z" dense<0> : tensor<1xi64> -> tensor<1xi64>
  %o = onnx.constant "o" dense<1> : tensor<1xi64> -> tensor<1xi64>
  %s = onnx.node "Shape"(%ids) opset 13 {} : (tensor<1x?xi64>) -> !onnx.unknown
  %e = onnx.node "Gather"(%s, %o) opset 13 {axis = 0} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %y = onnx.node "Slice"(%x, %z, %e, %o) opset 13 {} : (tensor<1x128xi64>, tensor<1xi64>, !onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A step beyond the axis is one to its end.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[1] [1] [5] : tensor<5xf32> to tensor<1xf32>
func.func @main(%x: tensor<5xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<1> : tensor<1xi64> -> tensor<1xi64>
  %e = onnx.constant "e" dense<9223372036854775807> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.constant "a" dense<0> : tensor<1xi64> -> tensor<1xi64>
  %y = onnx.node "Slice"(%x, %s, %e, %a, %e) opset 13 {} : (tensor<5xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}
