// RUN: bitnet-opt %s --bitnet-copy-strided-casts --split-input-file | FileCheck %s

// A cast that would forget strides reads other elements: it becomes a copy into a
// buffer of its own, with the sizes of the view.

// The first columns of a matrix; the rows in between have a run-time distance.
// CHECK-LABEL: func.func @columns(
// CHECK: %[[S:.*]] = memref.subview
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: %[[N:.*]] = memref.dim %[[S]], %[[ZERO]]
// CHECK: %[[D:.*]] = memref.alloc(%[[N]]) {alignment = 64 : i64} : memref<?x2xf32>
// CHECK: memref.copy %[[S]], %[[D]]
// CHECK-NOT: memref.cast
// CHECK: return %[[D]]
func.func @columns(%x: memref<?x?xf32>, %n: index) -> memref<?x2xf32> {
  %s = memref.subview %x[0, 0] [%n, 2] [1, 1] : memref<?x?xf32> to memref<?x2xf32, strided<[?, 1]>>
  %d = memref.cast %s : memref<?x2xf32, strided<[?, 1]>> to memref<?x2xf32>
  return %d : memref<?x2xf32>
}

// -----

// Static sizes with a distance that is only known at run time, a step, a start.
// CHECK-LABEL: func.func @others(
// CHECK-NOT: memref.cast
// CHECK: memref.copy %{{.*}}, %{{.*}} : memref<4x2xf32, strided<[?, 1]>> to memref<4x2xf32>
// CHECK-NOT: memref.cast
// CHECK: memref.copy %{{.*}}, %{{.*}} : memref<?xf32, strided<[?]>> to memref<?xf32>
// CHECK-NOT: memref.cast
// CHECK: memref.copy %{{.*}}, %{{.*}} : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
// CHECK-NOT: memref.cast
// CHECK: return
func.func @others(%a: memref<4x2xf32, strided<[?, 1]>>, %b: memref<?xf32, strided<[?]>>,
                  %c: memref<4xf32, strided<[1], offset: ?>>) -> (memref<4x2xf32>, memref<?xf32>, memref<4xf32>) {
  %0 = memref.cast %a : memref<4x2xf32, strided<[?, 1]>> to memref<4x2xf32>
  %1 = memref.cast %b : memref<?xf32, strided<[?]>> to memref<?xf32>
  %2 = memref.cast %c : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
  return %0, %1, %2 : memref<4x2xf32>, memref<?xf32>, memref<4xf32>
}

// -----

// Where static sizes and strides prove that the elements are neighbours, and where
// no strides are lost, nothing is copied. Only the outermost size may be unknown:
// no stride follows from it. Axes of one element have any stride.
// CHECK-LABEL: func.func @kept(
// CHECK-NOT: memref.copy
// CHECK-COUNT-5: memref.cast
// CHECK-NOT: memref.copy
func.func @kept(%a: memref<?x2xf32, strided<[2, 1]>>, %b: memref<1x8xf32, strided<[?, 1]>>, %c: memref<4x8xf32>,
                %d: memref<4x2xf32, strided<[8, 1]>>, %e: memref<3x1x2xf32, strided<[2, ?, 1]>>)
    -> (memref<?x2xf32>, memref<1x8xf32>, memref<?x8xf32>, memref<4x2xf32, strided<[?, ?], offset: ?>>, memref<3x1x2xf32>) {
  %0 = memref.cast %a : memref<?x2xf32, strided<[2, 1]>> to memref<?x2xf32>
  %1 = memref.cast %b : memref<1x8xf32, strided<[?, 1]>> to memref<1x8xf32>
  %2 = memref.cast %c : memref<4x8xf32> to memref<?x8xf32>
  %3 = memref.cast %d : memref<4x2xf32, strided<[8, 1]>> to memref<4x2xf32, strided<[?, ?], offset: ?>>
  %4 = memref.cast %e : memref<3x1x2xf32, strided<[2, ?, 1]>> to memref<3x1x2xf32>
  return %0, %1, %2, %3, %4
    : memref<?x2xf32>, memref<1x8xf32>, memref<?x8xf32>, memref<4x2xf32, strided<[?, ?], offset: ?>>, memref<3x1x2xf32>
}
