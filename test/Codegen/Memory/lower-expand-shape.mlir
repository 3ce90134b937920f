// RUN: bitnet-opt %s --bitnet-lower-expand-shape --expand-strided-metadata | FileCheck %s

// CHECK: #[[MUL:.*]] = affine_map<()[s0] -> (s0 * 37)>
// CHECK-LABEL: func @two_dynamic_extents
// CHECK-SAME: %[[A:[^:]*]]: index, %[[B:[^:]*]]: index
// CHECK: %[[S:.*]] = affine.apply #[[MUL]]()[%[[B]]]
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [%[[A]], %[[B]], 37], strides: [%[[S]], 37, 1]
func.func @two_dynamic_extents(%a: index, %b: index, %x: memref<?x37xf32>) -> memref<?x?x37xf32> {
  %0 = memref.expand_shape %x [[0, 1], [2]] output_shape [%a, %b, 37] : memref<?x37xf32> into memref<?x?x37xf32>
  return %0 : memref<?x?x37xf32>
}

// CHECK-LABEL: func @strided
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [%{{.*}}], sizes: [2, 4, 3], strides: [%{{.*}}, %{{.*}}, 1]
func.func @strided(%x: memref<8x3xf32, strided<[?, 1], offset: ?>>) -> memref<2x4x3xf32, strided<[?, ?, 1], offset: ?>> {
  %0 = memref.expand_shape %x [[0, 1], [2]] output_shape [2, 4, 3] : memref<8x3xf32, strided<[?, 1], offset: ?>> into memref<2x4x3xf32, strided<[?, ?, 1], offset: ?>>
  return %0 : memref<2x4x3xf32, strided<[?, ?, 1], offset: ?>>
}
