// A buffer that is collapsed and expanded to its own extents is itself.
// RUN: bitnet-opt %s --bitnet-fold-reshapes | FileCheck %s

// CHECK-LABEL: func.func @same(
// CHECK: return %arg0
func.func @same(%x: memref<?x?x8xf32>) -> memref<?x?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = memref.dim %x, %c0 : memref<?x?x8xf32>
  %s = memref.dim %x, %c1 : memref<?x?x8xf32>
  %rows = memref.collapse_shape %x [[0, 1], [2]] : memref<?x?x8xf32> into memref<?x8xf32>
  %y = memref.expand_shape %rows [[0, 1], [2]] output_shape [%b, %s, 8] : memref<?x8xf32> into memref<?x?x8xf32>
  return %y : memref<?x?x8xf32>
}

// Extents that change places; those of another buffer.
// CHECK-LABEL: func.func @swapped(
// CHECK: %[[Y:.*]] = memref.expand_shape
// CHECK: %[[Z:.*]] = memref.expand_shape
// CHECK: return %[[Y]], %[[Z]]
func.func @swapped(%x: memref<?x?x8xf32>, %o: memref<?x?x8xf32>) -> (memref<?x?x8xf32>, memref<?x?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = memref.dim %x, %c0 : memref<?x?x8xf32>
  %s = memref.dim %x, %c1 : memref<?x?x8xf32>
  %ob = memref.dim %o, %c0 : memref<?x?x8xf32>
  %os = memref.dim %o, %c1 : memref<?x?x8xf32>
  %rows = memref.collapse_shape %x [[0, 1], [2]] : memref<?x?x8xf32> into memref<?x8xf32>
  %y = memref.expand_shape %rows [[0, 1], [2]] output_shape [%s, %b, 8] : memref<?x8xf32> into memref<?x?x8xf32>
  %z = memref.expand_shape %rows [[0, 1], [2]] output_shape [%ob, %os, 8] : memref<?x8xf32> into memref<?x?x8xf32>
  return %y, %z : memref<?x?x8xf32>, memref<?x?x8xf32>
}
