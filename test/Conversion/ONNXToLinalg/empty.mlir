// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Dimensions of size 0: no operation may begin outside of a tensor without elements, which
// MLIR takes for out of bounds, and no run-time check may fail for them (F17).

// Reshape: any number of elements times 0 is 0. What is static on both sides is left out to
// find the inferred extent.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<0x7xf32>, tensor<0x2x3xf32>, tensor<3x0x?xf32>)
// CHECK-NOT: tensor.collapse_shape
// CHECK-NOT: tensor.expand_shape
// CHECK-DAG: tensor.empty() : tensor<0x7xf32>
// CHECK-DAG: tensor.empty() : tensor<0x2x3xf32>
// CHECK-DAG: tensor.empty(%{{.*}}) : tensor<3x0x?xf32>
// CHECK: return
func.func @main(%x: tensor<0x6xf32>, %y: tensor<?x0xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %s = onnx.constant "s" dense<[0, 7]> : tensor<2xi64> -> tensor<2xi64>
  %t = onnx.constant "t" dense<[0, 2, -1]> : tensor<3xi64> -> tensor<3xi64>
  %h = onnx.constant "h" dense<[3, 0]> : tensor<2xi64> -> tensor<2xi64>
  %i = onnx.constant "i" dense<[0]> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.node "Reshape"(%x, %s) opset 17 {allowzero = 1 : i64} : (tensor<0x6xf32>, tensor<2xi64>) -> !onnx.unknown
  %b = onnx.node "Reshape"(%x, %t) opset 17 {} : (tensor<0x6xf32>, tensor<3xi64>) -> !onnx.unknown
  %d = onnx.node "Shape"(%y) opset 17 {} : (tensor<?x0xf32>) -> !onnx.unknown
  %n = onnx.node "Gather"(%d, %i) opset 17 {} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %u = onnx.node "Concat"(%h, %n) opset 17 {axis = 0 : i64} : (tensor<2xi64>, !onnx.unknown) -> !onnx.unknown
  %c = onnx.node "Reshape"(%y, %u) opset 17 {allowzero = 1 : i64} : (tensor<?x0xf32>, !onnx.unknown) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Slices: nothing of a tensor, pieces that begin at its end.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<8x0xf32>, tensor<0x9xf32>, tensor<8x0xf32>)
// CHECK-NOT: tensor.extract_slice
// CHECK-COUNT-3: tensor.empty()
// CHECK-NOT: tensor.extract_slice
func.func @main(%x: tensor<8x9xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Slice"(%x) opset 9 {starts = [3], ends = [3], axes = [1]} : (tensor<8x9xf32>) -> !onnx.unknown
  %b = onnx.node "Slice"(%x) opset 9 {starts = [8], ends = [100], axes = [0]} : (tensor<8x9xf32>) -> !onnx.unknown
  %c = onnx.node "Slice"(%x) opset 9 {starts = [5], ends = [2], axes = [1]} : (tensor<8x9xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// The last piece of a Split may be empty.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0] [4] [1]
// CHECK-NOT: tensor.extract_slice
// CHECK: tensor.empty() : tensor<0xf32>
func.func @main(%x: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %s = onnx.constant "s" dense<[4, 0]> : tensor<2xi64> -> tensor<2xi64>
  %y:2 = onnx.node "Split"(%x, %s) opset 18 {axis = 0 : i64} : (tensor<4xf32>, tensor<2xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

// Backward over an axis that turns out to be empty: the last element is number -1, and
// clamping it to 0 must not make it one (F3).
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?xf32>
// CHECK: %[[N:.*]] = tensor.dim %[[X]]
// CHECK: %[[LAST:.*]] = arith.addi %[[N]], %c-1
// CHECK: arith.minsi %{{.*}}, %[[LAST]]
// CHECK: linalg.generic
// CHECK: tensor.extract %[[X]]
func.func @main(%x: tensor<?xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<2> : tensor<1xi64> -> tensor<1xi64>
  %e = onnx.constant "e" dense<-9223372036854775808> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.constant "a" dense<0> : tensor<1xi64> -> tensor<1xi64>
  %t = onnx.constant "t" dense<-1> : tensor<1xi64> -> tensor<1xi64>
  %y = onnx.node "Slice"(%x, %s, %e, %a, %t) opset 13 {}
    : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Of an axis that is known to be empty nothing is left.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> tensor<0xf32>
func.func @main(%x: tensor<0xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<-1> : tensor<1xi64> -> tensor<1xi64>
  %e = onnx.constant "e" dense<-9223372036854775808> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.constant "a" dense<0> : tensor<1xi64> -> tensor<1xi64>
  %t = onnx.constant "t" dense<-1> : tensor<1xi64> -> tensor<1xi64>
  %y = onnx.node "Slice"(%x, %s, %e, %a, %t) opset 13 {}
    : (tensor<0xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A padded tensor without elements is its padding.
// CHECK-LABEL: func.func @main
// CHECK-NOT: tensor.pad
// CHECK: %[[V:.*]] = arith.constant 2.000000e+00 : f32
// CHECK: linalg.fill ins(%[[V]] : f32) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK-NOT: tensor.pad
func.func @main(%x: tensor<0x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Pad"(%x) opset 2 {pads = [1, 0, 2, 0], value = 2.0 : f32} : (tensor<0x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Empty pieces are not inserted; one that is left is the result.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %{{.*}}: tensor<2x0xf32>, %[[Y:.*]]: tensor<2x4xf32>
// CHECK: %[[ONE:.*]] = tensor.insert_slice %[[X]] into %{{.*}}[0, 0] [2, 3] [1, 1]
// CHECK-NEXT: %[[TWO:.*]] = tensor.insert_slice %[[Y]] into %[[ONE]][0, 3] [2, 4] [1, 1]
// CHECK-NOT: tensor.insert_slice
// CHECK: return %[[TWO]], %[[X]], %{{.*}} : tensor<2x7xf32>, tensor<2x3xf32>, tensor<2x0xf32>
func.func @main(%x: tensor<2x3xf32>, %n: tensor<2x0xf32>, %y: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Concat"(%x, %n, %y, %n) opset 13 {axis = 1 : i64}
    : (tensor<2x3xf32>, tensor<2x0xf32>, tensor<2x4xf32>, tensor<2x0xf32>) -> !onnx.unknown
  %b = onnx.node "Concat"(%n, %x) opset 13 {axis = 1 : i64} : (tensor<2x0xf32>, tensor<2x3xf32>) -> !onnx.unknown
  %c = onnx.node "Concat"(%n, %n) opset 13 {axis = 1 : i64} : (tensor<2x0xf32>, tensor<2x0xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Sums and updates of nothing.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<0x4xf32>, %{{.*}}
// CHECK-NOT: scf.for
// CHECK: return %[[X]], %[[X]]
func.func @main(%x: tensor<0x4xf32>, %i: tensor<0x1xi64>, %u: tensor<0x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %axis = onnx.constant "axis" dense<1> : tensor<i64> -> tensor<i64>
  %a = onnx.node "CumSum"(%x, %axis) opset 14 {} : (tensor<0x4xf32>, tensor<i64>) -> !onnx.unknown
  %b = onnx.node "ScatterND"(%x, %i, %u) opset 18 {} : (tensor<0x4xf32>, tensor<0x1xi64>, tensor<0x4xf32>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}
