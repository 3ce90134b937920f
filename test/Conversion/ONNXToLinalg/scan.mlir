// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// The running total is carried by the loop; inclusive sums add first.
// CHECK-LABEL: func.func @main
// CHECK: scf.for
// CHECK: arith.addi {{.*}} : i64
// CHECK: tensor.insert_slice
// CHECK: scf.yield
func.func @main(%x: tensor<2x?xi64>) -> !onnx.unknown {
  %a = onnx.constant "a" dense<-1> : tensor<i64> -> tensor<i64>
  %y = onnx.node "CumSum"(%x, %a) opset 14 {} : (tensor<2x?xi64>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Exclusive sums write before they add.
// CHECK-LABEL: func.func @main
// CHECK: scf.for
// CHECK: tensor.insert_slice
// CHECK: arith.addf
// CHECK: scf.yield
func.func @main(%x: tensor<2x4xf32>) -> !onnx.unknown {
  %a = onnx.constant "a" dense<1> : tensor<i64> -> tensor<i64>
  %y = onnx.node "CumSum"(%x, %a) opset 14 {exclusive = 1 : i64} : (tensor<2x4xf32>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[ROW:.*]] = linalg.index 0
// CHECK-DAG: %[[COLUMN:.*]] = linalg.index 1
// CHECK: arith.cmpi sle, %[[COLUMN]]
// CHECK: arith.select
func.func @main(%x: tensor<4x5xf32>) -> !onnx.unknown {
  %k = onnx.constant "k" dense<1> : tensor<i64> -> tensor<i64>
  %y = onnx.node "Trilu"(%x, %k) opset 14 {upper = 0 : i64} : (tensor<4x5xf32>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The number of the diagonal is cut off where adding numbers of rows cannot overflow.
// CHECK-LABEL: func.func @main
// CHECK: arith.constant 72057594037927936 : index
// CHECK-NOT: 9223372036854775807
func.func @main(%x: tensor<4x5xf32>) -> !onnx.unknown {
  %k = onnx.constant "k" dense<9223372036854775807> : tensor<i64> -> tensor<i64>
  %y = onnx.node "Trilu"(%x, %k) opset 14 {} : (tensor<4x5xf32>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}
