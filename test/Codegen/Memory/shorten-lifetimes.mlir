// RUN: bitnet-opt %s --bitnet-shorten-lifetimes | FileCheck %s

// An allocation moves to the first use, which may be a view, or in a region, a deallocation to the last one.

// CHECK-LABEL: func.func @uses
// CHECK: memref.store %{{.+}}, %arg0
// CHECK: %[[A:.+]] = memref.alloc(%{{.+}}) : memref<?xf32>
// CHECK-NEXT: %[[V:.+]] = memref.subview %[[A]]
// CHECK: memref.store %{{.+}}, %[[V]]
// CHECK-NEXT: memref.dealloc %[[A]]
// CHECK-NEXT: %[[B:.+]] = memref.alloc(%{{.+}}) : memref<?xi32>
// CHECK-NEXT: scf.if
// CHECK: memref.store %{{.+}}, %[[B]]
// CHECK: memref.dealloc %[[B]]
// CHECK: memref.store %{{.+}}, %arg0
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
  memref.store %v, %x[%i] : memref<?xf32>
  memref.dealloc %a : memref<?xf32>
  memref.dealloc %b : memref<?xi32>
  return
}

// A loop makes one buffer, not one in each step.

// CHECK-LABEL: func.func @loop
// CHECK: memref.alloc
// CHECK-NEXT: scf.for
// CHECK: }
// CHECK-NEXT: memref.dealloc
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

// A buffer that a branch, a loop or a choice hands on lives as long as what was handed on.

// CHECK-LABEL: func.func @flows
// CHECK: memref.load
// CHECK-NEXT: memref.dealloc
// CHECK: memref.load
// CHECK-NEXT: memref.dealloc
// CHECK: memref.load
// CHECK-NEXT: memref.dealloc
func.func @flows(%x: memref<4xf32>, %c: i1, %n: index) -> (f32, f32, f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  %d = memref.alloc() : memref<4xf32>
  memref.copy %x, %a : memref<4xf32> to memref<4xf32>
  memref.copy %x, %b : memref<4xf32> to memref<4xf32>
  memref.copy %x, %d : memref<4xf32> to memref<4xf32>
  %branch = scf.if %c -> memref<4xf32> {
    scf.yield %a : memref<4xf32>
  } else {
    scf.yield %x : memref<4xf32>
  }
  %steps = scf.for %i = %c0 to %n step %c1 iter_args(%y = %b) -> memref<4xf32> {
    scf.yield %y : memref<4xf32>
  }
  %choice = arith.select %c, %d, %x : memref<4xf32>
  %p = memref.load %branch[%c0] : memref<4xf32>
  %q = memref.load %steps[%c0] : memref<4xf32>
  %r = memref.load %choice[%c0] : memref<4xf32>
  memref.dealloc %d : memref<4xf32>
  memref.dealloc %b : memref<4xf32>
  memref.dealloc %a : memref<4xf32>
  return %p, %q, %r : f32, f32, f32
}

// A view that another block reads: who frees it knows when.

// CHECK-LABEL: func.func @blocks
// CHECK: memref.alloc
// CHECK: cf.br
// CHECK: memref.load
// CHECK: memref.dealloc
func.func @blocks(%x: memref<4xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %a = memref.alloc() : memref<4xf32>
  memref.copy %x, %a : memref<4xf32> to memref<4xf32>
  cf.br ^next
^next:
  %p = memref.load %a[%c0] : memref<4xf32>
  memref.dealloc %a : memref<4xf32>
  return %p : f32
}

// Nobody uses them.

// CHECK-LABEL: func.func @unused
// CHECK-NEXT: memref.alloc
// CHECK-NEXT: memref.alloc
// CHECK-NEXT: memref.dealloc
// CHECK-NEXT: return
func.func @unused(%n: index) {
  %a = memref.alloc(%n) : memref<?xf32>
  %b = memref.alloc(%n) : memref<?xf32>
  memref.dealloc %b : memref<?xf32>
  return
}
