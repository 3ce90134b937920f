// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// What a check has established is used from there on, and rewrites carry it to operations in
// front of the check. So checks of the inputs' extents come before everything else.

// CHECK-LABEL: func.func @main
// CHECK-NOT: linalg
// CHECK: cf.assert %{{.*}}, "Add: operands cannot be broadcast"
// CHECK-NOT: linalg
// CHECK: cf.assert %{{.*}}, "MatMul: inner dimensions differ"
// CHECK: math.exp
// CHECK-NOT: cf.assert
func.func @main(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %e = onnx.node "Exp"(%x) opset 17 {} : (tensor<?x?xf32>) -> !onnx.unknown
  %v = onnx.constant "v" dense<1.0> : tensor<3xf32> -> tensor<3xf32>
  %a = onnx.node "Add"(%e, %v) opset 17 {} : (!onnx.unknown, tensor<3xf32>) -> !onnx.unknown
  %m = onnx.node "MatMul"(%e, %y) opset 17 {} : (!onnx.unknown, tensor<?x?xf32>) -> !onnx.unknown
  return %a, %m : !onnx.unknown, !onnx.unknown
}

// -----

// A check of what the graph computes stays where that is known; nothing relies on it before.
// The extent keeps its own name: it is not the other one.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?xf32>, %[[I:.*]]: tensor<1xi64>
// CHECK: linalg.generic
// CHECK: tensor.extract
// CHECK: cf.assert
// CHECK: return
func.func @main(%x: tensor<?xf32>, %i: tensor<1xi64>) -> !onnx.unknown {
  %e = onnx.node "Exp"(%x) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %r = onnx.node "Reshape"(%e, %i) opset 17 {} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  return %r : !onnx.unknown
}

// -----

// In a branch, to its beginning: the other one may be taken for just such inputs.
// CHECK-LABEL: func.func @main
// CHECK-NOT: cf.assert
// CHECK: scf.if %{{.*}} -> {{.*}} {
// CHECK-NOT: linalg
// CHECK: cf.assert %{{.*}}, "MatMul: inner dimensions differ"
// CHECK: math.exp
// CHECK: } else {
// CHECK-NOT: cf.assert
// CHECK: math.log
func.func @main(%c: tensor<i1>, %x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> !onnx.unknown {
  %r = onnx.node "If"(%c) opset 17 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.unknown {
    %e = onnx.node "Exp"(%x) opset 17 {} : (tensor<?x?xf32>) -> !onnx.unknown
    %0 = onnx.node "MatMul"(%e, %y) opset 17 {} : (!onnx.unknown, tensor<?x?xf32>) -> !onnx.unknown
    onnx.yield %0 : !onnx.unknown
  }, {
    %0 = onnx.node "Log"(%x) opset 17 {} : (tensor<?x?xf32>) -> !onnx.unknown
    onnx.yield %0 : !onnx.unknown
  }
  return %r : !onnx.unknown
}

// -----

// A layer fixes the columns of its x; the check is the first thing that happens, and the
// columns are known from then on.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x?xf32>
// CHECK-NOT: linalg
// CHECK: %[[K:.*]] = tensor.dim %[[X]]
// CHECK: %[[OK:.*]] = arith.cmpi eq, %[[K]]
// CHECK: cf.assert %[[OK]], "layer 'fc': wrong number of columns"
// CHECK: math.exp
// CHECK: %[[C:.*]] = tensor.cast %{{.*}} : tensor<?x?xf32> to tensor<?x64xf32>
// CHECK: bitnet.linear "fc" %[[C]],
// CHECK-NOT: cf.assert
func.func @main(%x: tensor<?x?xf32>) -> !onnx.unknown {
  %w = bitnet.constant "w" dense<1> : tensor<2x64xi2> -> tensor<2x64xi2>
  %e = onnx.node "Exp"(%x) opset 17 {} : (tensor<?x?xf32>) -> !onnx.unknown
  %y = bitnet.linear "fc" %e, %w : (!onnx.unknown, tensor<2x64xi2>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The channels of a convolution, by the size of its window.
// CHECK-LABEL: func.func @main
// CHECK: cf.assert %{{.*}}, "layer 'conv': wrong number of channels"
// CHECK: math.exp
// CHECK: tensor.cast %{{.*}} : tensor<1x?x8x8xf32> to tensor<1x16x8x8xf32>
func.func @main(%x: tensor<1x?x8x8xf32>) -> !onnx.unknown {
  %w = bitnet.constant "w" dense<1> : tensor<2x64xi2> -> tensor<2x64xi2>
  %e = onnx.node "Exp"(%x) opset 17 {} : (tensor<1x?x8x8xf32>) -> !onnx.unknown
  %y = bitnet.linear "conv" %e, %w conv <kernel = [2, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0]>
    : (!onnx.unknown, tensor<2x64xi2>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Columns that the graph computes are left to bitnet-quantize-linears and
// bitnet-decompose-linear.
// CHECK-LABEL: func.func @main
// CHECK-NOT: wrong number of columns
// CHECK: bitnet.linear "fc" %{{.*}} : (tensor<?x?xf32>, tensor<2x64xi2>) -> tensor<?x2xf32>
func.func @main(%x: tensor<?xf32>, %s: tensor<2xi64>) -> !onnx.unknown {
  %w = bitnet.constant "w" dense<1> : tensor<2x64xi2> -> tensor<2x64xi2>
  %r = onnx.node "Reshape"(%x, %s) opset 17 {} : (tensor<?xf32>, tensor<2xi64>) -> !onnx.unknown
  %y = bitnet.linear "fc" %r, %w : (!onnx.unknown, tensor<2x64xi2>) -> !onnx.unknown
  return %y : !onnx.unknown
}
