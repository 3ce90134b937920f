// RUN: bitnet-opt %s --bitnet-outline-parallel --canonicalize --cse --split-input-file | FileCheck %s
// RUN: bitnet-opt %s --bitnet-outline-parallel=grain=1 --canonicalize --cse --split-input-file | FileCheck %s --check-prefix=EAGER

// Estimated work against the grain: with enough, each iteration is a part, else all of them are one. Two loops of the
// same meaning share a function.
// CHECK-LABEL: func @rows(
// CHECK-SAME: %[[X:.*]]: memref<?x?xf32>, %[[N:.*]]: index, %[[M:.*]]: index)
// CHECK: %[[C0:.*]] = arith.constant 0 : index
// CHECK: %[[TRIPS:.*]] = arith.maxsi %[[N]], %[[C0]]
// CHECK: %[[INNER:.*]] = arith.maxsi %[[M]], %[[C0]]
// CHECK: %[[WORK:.*]] = arith.muli %{{.*}}, %[[TRIPS]]
// CHECK: %[[ENOUGH:.*]] = arith.cmpi sge, %[[WORK]], %c20000
// CHECK: %[[EACH:.*]] = arith.select %[[ENOUGH]], %c1, %[[TRIPS]] : index
// CHECK: %[[PARTS:.*]] = arith.select %[[ENOUGH]], %[[TRIPS]], %c1 : index
// CHECK-NEXT: call @bitnet_nest_0(%[[X]], %[[M]], %[[EACH]], %[[C0]], %[[PARTS]]) : (
// CHECK: call @bitnet_nest_0(
// CHECK-NOT: call
// CHECK: func private @bitnet_nest_0(%[[XX:.*]]: memref<?x?xf32>, %[[MM:.*]]: index, %[[EACH:.*]]: index, %[[B:.*]]: index, %[[E:.*]]: index) attributes {bitnet.parallel}
// CHECK: %[[FIRST:.*]] = arith.muli %[[B]], %[[EACH]]
// CHECK: %[[LAST:.*]] = arith.muli %[[E]], %[[EACH]]
// CHECK: scf.for %[[I:.*]] = %[[FIRST]] to %[[LAST]]
// CHECK: scf.for %[[J:.*]] = %{{.*}} to %[[MM]]
// CHECK: memref.store %{{.*}}, %[[XX]][%[[I]], %[[J]]]
// CHECK-NOT: func private
func.func @rows(%x: memref<?x?xf32>, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.for %j = %c0 to %m step %c1 {
      memref.store %zero, %x[%i, %j] : memref<?x?xf32>
    }
  }
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.for %j = %c0 to %m step %c1 {
      memref.store %zero, %x[%i, %j] : memref<?x?xf32>
    }
  }
  return
}

// -----

// Two dimensions: divided once, counted on. The row buffer goes to the stack.
// CHECK-LABEL: func @two_dimensions
// CHECK: func private @bitnet_nest_0(
// CHECK-SAME: %[[X:[^:]*]]: memref<?x?x4xf32>, %[[M:[^:]*]]: index, %[[EACH:[^:]*]]: index, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index)
// CHECK: %[[T:.*]] = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
// CHECK: %[[B:.*]] = arith.muli %[[BEGIN]], %[[EACH]]
// CHECK: %[[E:.*]] = arith.muli %[[END]], %[[EACH]]
// CHECK: %[[SAFE:.*]] = arith.maxsi %[[M]], %{{.*}}
// CHECK: %[[J0:.*]] = arith.remui %[[B]], %[[SAFE]]
// CHECK: %[[I0:.*]] = arith.divui %[[B]], %[[SAFE]]
// CHECK: scf.for %{{.*}} = %[[B]] to %[[E]] step %{{.*}} iter_args(%[[I:.*]] = %[[I0]], %[[J:.*]] = %[[J0]])
// CHECK-NOT: alloc
// CHECK: %[[TWICE:.*]] = arith.muli %[[J]], %c2
// CHECK: memref.load %[[X]][%[[I]], %[[TWICE]], %{{.*}}]
// CHECK-NOT: dealloc
// CHECK: %[[NEXT:.*]] = arith.addi %[[J]], %c1
// CHECK: %[[WRAPS:.*]] = arith.cmpi eq, %[[NEXT]], %[[M]]
// CHECK: %[[JN:.*]] = arith.select %[[WRAPS]], %c0, %[[NEXT]]
// CHECK: %[[CARRY:.*]] = arith.index_castui %[[WRAPS]]
// CHECK: %[[IN:.*]] = arith.addi %[[I]], %[[CARRY]]
// CHECK: scf.yield %[[IN]], %[[JN]]
func.func @two_dimensions(%x: memref<?x?x4xf32>, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %m) step (%c1, %c2) {
    %t = memref.alloc() {alignment = 64 : i64} : memref<4xf32>
    %v = memref.load %x[%i, %j, %c1] : memref<?x?x4xf32>
    memref.store %v, %t[%c1] : memref<4xf32>
    %w = memref.load %t[%c1] : memref<4xf32>
    memref.store %w, %x[%i, %j, %c0] : memref<?x?x4xf32>
    memref.dealloc %t : memref<4xf32>
  }
  return
}

