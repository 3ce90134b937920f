// RUN: bitnet-opt %s --bitnet-fold-output-shapes | FileCheck %s
// RUN: bitnet-opt %s --bitnet-fold-output-shapes --bitnet-fold-output-shapes | FileCheck %s

// Dims of inputs are kept; a dim that depends on a value is -1.
// CHECK-LABEL: func.func @bitnet_shapes(
// CHECK-SAME:    %[[X:.*]]: tensor<?x4xf32>, %{{.*}}: tensor<i64>) -> (index, index, index)
// CHECK-DAG:   %[[M1:.*]] = arith.constant -1 : index
// CHECK-DAG:   %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:   %[[D:.*]] = tensor.dim %[[X]], %[[C0]]
// CHECK:       return %[[D]], %[[C4]], %[[M1]]
func.func @main(%x: tensor<?x4xf32>, %n: tensor<i64>) -> (tensor<?x4xf32>, tensor<?xf32>) {
  %zero = arith.constant 0.0 : f32
  %i = tensor.extract %n[] : tensor<i64>
  %d = arith.index_cast %i : i64 to index
  %e = tensor.empty(%d) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %y = linalg.exp ins(%x : tensor<?x4xf32>) outs(%x : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y, %f : tensor<?x4xf32>, tensor<?xf32>
}
