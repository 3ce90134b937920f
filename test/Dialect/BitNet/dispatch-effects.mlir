// RUN: bitnet-opt %s --canonicalize --cse | FileCheck %s

// On tensors a dispatch has no effect: an unread one goes, of equal ones one is enough, and the
// extent of a result is that of its init.

// CHECK-LABEL: func.func @tensors
// CHECK: %[[D:.+]] = bitnet.dispatch
// CHECK-NOT: bitnet.dispatch
// CHECK: %[[N:.+]] = tensor.dim %arg1
// CHECK: return %[[D]], %[[D]], %[[N]]
func.func @tensors(%x: tensor<?xf32>, %i: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>, index) {
  %c0 = arith.constant 0 : index
  %a = bitnet.dispatch layer ins(%x : tensor<?xf32>) outs(%i : tensor<?xf32>) {
  ^bb0(%p: tensor<?xf32>, %o: tensor<?xf32>):
    %r = linalg.copy ins(%p : tensor<?xf32>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
    bitnet.yield %r : tensor<?xf32>
  } -> tensor<?xf32>
  %b = bitnet.dispatch layer ins(%x : tensor<?xf32>) outs(%i : tensor<?xf32>) {
  ^bb0(%p: tensor<?xf32>, %o: tensor<?xf32>):
    %r = linalg.copy ins(%p : tensor<?xf32>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
    bitnet.yield %r : tensor<?xf32>
  } -> tensor<?xf32>
  %unread = bitnet.dispatch layer ins(%a : tensor<?xf32>) outs(%i : tensor<?xf32>) {
  ^bb0(%p: tensor<?xf32>, %o: tensor<?xf32>):
    %r = linalg.copy ins(%p : tensor<?xf32>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
    bitnet.yield %r : tensor<?xf32>
  } -> tensor<?xf32>
  %n = tensor.dim %a, %c0 : tensor<?xf32>
  return %a, %b, %n : tensor<?xf32>, tensor<?xf32>, index
}

// On memrefs it reads and writes what it says.

// CHECK-LABEL: func.func @buffers
// CHECK: memref.load
// CHECK: bitnet.dispatch
// CHECK: memref.load
func.func @buffers(%x: memref<4xf32>, %y: memref<4xf32>) -> (f32, f32) {
  %c0 = arith.constant 0 : index
  %before = memref.load %y[%c0] : memref<4xf32>
  bitnet.dispatch layer ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%p: memref<4xf32>, %o: memref<4xf32>):
    linalg.copy ins(%p : memref<4xf32>) outs(%o : memref<4xf32>)
    bitnet.yield
  }
  %after = memref.load %y[%c0] : memref<4xf32>
  return %before, %after : f32, f32
}
