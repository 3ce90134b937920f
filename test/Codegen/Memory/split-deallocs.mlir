// RUN: bitnet-opt %s --bitnet-split-deallocs | FileCheck %s

// What meets nothing else goes; a condition that the run decides, a view, a retained buffer and a buffer from elsewhere
// are upstream's.

// CHECK-LABEL: func.func @some(
// CHECK-SAME: %[[X:.+]]: memref<4xf32>, %[[C:.+]]: i1
// CHECK: %[[A:.+]] = memref.alloc()
// CHECK: %[[B:.+]] = memref.alloc()
// CHECK: %[[D:.+]] = memref.alloc()
// CHECK: %[[V:.+]] = memref.subview %[[D]]
// CHECK: %[[E:.+]] = memref.alloc()
// CHECK: memref.dealloc %[[A]] : memref<4xf32>
// CHECK-NOT: memref.dealloc
// CHECK: bufferization.dealloc (%[[B]], %[[D]], %[[V]], %[[E]], %[[X]] :
// CHECK-SAME: if (%[[C]], %true, %true, %true, %true) retain (%[[E]] :
func.func @some(%x: memref<4xf32>, %c: i1) -> memref<4xf32> {
  %true = arith.constant true
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  %d = memref.alloc() : memref<4xf32>
  %v = memref.subview %d[0] [4] [1] : memref<4xf32> to memref<4xf32, strided<[1]>>
  %e = memref.alloc() : memref<4xf32>
  %own = bufferization.dealloc (%a, %b, %d, %v, %e, %x : memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32, strided<[1]>>, memref<4xf32>, memref<4xf32>)
    if (%true, %c, %true, %true, %true, %true) retain (%e : memref<4xf32>)
  return %e : memref<4xf32>
}

// A buffer that is named twice is freed once; the operation goes when nothing is left of it.

// CHECK-LABEL: func.func @twice
// CHECK-NOT: memref.dealloc
// CHECK: bufferization.dealloc
// CHECK-LABEL: func.func @all
// CHECK-COUNT-2: memref.dealloc
// CHECK-NOT: bufferization.dealloc
func.func @twice() {
  %true = arith.constant true
  %a = memref.alloc() : memref<4xf32>
  bufferization.dealloc (%a, %a : memref<4xf32>, memref<4xf32>) if (%true, %true)
  return
}
func.func @all() {
  %true = arith.constant true
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  bufferization.dealloc (%a, %b : memref<4xf32>, memref<4xf32>) if (%true, %true)
  return
}
