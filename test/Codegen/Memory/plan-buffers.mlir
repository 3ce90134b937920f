// RUN: bitnet-opt %s --bitnet-plan-buffers | FileCheck %s

func.func private @use(memref<?xf32>)

// The second large buffer takes the place of the first; the small one lives
// while both do. What is returned from @main keeps its place to the end.
// CHECK-LABEL: func @main
// CHECK: memref.alloc(%{{.*}}) {bitnet.slot = 0 : i64} : memref<?xf32>
// CHECK: memref.alloc() {bitnet.slot = 2 : i64} : memref<4xi8>
// CHECK: memref.alloc(%{{.*}}) {bitnet.slot = 0 : i64} : memref<?xf32>
// CHECK: memref.alloc() {bitnet.result = 0 : i32, bitnet.slot = 1 : i64} : memref<8xf32>
func.func @main(%n: index) -> memref<8xf32> {
  %a = memref.alloc(%n) : memref<?xf32>
  call @use(%a) : (memref<?xf32>) -> ()
  %small = memref.alloc() : memref<4xi8>
  memref.dealloc %a : memref<?xf32>
  %b = memref.alloc(%n) : memref<?xf32>
  call @use(%b) : (memref<?xf32>) -> ()
  %out = memref.alloc() : memref<8xf32>
  memref.dealloc %b : memref<?xf32>
  memref.dealloc %small : memref<4xi8>
  return %out : memref<8xf32>
}

// Slots go on after those of @main. An outer buffer lives through the loop, the
// inner ones take turns.
// CHECK-LABEL: func @loop
// CHECK: memref.alloc(%{{.*}}) {bitnet.slot = 3 : i64}
// CHECK: scf.for
// CHECK: memref.alloc(%{{.*}}) {bitnet.slot = 4 : i64}
// CHECK: memref.alloc(%{{.*}}) {bitnet.slot = 4 : i64}
func.func @loop(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %outer = memref.alloc(%n) : memref<?xf32>
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.alloc(%n) : memref<?xf32>
    func.call @use(%a) : (memref<?xf32>) -> ()
    memref.dealloc %a : memref<?xf32>
    %b = memref.alloc(%n) : memref<?xf32>
    func.call @use(%b) : (memref<?xf32>) -> ()
    memref.dealloc %b : memref<?xf32>
  }
  memref.dealloc %outer : memref<?xf32>
  return
}

// No plan: who frees it is not known, it is freed elsewhere, it outlives its
// function, it wants a stronger alignment.
// CHECK-LABEL: func @unplanned
// CHECK-NOT: bitnet.slot
func.func @unplanned(%n: index, %c: i1) -> memref<?xf32> {
  %a = memref.alloc(%n) : memref<?xf32>
  %b = memref.alloc(%n) : memref<?xf32>
  %either = arith.select %c, %a, %b : memref<?xf32>
  %d = memref.alloc(%n) : memref<?xf32>
  scf.if %c {
    memref.dealloc %d : memref<?xf32>
  }
  %e = memref.alloc(%n) {alignment = 4096 : i64} : memref<?xf32>
  memref.dealloc %e : memref<?xf32>
  memref.dealloc %either : memref<?xf32>
  %out = memref.alloc(%n) : memref<?xf32>
  return %out : memref<?xf32>
}
