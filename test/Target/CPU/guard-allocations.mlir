// RUN: bitnet-opt --bitnet-guard-allocations %s | FileCheck %s

// CHECK-LABEL: func.func @dynamic
// CHECK-SAME: %[[N:[a-z0-9]+]]: index
// CHECK: %[[LIMIT:.+]] = arith.constant 72057594037927936 : i64
// CHECK: %[[WIDE:.+]] = arith.index_cast %[[N]]
// CHECK: arith.mului_extended
// CHECK: %[[OK:.+]] = arith.andi
// CHECK: cf.assert %[[OK]], "a tensor size is negative or too large"
// CHECK: memref.alloc(%[[N]]) : memref<?x4xf32>
func.func @dynamic(%n: index) -> memref<?x4xf32> {
  %0 = memref.alloc(%n) {alignment = 64 : i64} : memref<?x4xf32>
  return %0 : memref<?x4xf32>
}

// The message names the node.
// CHECK-LABEL: func.func @named
// CHECK: cf.assert %{{.+}}, "/model/Expand: a tensor size is negative or too large"
func.func @named(%n: index) -> memref<?xf32> {
  %0 = memref.alloc(%n) : memref<?xf32> loc(fused["/model/Expand"("model.onnx":0:0), unknown])
  return %0 : memref<?xf32>
}

// CHECK-LABEL: func.func @static
// CHECK-NOT: cf.assert
// CHECK: memref.alloc() : memref<4xf32>
// A stronger alignment than the runtime's stays.
// CHECK: memref.alloc() {alignment = 4096 : i64} : memref<8xf32>
func.func @static() -> (memref<4xf32>, memref<8xf32>) {
  %0 = memref.alloc() {alignment = 64 : i64} : memref<4xf32>
  %1 = memref.alloc() {alignment = 4096 : i64} : memref<8xf32>
  return %0, %1 : memref<4xf32>, memref<8xf32>
}
