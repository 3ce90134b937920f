// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Shape arithmetic becomes extents: the inferred extent of [-1, 64] is b * s.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x?x64xf32>
// CHECK: tensor.collapse_shape %[[X]] {{\[\[}}0, 1], [2]]
// CHECK-NOT: cf.assert
func.func @main(%x: tensor<?x?x64xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<[-1, 64]> : tensor<2xi64> -> tensor<2xi64>
  %y = onnx.node "Reshape"(%x, %s) opset 17 {} : (tensor<?x?x64xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// 0 copies an extent; groups that cannot be paired are compared at run time.
// CHECK-LABEL: func.func @main
// What is checked of the inputs' extents is checked before anything is read.
// CHECK: cf.assert %{{.*}}, "Reshape: numbers of elements before and after differ"
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]] output_shape [%{{.*}}, 4, 16]
func.func @main(%x: tensor<?x64xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %s = onnx.constant "s" dense<[0, 4, -1]> : tensor<3xi64> -> tensor<3xi64>
  %t = onnx.constant "t" dense<[3, 64]> : tensor<2xi64> -> tensor<2xi64>
  %y = onnx.node "Reshape"(%x, %s) opset 17 {} : (tensor<?x64xf32>, tensor<3xi64>) -> !onnx.unknown
  %z = onnx.node "Reshape"(%x, %t) opset 17 {} : (tensor<?x64xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y, %z : !onnx.unknown, !onnx.unknown
}

// -----

// allowzero: 0 is an extent of zero.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> tensor<0x3xf32>
func.func @main(%x: tensor<0x5xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<[0, 3]> : tensor<2xi64> -> tensor<2xi64>
  %y = onnx.node "Reshape"(%x, %s) opset 17 {allowzero = 1} : (tensor<0x5xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Squeeze and Unsqueeze: axes are an attribute before opset 13, then an input.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<3xf32>, tensor<1x3xf32>, tensor<1x1x3x1xf32>, tensor<1x3x1xf32>, tensor<3xf32>)
func.func @main(%x: tensor<1x3x1xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %axes = onnx.constant "axes" dense<[-1]> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.node "Squeeze"(%x) opset 11 {axes = [0, 2]} : (tensor<1x3x1xf32>) -> !onnx.unknown
  %b = onnx.node "Squeeze"(%x, %axes) opset 13 {} : (tensor<1x3x1xf32>, tensor<1xi64>) -> !onnx.unknown
  %c = onnx.node "Unsqueeze"(%x) opset 11 {axes = [0]} : (tensor<1x3x1xf32>) -> !onnx.unknown
  %d = onnx.node "Unsqueeze"(%b, %axes) opset 13 {} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %e = onnx.node "Squeeze"(%x) opset 13 {} : (tensor<1x3x1xf32>) -> !onnx.unknown
  return %a, %b, %c, %d, %e : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Exporters guard Expand with Where(Equal(shape, -1), 1, shape): extents are
// never -1, so the guard folds away.
// CHECK-LABEL: func.func @main
// CHECK-NOT: arith.cmpi
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}) : tensor<?x3xf32>
// CHECK: linalg.generic {{.*}} outs(%[[E]]
func.func @main(%x: tensor<?x3xf32>) -> !onnx.unknown {
  %v = onnx.constant "v" dense<1.0> : tensor<1x3xf32> -> tensor<1x3xf32>
  %m = onnx.constant "m" dense<-1> : tensor<1xi64> -> tensor<1xi64>
  %one = onnx.constant "one" dense<1> : tensor<1xi64> -> tensor<1xi64>
  %s = onnx.node "Shape"(%x) opset 17 {} : (tensor<?x3xf32>) -> !onnx.unknown
  %is = onnx.node "Equal"(%s, %m) opset 17 {} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %t = onnx.node "Where"(%is, %one, %s) opset 17 {} : (!onnx.unknown, tensor<1xi64>, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "Expand"(%v, %t) opset 17 {} : (tensor<1x3xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Range over extents has an extent as length: past + seq - past is seq.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[P:.*]]: tensor<?xf32>, %[[S:.*]]: tensor<?xf32>
// CHECK: %[[SEQ:.*]] = tensor.dim %[[S]]
// CHECK: tensor.empty(%[[SEQ]]) : tensor<?xi64>
func.func @main(%p: tensor<?xf32>, %s: tensor<?xf32>) -> !onnx.unknown {
  %one = onnx.constant "one" dense<1> : tensor<i64> -> tensor<i64>
  %past = onnx.node "Size"(%p) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %seq = onnx.node "Size"(%s) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %end = onnx.node "Add"(%past, %seq) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %r = onnx.node "Range"(%past, %end, %one) opset 17 {} : (!onnx.unknown, !onnx.unknown, tensor<i64>) -> !onnx.unknown
  return %r : !onnx.unknown
}

// -----

// Shape-15 takes a range of axes; Flatten multiplies extents.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<2xi64>, tensor<6x20xf32>)
// CHECK: arith.constant dense<[3, 4]> : tensor<2xi64>
func.func @main(%x: tensor<2x3x4x5xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %s = onnx.node "Shape"(%x) opset 17 {start = 1, end = -1} : (tensor<2x3x4x5xf32>) -> !onnx.unknown
  %f = onnx.node "Flatten"(%x) opset 17 {axis = 2} : (tensor<2x3x4x5xf32>) -> !onnx.unknown
  return %s, %f : !onnx.unknown, !onnx.unknown
}

// -----

// Without allowzero a size of 0 means that of the input. A size that comes from another
// shape may be 0 at run time; that no run means the other thing silently, it is an error
// unless the input's size is 0, too.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>, %[[Y:.*]]: tensor<?xf32>
// CHECK-DAG: %[[HAVE:.*]] = tensor.dim %[[X]]
// CHECK-DAG: %[[SIZE:.*]] = tensor.dim %[[Y]]
// CHECK-DAG: %[[SOME:.*]] = arith.cmpi ne, %[[SIZE]], %c0
// CHECK-DAG: %[[NONE:.*]] = arith.cmpi eq, %[[HAVE]], %c0
// CHECK: %[[OK:.*]] = arith.ori %[[SOME]], %[[NONE]]
// CHECK: cf.assert %[[OK]], "Reshape: a size of 0 would mean that of the input"
func.func @main(%x: tensor<?x4xf32>, %y: tensor<?xf32>) -> !onnx.unknown {
  %r = onnx.constant "r" dense<[-1]> : tensor<1xi64> -> tensor<1xi64>
  %d = onnx.node "Shape"(%y) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %s = onnx.node "Concat"(%d, %r) opset 17 {axis = 0 : i64} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %z = onnx.node "Reshape"(%x, %s) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Its own extent is what 0 would mean, and with allowzero it means itself.
// CHECK-LABEL: func.func @main
// CHECK-NOT: a size of 0
func.func @main(%x: tensor<?x4xf32>, %y: tensor<?xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r = onnx.constant "r" dense<[2, 2]> : tensor<2xi64> -> tensor<2xi64>
  %i = onnx.constant "i" dense<[0]> : tensor<1xi64> -> tensor<1xi64>
  %d = onnx.node "Shape"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %n = onnx.node "Gather"(%d, %i) opset 17 {} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %s = onnx.node "Concat"(%n, %r) opset 17 {axis = 0 : i64} : (!onnx.unknown, tensor<2xi64>) -> !onnx.unknown
  %a = onnx.node "Reshape"(%x, %s) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %e = onnx.node "Shape"(%y) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %t = onnx.node "Concat"(%e, %r) opset 17 {axis = 0 : i64} : (!onnx.unknown, tensor<2xi64>) -> !onnx.unknown
  %b = onnx.node "Reshape"(%x, %t) opset 17 {allowzero = 1 : i64} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}

// -----

// Sizes that are numbers of the graph are checked, those that are extents need no check; ranges are counted in unsigned
// numbers, which the distance of any two ends fits in.
// CHECK-LABEL: func.func @main
// CHECK: arith.uitofp
// CHECK: cf.assert %{{.*}}, "Expand: a size is negative or too large"
// CHECK-NOT: ConstantOfShape: a size
// CHECK: cf.assert %{{.*}}, "Range: the step is 0"
// CHECK: arith.divui
// CHECK: arith.index_castui
func.func @main(%x: tensor<1xf32>, %s: tensor<1xi64>, %i: tensor<i16>, %l: tensor<i16>, %z: tensor<?x?xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Expand"(%x, %s) opset 13 {} : (tensor<1xf32>, tensor<1xi64>) -> !onnx.unknown
  %d = onnx.node "Shape"(%z) opset 17 {} : (tensor<?x?xf32>) -> !onnx.unknown
  %b = onnx.node "ConstantOfShape"(%d) opset 9 {} : (!onnx.unknown) -> !onnx.unknown
  %c = onnx.node "Range"(%i, %l, %i) opset 11 {} : (tensor<i16>, tensor<i16>, tensor<i16>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}
