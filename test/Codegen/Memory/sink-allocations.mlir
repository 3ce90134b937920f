// RUN: bitnet-opt %s --bitnet-sink-allocations | FileCheck %s

// To the first use, which may be a view, or in a region; in its own block only, and not behind it.

// CHECK-LABEL: func.func @uses
// CHECK: memref.store %{{.+}}, %arg0
// CHECK: %[[A:.+]] = memref.alloc(%{{.+}}) : memref<?xf32>
// CHECK-NEXT: %[[V:.+]] = memref.subview %[[A]]
// CHECK: memref.store %{{.+}}, %[[V]]
// CHECK: %[[B:.+]] = memref.alloc(%{{.+}}) : memref<?xi32>
// CHECK-NEXT: scf.if
// CHECK: memref.store %{{.+}}, %[[B]]
// CHECK: memref.dealloc %[[A]]
// CHECK: memref.dealloc %[[B]]
func.func @uses(%x: memref<?xf32>, %n: index, %i: index, %c: i1) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i32
  %v = arith.constant 0.0 : f32
  %b = memref.alloc(%n) : memref<?xi32>
  %a = memref.alloc(%n) : memref<?xf32>
  memref.store %v, %x[%c0] : memref<?xf32>
  %s = memref.subview %a[0] [%i] [1] : memref<?xf32> to memref<?xf32>
  memref.store %v, %s[%c0] : memref<?xf32>
  scf.if %c {
    memref.store %zero, %b[%c0] : memref<?xi32>
  }
  memref.dealloc %a : memref<?xf32>
  memref.dealloc %b : memref<?xi32>
  return
}

// A loop makes one buffer, not one in each step.

// CHECK-LABEL: func.func @loop
// CHECK: memref.alloc
// CHECK-NEXT: scf.for
// CHECK: return
func.func @loop(%n: index, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc(%n) : memref<?xf32>
  scf.for %i = %c0 to %n step %c1 {
    memref.store %v, %a[%i] : memref<?xf32>
  }
  memref.dealloc %a : memref<?xf32>
  return
}

// Nobody uses it: it stays.

// CHECK-LABEL: func.func @unused
// CHECK-NEXT: memref.alloc
func.func @unused(%n: index) {
  %a = memref.alloc(%n) : memref<?xf32>
  return
}
