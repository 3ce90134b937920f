// RUN: bitnet-opt --bitnet-fold-reinterpret-casts --canonicalize %s | FileCheck %s

// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[M:.+]]: memref<6x256xi32>, %[[A:.+]]: index, %[[B:.+]]: index, %[[N:.+]]: index
// CHECK-NOT: reinterpret_cast
// CHECK: %[[A3:.+]] = arith.muli %[[A]], %c3
// CHECK: %[[ROW:.+]] = arith.addi %[[A3]], %[[B]]
// CHECK: memref.load %[[M]][%[[ROW]], %[[N]]]
func.func @rows(%m: memref<6x256xi32>, %a: index, %b: index, %n: index) -> i32 {
  %v = memref.reinterpret_cast %m to offset: [0], sizes: [2, 3, 208], strides: [768, 256, 1]
    : memref<6x256xi32> to memref<2x3x208xi32, strided<[768, 256, 1]>>
  %x = memref.load %v[%a, %b, %n] : memref<2x3x208xi32, strided<[768, 256, 1]>>
  return %x : i32
}

// A row that runs over the end of a row of the buffer has no index per dim.
// CHECK-LABEL: func.func @overlap
// CHECK: memref.reinterpret_cast
func.func @overlap(%m: memref<4x8xi32>, %i: index) -> i32 {
  %v = memref.reinterpret_cast %m to offset: [6], sizes: [4], strides: [1]
    : memref<4x8xi32> to memref<4xi32, strided<[1], offset: 6>>
  %x = memref.load %v[%i] : memref<4xi32, strided<[1], offset: 6>>
  return %x : i32
}
