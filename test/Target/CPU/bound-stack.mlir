// RUN: bitnet-opt %s --bitnet-bound-stack --allow-unregistered-dialect --split-input-file | FileCheck %s

// The stack of a task is bounded (F12): buffers of more than 4 KB together are views of
// one block, at multiples of 64 bytes, which is given back at the end.
// CHECK: module attributes {bitnet.scratch = array<i64: 66112, 0, 0, 0>}
// CHECK-LABEL: func.func private @task(
// CHECK: %[[LEVEL:.*]] = arith.constant 0 : i32
// CHECK: %[[BLOCK:.*]] = call @bitnet_scratch_take(%[[LEVEL]]) : (i32) -> !llvm.ptr
// CHECK: llvm.getelementptr %[[BLOCK]][0] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: %[[TILE:.*]] = builtin.unrealized_conversion_cast %{{.*}} to memref<128x128xi32>
// CHECK: llvm.getelementptr %[[BLOCK]][65536] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: %[[ROW:.*]] = builtin.unrealized_conversion_cast %{{.*}} to memref<129xf32>
// CHECK-NOT: memref.alloca
// CHECK: "test.use"(%[[TILE]], %[[ROW]],
// CHECK: call @bitnet_scratch_give(%[[LEVEL]], %[[BLOCK]]) : (i32, !llvm.ptr) -> ()
// CHECK-NEXT: return
func.func private @task(%begin: index, %end: index) attributes {bitnet.parallel} {
  %zero = arith.constant 0 : i32
  %tile = memref.alloca() {alignment = 64 : i64} : memref<128x128xi32>
  %row = memref.alloca() : memref<129xf32>
  "test.use"(%tile, %row, %zero) : (memref<128x128xi32>, memref<129xf32>, i32) -> ()
  return
}

// -----

// Little memory stays on the stack, and so does that of functions that are no tasks.
// CHECK: module attributes {bitnet.scratch = array<i64: 0, 0, 0, 0>}
// CHECK-NOT: @bitnet_scratch_take
func.func private @small(%begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<512xf32>
  %b = memref.alloca() : memref<512xf32>
  "test.use"(%a, %b) : (memref<512xf32>, memref<512xf32>) -> ()
  return
}
func.func private @alone() {
  %a = memref.alloca() : memref<4096xf32>
  "test.use"(%a) : (memref<4096xf32>) -> ()
  return
}

// -----

// One byte more is too much; two functions share the size of a level.
// CHECK: module attributes {bitnet.scratch = array<i64: 8192, 0, 0, 0>}
// CHECK-LABEL: func.func private @little(
// CHECK: call @bitnet_scratch_take
// CHECK-LABEL: func.func private @more(
// CHECK: call @bitnet_scratch_take
func.func private @little(%begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<4097xi8>
  "test.use"(%a) : (memref<4097xi8>) -> ()
  return
}
func.func private @more(%begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<8192xi8>
  "test.use"(%a) : (memref<8192xi8>) -> ()
  return
}

// -----

// A branch that alone uses a buffer takes the block for itself, a loop takes it once,
// before it begins.
// CHECK-LABEL: func.func private @branches(
// CHECK-NOT: call
// CHECK: scf.if
// CHECK: call @bitnet_scratch_take
// CHECK: scf.for
// CHECK-NOT: call
// CHECK: "test.use"
// CHECK: call @bitnet_scratch_give
// CHECK: } else {
// CHECK-NOT: call
// CHECK: return
func.func private @branches(%c: i1, %begin: index, %end: index) attributes {bitnet.parallel} {
  %one = arith.constant 1 : index
  %a = memref.alloca() : memref<8192xi8>
  scf.if %c {
    scf.for %i = %begin to %end step %one {
      "test.use"(%a) : (memref<8192xi8>) -> ()
    }
  } else {
    "test.other"() : () -> ()
  }
  return
}

// -----

