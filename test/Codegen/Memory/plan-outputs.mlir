// RUN: bitnet-opt %s --bitnet-plan-buffers | FileCheck %s

// What the run returns, reshaped or not, may be the caller's memory; a buffer is one output only.
// CHECK-LABEL: func @main
// CHECK: memref.alloc(%{{.*}}) {bitnet.result = 0 : i32, bitnet.slot = {{[0-9]+}} : i64} : memref<?xf32>
// CHECK: memref.alloc(%{{.*}}) {bitnet.result = 1 : i32, bitnet.slot = {{[0-9]+}} : i64} : memref<?x4xf32>
// CHECK: memref.alloc() {bitnet.slot = {{[0-9]+}} : i64} : memref<8xf32>
func.func @main(%n: index) -> (memref<?xf32>, memref<?x2x2xf32>, memref<?xf32>, memref<4xf32, strided<[1], offset: 4>>) {
  %a = memref.alloc(%n) : memref<?xf32>
  %b = memref.alloc(%n) : memref<?x4xf32>
  %c = memref.alloc() : memref<8xf32>
  %wide = memref.expand_shape %b [[0], [1, 2]] output_shape [%n, 2, 2] : memref<?x4xf32> into memref<?x2x2xf32>
  %part = memref.subview %c[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  return %a, %wide, %a, %part : memref<?xf32>, memref<?x2x2xf32>, memref<?xf32>, memref<4xf32, strided<[1], offset: 4>>
}