// -----

// scf.forall is taken too; the work of calls is enough; a loop in a task is sequential.
// CHECK-LABEL: func @forall(
// CHECK-NOT: scf.if
// CHECK: call @bitnet_nest_0(
// CHECK-NOT: bitnet.serial
// CHECK: func private @bitnet_nest_0(
// CHECK: scf.for
// CHECK: call @kernel(
// CHECK-NOT: bitnet.serial
// CHECK: scf.for
// CHECK-NOT: scf.parallel
func.func private @kernel(memref<8x16xf32>, index, index) attributes {bitnet.parallel}
func.func @forall(%x: memref<8x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (8) {
    func.call @kernel(%x, %c0, %c8) : (memref<8x16xf32>, index, index) -> ()
    scf.parallel (%j) = (%c0) to (%c8) step (%c1) {
      memref.store %zero, %x[%i, %j] : memref<8x16xf32>
    }
  }
  return
}

// -----

// Little work, known when compiling: no choice at run time.
// CHECK-LABEL: func @small(
// CHECK-NOT: scf.if
// CHECK: call @bitnet_nest_0(%{{.*}}) {bitnet.serial}
// EAGER-LABEL: func @small(
// EAGER: call @bitnet_nest_0(%{{.*}}) : (
func.func @small(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%j) = (%c0) to (%c8) step (%c1) {
    memref.store %zero, %x[%j] : memref<8xf32>
  }
  return
}

// -----

// The text of a later stage has nests already: their names stay theirs.
// CHECK-LABEL: func @again(
// CHECK: call @bitnet_nest_0(
// CHECK: call @bitnet_nest_1(
// CHECK: func.func private @bitnet_nest_1(
func.func private @bitnet_nest_0(%x: memref<?xf32>, %each: index, %begin: index, %end: index)
    attributes {bitnet.parallel} {
  return
}
func.func @again(%x: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  call @bitnet_nest_0(%x, %n, %c0, %c1) : (memref<?xf32>, index, index, index) -> ()
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %zero, %x[%i] : memref<?xf32>
  }
  return
}

// -----

// What a task may not hold: a dynamic or large allocation, an assert, a probe, another call.
// CHECK-LABEL: func @sequential(
// CHECK-COUNT-5: scf.for
// CHECK-NOT: scf.parallel
// CHECK-NOT: bitnet.parallel
func.func private @other(memref<?xf32>)
func.func @sequential(%x: memref<?xf32>, %n: index, %ok: i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %t = memref.alloc(%i) : memref<?xf32>
    memref.copy %x, %t : memref<?xf32> to memref<?xf32>
    memref.copy %t, %x : memref<?xf32> to memref<?xf32>
    memref.dealloc %t : memref<?xf32>
  }
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %t = memref.alloc() : memref<131072xf32>
    memref.store %zero, %t[%i] : memref<131072xf32>
    %v = memref.load %t[%c0] : memref<131072xf32>
    memref.store %v, %x[%i] : memref<?xf32>
    memref.dealloc %t : memref<131072xf32>
  }
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    cf.assert %ok, "bad index"
    memref.store %zero, %x[%i] : memref<?xf32>
  }
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    bitnet.probe "x" %x : memref<?xf32>
  }
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    func.call @other(%x) : (memref<?xf32>) -> ()
  }
  return
}