// Used in both branches: the body has it.
// CHECK-LABEL: func.func private @both(
// CHECK: call @bitnet_scratch_take
// CHECK: scf.if
// CHECK-NOT: call
// CHECK: }
// CHECK: call @bitnet_scratch_give
// CHECK-NEXT: return
func.func private @both(%c: i1, %begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<8192xi8>
  scf.if %c {
    "test.use"(%a) : (memref<8192xi8>) -> ()
  } else {
    "test.use"(%a) : (memref<8192xi8>) -> ()
  }
  return
}

// -----

// Who holds a block calls only functions that take blocks of lower levels, so that
// nobody waits for ever. Variants count as calls.
// CHECK: module attributes {bitnet.scratch = array<i64: 5056, 6080, 7104, 0>}
// CHECK-LABEL: func.func private @outer(
// CHECK: arith.constant 2 : i32
// CHECK: call @inner
// CHECK-LABEL: func.func private @inner(
// CHECK: arith.constant 1 : i32
// CHECK: call @leaf
// CHECK-LABEL: func.func private @leaf(
// CHECK: arith.constant 0 : i32
func.func private @outer(%begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<7041xi8>
  "test.use"(%a) : (memref<7041xi8>) -> ()
  call @inner(%begin, %end) : (index, index) -> ()
  return
}
func.func private @inner(%begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<6080xi8>
  "test.use"(%a) : (memref<6080xi8>) -> ()
  call @leaf(%begin, %end) : (index, index) -> ()
  return
}
func.func private @leaf(%begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<5000xi8>
  "test.use"(%a) : (memref<5000xi8>) -> ()
  return
}

// -----

// The first operation of the body is a buffer that goes away, another one follows.
// CHECK: module attributes {bitnet.scratch = array<i64: 8256, 0, 0, 0>}
// CHECK-LABEL: func.func private @first(
// CHECK: %[[BLOCK:.*]] = call @bitnet_scratch_take(
// CHECK: llvm.getelementptr %[[BLOCK]][0]
// CHECK: llvm.getelementptr %[[BLOCK]][8192]
// CHECK-NOT: memref.alloca
// CHECK: call @bitnet_scratch_give(
func.func private @first(%begin: index, %end: index) attributes {bitnet.parallel} {
  %tile = memref.alloca() : memref<8192xi8>
  %row = memref.alloca() : memref<1xf32>
  "test.use"(%tile, %row) : (memref<8192xi8>, memref<1xf32>) -> ()
  return
}

// -----

// A branch inside of a loop: what one step writes to the buffer another one may read, so the block is taken before the
// loop. (Taken in the branch, it is another block whenever tasks of other threads come between, and two exchanges a step.)
// CHECK-LABEL: func.func private @carried(
// CHECK: call @bitnet_scratch_take
// CHECK: scf.for
// CHECK-NOT: @bitnet_scratch
// CHECK: "test.read"
// CHECK: }
// CHECK: call @bitnet_scratch_give
// CHECK-NEXT: return
func.func private @carried(%c: i1, %begin: index, %end: index) attributes {bitnet.parallel} {
  %one = arith.constant 1 : index
  %a = memref.alloca() : memref<8192xi8>
  scf.for %i = %begin to %end step %one {
    %first = arith.cmpi eq, %i, %begin : index
    scf.if %c {
      scf.if %first {
        "test.write"(%a) : (memref<8192xi8>) -> ()
      }
      "test.read"(%a) : (memref<8192xi8>) -> ()
    }
  }
  return
}

// -----

// A body that takes a block has room for its branches, too: who holds a block of one level
// takes no other one of it.
// CHECK: module attributes {bitnet.scratch = array<i64: 16384, 0, 0, 0>}
// CHECK-LABEL: func.func private @nested(
// CHECK: call @bitnet_scratch_take
// CHECK: scf.if
// CHECK-NOT: @bitnet_scratch
// CHECK: }
// CHECK: call @bitnet_scratch_give
// CHECK-NEXT: return
func.func private @nested(%c: i1, %begin: index, %end: index) attributes {bitnet.parallel} {
  %a = memref.alloca() : memref<8192xi8>
  %b = memref.alloca() : memref<8192xi8>
  "test.use"(%a) : (memref<8192xi8>) -> ()
  scf.if %c {
    "test.use"(%b) : (memref<8192xi8>) -> ()
  }
  return
}
