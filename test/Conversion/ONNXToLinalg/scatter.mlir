// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Slices are inserted one after the other.
// CHECK-LABEL: func.func @main
// CHECK: scf.for
// CHECK: %[[S:.*]] = tensor.extract_slice
// CHECK: tensor.insert_slice %[[S]]
func.func @main(%x: tensor<4x6xi8>, %u: tensor<2x6xi8>) -> !onnx.unknown {
  %i = onnx.constant "i" dense<[[1], [-1]]> : tensor<2x1xi64> -> tensor<2x1xi64>
  %y = onnx.node "ScatterND"(%x, %i, %u) opset 18 {reduction = "none"}
    : (tensor<4x6xi8>, tensor<2x1xi64>, tensor<2x6xi8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Reductions (opset 16) go element by element; 16-bit floats in f32.
// CHECK-LABEL: func.func @main
// CHECK: scf.for
// CHECK: scf.for
// CHECK: arith.extf
// CHECK: arith.addf {{.*}} : f32
// CHECK: arith.truncf
// CHECK: tensor.insert
func.func @main(%x: tensor<4x6xf16>, %i: tensor<3x1xi64>, %u: tensor<3x6xf16>) -> !onnx.unknown {
  %y = onnx.node "ScatterND"(%x, %i, %u) opset 18 {reduction = "add"}
    : (tensor<4x6xf16>, tensor<3x1xi64>, tensor<3x6xf16>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: cf.assert
// CHECK-COUNT-2: scf.for
// CHECK: tensor.insert %{{.*}} into
func.func @main(%x: tensor<4x6xf32>, %i: tensor<4x3xi64>, %u: tensor<4x3xf32>) -> !onnx.unknown {
  %y = onnx.node "ScatterElements"(%x, %i, %u) opset 18 {axis = 1}
    : (tensor<4x6xf32>, tensor<4x3xi64>, tensor<4x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
