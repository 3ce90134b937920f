// RUN: bitnet-opt %s --bitnet-form-products --split-input-file | FileCheck %s

// The zeros come with the product when it alone reads them.

// CHECK-LABEL: func.func @zeros(
// CHECK: %[[E:.+]] = tensor.empty
// CHECK-NEXT: bitnet.dispatch product {{.*}} outs(%[[E]] :
// CHECK: linalg.fill
// CHECK-NEXT: linalg.matmul
func.func @zeros(%a: tensor<?x16xf32>, %b: tensor<16x32xf32>, %m: index) -> tensor<?x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%m) : tensor<?x32xf32>
  %c = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = linalg.matmul ins(%a, %b : tensor<?x16xf32>, tensor<16x32xf32>) outs(%c : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// They stay outside when something else reads them, when they are not zeros, and in another block: a loop would add up.

// CHECK-LABEL: func.func @others(
// CHECK-COUNT-3: linalg.fill
// CHECK-NOT: linalg.fill
// CHECK: return
func.func @others(%a: tensor<4x16xf32>, %b: tensor<16x32xf32>, %n: index)
    -> (tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x32xf32>
  %c = linalg.fill ins(%zero : f32) outs(%e : tensor<4x32xf32>) -> tensor<4x32xf32>
  %y = linalg.matmul ins(%a, %b : tensor<4x16xf32>, tensor<16x32xf32>) outs(%c : tensor<4x32xf32>) -> tensor<4x32xf32>
  %d = linalg.fill ins(%one : f32) outs(%e : tensor<4x32xf32>) -> tensor<4x32xf32>
  %z = linalg.matmul ins(%a, %b : tensor<4x16xf32>, tensor<16x32xf32>) outs(%d : tensor<4x32xf32>) -> tensor<4x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x32xf32>) -> tensor<4x32xf32>
  %i0 = arith.constant 0 : index
  %i1 = arith.constant 1 : index
  %sum = scf.for %i = %i0 to %n step %i1 iter_args(%acc = %f) -> (tensor<4x32xf32>) {
    %s = linalg.matmul ins(%a, %b : tensor<4x16xf32>, tensor<16x32xf32>) outs(%acc : tensor<4x32xf32>) -> tensor<4x32xf32>
    scf.yield %s : tensor<4x32xf32>
  }
  return %y, %z, %c, %sum : tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>
}

// A destination that the product reads, too, is an operand twice.

// CHECK-LABEL: func.func @square(
// CHECK-SAME: %[[A:.+]]: tensor<16x16xf32>
// CHECK: bitnet.dispatch product ins(%[[A]] : tensor<16x16xf32>) outs(%[[A]] : tensor<16x16xf32>)
// CHECK: linalg.matmul ins(%[[L:.+]], %[[L]] : {{.*}}) outs(%[[O:.+]] :
func.func @square(%a: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %y = linalg.matmul ins(%a, %a : tensor<16x16xf32>, tensor<16x16xf32>) outs(%a : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %y : tensor<16x16xf32>
}

// Sums of integers and sums that may not be reordered are no products of that kind.

// CHECK-LABEL: func.func @integers(
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @integers(%a: tensor<4x16xi32>, %b: tensor<16x32xi32>, %c: tensor<4x32xi32>) -> tensor<4x32xi32> {
  %y = linalg.matmul ins(%a, %b : tensor<4x16xi32>, tensor<16x32xi32>) outs(%c : tensor<4x32xi32>) -> tensor<4x32xi32>
  return %y : tensor<4x32xi32>
}
