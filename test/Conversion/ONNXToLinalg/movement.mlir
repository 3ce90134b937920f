// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: linalg.transpose ins({{.*}} : tensor<2x3x4xf32>) {{.*}} permutation = [2, 0, 1]
func.func @main(%x: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Transpose"(%x) opset 13 {perm = [2, 0, 1]} : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Without 'perm' all dimensions are reversed.
// CHECK-LABEL: func.func @main
// CHECK: linalg.transpose {{.*}} permutation = [1, 0]
func.func @main(%x: tensor<2x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Transpose"(%x) opset 13 {} : (tensor<2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Dynamic extents add up: past + seq.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[A:.*]]: tensor<1x?x8xf32>, %[[B:.*]]: tensor<1x?x8xf32>
// CHECK-DAG: %[[DA:.*]] = tensor.dim %[[A]]
// CHECK-DAG: %[[DB:.*]] = tensor.dim %[[B]]
// CHECK: arith.addi %[[DA]], %[[DB]]
// CHECK: return {{.*}} : tensor<1x?x8xf32>
func.func @main(%a: tensor<1x?x8xf32>, %b: tensor<1x?x8xf32>) -> !onnx.unknown {
  %y = onnx.node "Concat"(%a, %b) opset 13 {axis = -2} : (tensor<1x?x8xf32>, tensor<1x?x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Lists of integers stay lists: the target shape is read as scalars.
// CHECK-LABEL: func.func @main
// CHECK: tensor.from_elements
// CHECK-NOT: linalg.generic
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %c = onnx.constant "c" dense<[2, 2]> : tensor<2xi64> -> tensor<2xi64>
  %i = onnx.constant "i" dense<[0]> : tensor<1xi64> -> tensor<1xi64>
  %s = onnx.node "Shape"(%x) opset 13 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %d = onnx.node "Gather"(%s, %i) opset 13 {axis = 0} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %y = onnx.node "Concat"(%d, %c) opset 13 {axis = 0} : (!onnx.unknown, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 11: sizes are an attribute; without it all parts are equal.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [2, 1] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[0, 1] [2, 3] [1, 1]
func.func @main(%x: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "Split"(%x) opset 11 {axis = 1, split = [1, 3]} : (tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

// Opset 13: sizes are an input.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [2, 1] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[0, 1] [2, 3] [1, 1]
func.func @main(%x: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %s = onnx.constant "s" dense<[1, 3]> : tensor<2xi64> -> tensor<2xi64>
  %y:2 = onnx.node "Split"(%x, %s) opset 13 {axis = 1} : (tensor<2x4xf32>, tensor<2xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

// Opset 18: num_outputs; the last part may be smaller.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0] [3] [1]
// CHECK: tensor.extract_slice %{{.*}}[3] [3] [1]
// CHECK: tensor.extract_slice %{{.*}}[6] [1] [1]
func.func @main(%x: tensor<7xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "Split"(%x) opset 18 {axis = 0, num_outputs = 3} : (tensor<7xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}
