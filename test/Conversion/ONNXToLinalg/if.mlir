// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// A condition known at run time gives scf.if; extents learnt in a branch stay
// in it.
// CHECK-LABEL: func.func @main
// CHECK: %[[C:.*]] = tensor.extract
// CHECK: scf.if %[[C]] -> (tensor<?xf32>) {
// CHECK: linalg.generic
// CHECK: scf.yield %{{.*}} : tensor<?xf32>
// CHECK: } else {
// CHECK: tensor.cast %{{.*}} : tensor<2xf32> to tensor<?xf32>
// CHECK: linalg.generic
// CHECK: math.exp
func.func @main(%c: tensor<i1>, %x: tensor<?xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y = onnx.node "If"(%c) opset 17 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.unknown {
    %0 = onnx.node "Relu"(%x) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
    onnx.yield %0 : !onnx.unknown
  }, {
    %0 = onnx.constant "k" dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
    onnx.yield %0 : tensor<2xf32>
  }
  %z = onnx.node "Exp"(%x) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  return %y, %z : !onnx.unknown, !onnx.unknown
}

// -----

// A constant condition leaves only the branch that is taken.
// CHECK-LABEL: func.func @main
// CHECK-NOT: scf.if
// CHECK: math.exp
// CHECK-NOT: scf.if
func.func @main(%x: tensor<?xf32>) -> !onnx.unknown {
  %c = onnx.constant "c" dense<false> : tensor<1xi1> -> tensor<1xi1>
  %y = onnx.node "If"(%c) opset 17 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<1xi1>) -> !onnx.unknown {
    %0 = onnx.node "Relu"(%x) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
    onnx.yield %0 : !onnx.unknown
  }, {
    %0 = onnx.node "Exp"(%x) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
    onnx.yield %0 : !onnx.unknown
  }
  return %y : !onnx.unknown
}
