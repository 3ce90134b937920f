// RUN: bitnet-opt %s --canonicalize --bitnet-partition-pipeline --bitnet-loops-pipeline | FileCheck %s

// Results of run-time extents through the loops pipeline. Canonicalization makes one
// arith.select of the choice, whose branches have other extents: each is copied by itself.
// The columns of a matrix are a view with a run-time distance between rows: a caller gets a
// dense copy, not a cast of the view.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[C:.*]]: i1, %[[X:[a-z0-9]+]]: memref<?x?xf32>, %[[U:[a-z0-9]+]]: memref<?xf32>, %[[V:[a-z0-9]+]]: memref<?xf32>,
// CHECK-NOT: arith.select %[[C]]
// CHECK: %[[S:.*]] = memref.subview %[[X]]
// CHECK: scf.if %[[C]]
// CHECK: %[[N:.*]] = memref.dim %[[U]]
// CHECK: memref.alloc(%[[N]])
// CHECK: } else {
// CHECK: %[[M:.*]] = memref.dim %[[V]]
// CHECK: memref.alloc(%[[M]])
// CHECK-NOT: memref.cast %[[S]]
// CHECK: %[[DENSE:.*]] = memref.alloc(%{{.*}}) {{.*}}: memref<?x2xf32>
// CHECK: return %[[DENSE]],
func.func @main(%c: i1, %x: tensor<?x?xf32>, %u: tensor<?xf32>, %v: tensor<?xf32>, %n: index) -> (tensor<?x2xf32>, tensor<?xf32>) {
  %s = tensor.extract_slice %x[0, 0] [%n, 2] [1, 1] : tensor<?x?xf32> to tensor<?x2xf32>
  %r = scf.if %c -> tensor<?xf32> {
    scf.yield %u : tensor<?xf32>
  } else {
    scf.yield %v : tensor<?xf32>
  }
  return %s, %r : tensor<?x2xf32>, tensor<?xf32>
}
