// RUN: bitnet-opt --bitnet-expand-strided-copies %s | FileCheck %s
// RUN: bitnet-opt --bitnet-cpu-pipeline %s | FileCheck %s --check-prefix=LLVM

// LLVM-NOT: memrefCopy

// CHECK-LABEL: func.func @main
// CHECK: scf.for
// CHECK: scf.for
// CHECK: memref.load
// CHECK: memref.store
// A contiguous copy becomes memcpy later.
// CHECK: memref.copy
// CHECK-NOT: memref.copy
// LLVM: llvm.intr.memcpy
func.func @main(%x: memref<?x8xf32>) -> memref<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x8xf32>
  %half = memref.subview %x[0, 4] [%n, 4] [1, 1]
    : memref<?x8xf32> to memref<?x4xf32, strided<[8, 1], offset: 4>>
  %a = memref.alloc(%n) : memref<?x4xf32>
  %b = memref.alloc(%n) : memref<?x4xf32>
  memref.copy %half, %a : memref<?x4xf32, strided<[8, 1], offset: 4>> to memref<?x4xf32>
  memref.copy %a, %b : memref<?x4xf32> to memref<?x4xf32>
  return %b : memref<?x4xf32>
}
