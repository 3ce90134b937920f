// RUN: bitnet-opt %s --bitnet-separate-yields --split-input-file | FileCheck %s

// The buffer that is handed on as the second argument must not be that of the first one.
// CHECK-LABEL: func.func @twice
// CHECK: iter_args(%[[X:.*]] = %arg0, %[[Y:.*]] = %arg1)
// CHECK: %[[SUM:.*]] = linalg.add
// CHECK: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[SUM]])
// CHECK: scf.yield %[[SUM]], %[[COPY]]
func.func @twice(%p: tensor<4xf32>, %q: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %p, %y = %q) -> (tensor<4xf32>, tensor<4xf32>) {
    %e = tensor.empty() : tensor<4xf32>
    %s = linalg.add ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %s, %s : tensor<4xf32>, tensor<4xf32>
  }
  return %r#0 : tensor<4xf32>
}

// -----

// Updated in place, and made in the body: nothing to do. Numbers have no buffer.
// CHECK-LABEL: func.func @own
// CHECK-NOT: alloc_tensor
func.func @own(%p: tensor<?xf32>, %q: tensor<?xf32>, %n: index, %size: index) -> (tensor<?xf32>, tensor<?xf32>, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %p, %y = %q, %m = %c0) -> (tensor<?xf32>, tensor<?xf32>, index) {
    %e = tensor.empty(%size) : tensor<?xf32>
    %s = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %t = linalg.exp ins(%s : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %t, %s, %m : tensor<?xf32>, tensor<?xf32>, index
  }
  return %r#0, %r#1, %r#2 : tensor<?xf32>, tensor<?xf32>, index
}

// -----

// Exchanged arguments: the result of either is in the memory of either.
// CHECK-LABEL: func.func @exchanged
// CHECK: iter_args(%[[X:.*]] = %arg0, %[[Y:.*]] = %arg1)
// CHECK-DAG: %[[A:.*]] = bufferization.alloc_tensor() copy(%[[Y]])
// CHECK-DAG: %[[B:.*]] = bufferization.alloc_tensor() copy(%[[X]])
// CHECK: scf.yield %[[A]], %[[B]]
func.func @exchanged(%p: tensor<4xf32>, %q: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %p, %y = %q) -> (tensor<4xf32>, tensor<4xf32>) {
    scf.yield %y, %x : tensor<4xf32>, tensor<4xf32>
  }
  return %r#0 : tensor<4xf32>
}

// -----

// The older one beside the new one: a copy of what is not taken by another yield.
// CHECK-LABEL: func.func @older
// CHECK: iter_args(%[[X:.*]] = %arg0, %[[Y:.*]] = %arg1)
// CHECK: %[[NEXT:.*]] = linalg.exp ins(%[[X]] {{.*}} outs(%[[Y]]
// CHECK-NEXT: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[Y]])
// CHECK-NEXT: scf.yield %[[COPY]], %[[NEXT]]
func.func @older(%p: tensor<4xf32>, %q: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %p, %y = %q) -> (tensor<4xf32>, tensor<4xf32>) {
    %s = linalg.exp ins(%x : tensor<4xf32>) outs(%y : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %y, %s : tensor<4xf32>, tensor<4xf32>
  }
  return %r#0 : tensor<4xf32>
}

// -----

// Constants and what others made are not the loop's to write.
// CHECK-LABEL: func.func @foreign
// CHECK: scf.for
// CHECK: %[[CONSTANT:.*]] = arith.constant
// CHECK-DAG: %[[A:.*]] = bufferization.alloc_tensor() copy(%[[CONSTANT]])
// CHECK-DAG: %[[B:.*]] = bufferization.alloc_tensor() copy(%arg1)
// CHECK: scf.yield %[[A]], %[[B]]
func.func @foreign(%p: tensor<4xf32>, %q: tensor<4xf32>, %n: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %p, %y = %p) -> (tensor<4xf32>, tensor<4xf32>) {
    %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    scf.yield %c, %q : tensor<4xf32>, tensor<4xf32>
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Views of one buffer, through shapes and branches. An inner loop is looked at first, and what it
// gives is its own from then on.
// CHECK-LABEL: func.func @views
// CHECK: iter_args(%[[X:.*]] = %arg0, %[[Y:.*]] = %arg1, %[[Z:.*]] = %arg1)
// CHECK: %[[S:.*]] = linalg.exp
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[S]]
// CHECK: %[[IF:.*]] = scf.if
// CHECK: %[[FOR:.*]] = scf.for
// CHECK-NEXT: %[[INNER:.*]] = bufferization.alloc_tensor() copy(%[[FLAT]])
// CHECK-NEXT: scf.yield %[[INNER]]
// CHECK: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[IF]])
// CHECK-NEXT: scf.yield %[[S]], %[[COPY]], %[[FOR]]
func.func @views(%p: tensor<2x2xf32>, %q: tensor<4xf32>, %n: index, %c: i1) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %p, %y = %q, %z = %q)
      -> (tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>) {
    %e = tensor.empty() : tensor<2x2xf32>
    %s = linalg.exp ins(%x : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %flat = tensor.collapse_shape %s [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
    %f = scf.if %c -> tensor<4xf32> {
      scf.yield %flat : tensor<4xf32>
    } else {
      scf.yield %y : tensor<4xf32>
    }
    %g = scf.for %j = %c0 to %n step %c1 iter_args(%w = %z) -> tensor<4xf32> {
      scf.yield %flat : tensor<4xf32>
    }
    scf.yield %s, %f, %g : tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>
  }
  return %r#1 : tensor<4xf32>
}
