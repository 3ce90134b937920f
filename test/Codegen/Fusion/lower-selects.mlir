// RUN: bitnet-opt %s --bitnet-lower-selects --split-input-file | FileCheck %s

// A choice between tensors of run-time extents copies one of them, each branch with
// the extents of its own: one nest over both would read outside of the smaller one.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[C:.*]]: i1, %[[X:.*]]: tensor<?x4xf32>, %[[Y:.*]]: tensor<?x4xf32>
// CHECK-NOT: arith.select
// CHECK: %[[R:.*]] = scf.if %[[C]] -> (tensor<?x4xf32>) {
// CHECK: %[[N:.*]] = tensor.dim %[[X]]
// CHECK: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?x4xf32>
// CHECK: %[[V:.*]] = linalg.copy ins(%[[X]] : tensor<?x4xf32>) outs(%[[E]] :
// CHECK: scf.yield %[[V]]
// CHECK: } else {
// CHECK: %[[M:.*]] = tensor.dim %[[Y]]
// CHECK: %[[F:.*]] = tensor.empty(%[[M]]) : tensor<?x4xf32>
// CHECK: %[[W:.*]] = linalg.copy ins(%[[Y]] : tensor<?x4xf32>) outs(%[[F]] :
// CHECK: scf.yield %[[W]]
// CHECK: return %[[R]]
func.func @rows(%c: i1, %x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = arith.select %c, %x, %y : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// An extent that is static behind a cast stays open in the result.
// CHECK-LABEL: func.func @cast(
// CHECK: scf.if %{{.*}} -> (tensor<?xf32>) {
// CHECK-COUNT-2: scf.yield %{{.*}} : tensor<?xf32>
func.func @cast(%c: i1, %x: tensor<3xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = tensor.cast %x : tensor<3xf32> to tensor<?xf32>
  %r = arith.select %c, %0, %y : tensor<?xf32>
  return %r : tensor<?xf32>
}

// -----

// Equal extents, a choice for each element, and numbers are left to
// convert-elementwise-to-linalg.
// CHECK-LABEL: func.func @elements(
// CHECK-NOT: scf.if
// CHECK-COUNT-3: arith.select
// CHECK-NOT: scf.if
func.func @elements(%c: i1, %mask: tensor<?xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>, %u: tensor<?xf32>, %v: tensor<?xf32>,
                    %i: f32, %j: f32) -> (tensor<4xf32>, tensor<?xf32>, f32) {
  %0 = arith.select %c, %x, %y : tensor<4xf32>
  %1 = arith.select %mask, %u, %v : tensor<?xi1>, tensor<?xf32>
  %2 = arith.select %c, %i, %j : f32
  return %0, %1, %2 : tensor<4xf32>, tensor<?xf32>, f32
}
