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

// -----

// The condition has one element, of any rank (F22); if only the run can tell, it is checked.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[C:.*]]: tensor<1x1xi1>, %[[D:.*]]: tensor<?xi1>
// CHECK: cf.assert %{{.*}}, "If: numbers of elements before and after differ"
// CHECK: %[[S:.*]] = tensor.collapse_shape %[[C]] [] : tensor<1x1xi1> into tensor<i1>
// CHECK: %[[B:.*]] = tensor.extract %[[S]][] : tensor<i1>
// CHECK: scf.if %[[B]]
// CHECK: tensor.extract
// CHECK: scf.if
func.func @main(%c: tensor<1x1xi1>, %d: tensor<?xi1>, %x: tensor<3xf32>, %y: tensor<3xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %0 = onnx.node "If"(%c) opset 17 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<1x1xi1>) -> !onnx.unknown {
    onnx.yield %x : tensor<3xf32>
  }, {
    onnx.yield %y : tensor<3xf32>
  }
  %1 = onnx.node "If"(%d) opset 17 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<?xi1>) -> !onnx.unknown {
    onnx.yield %x : tensor<3xf32>
  }, {
    onnx.yield %y : tensor<3xf32>
  }
  return %0, %1 : !onnx.unknown, !onnx.unknown
}
