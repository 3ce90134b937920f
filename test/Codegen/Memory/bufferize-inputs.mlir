// RUN: bitnet-opt %s --bitnet-bufferize-inputs | FileCheck %s
// RUN: bitnet-opt %s --bitnet-partition-pipeline --bitnet-loops-pipeline | FileCheck %s --check-prefix=LOOPS

// Without the mark, the slice would be written into the caller's buffer.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: tensor<8xf32> {bufferization.writable = false}
// CHECK-SAME: tensor<4xf32> {bufferization.writable = false}
// LOOPS-LABEL: func.func @main(
// LOOPS-SAME: %[[X:.*]]: memref<8xf32>, %{{.*}}: memref<4xf32>)
// LOOPS-NOT: memref.subview %[[X]]
// LOOPS: %[[COPY:.*]] = memref.alloc() {{.*}}: memref<8xf32>
// LOOPS: memref.copy %[[X]], %[[COPY]]
// LOOPS: return %[[COPY]]
func.func @main(%x: tensor<8xf32>, %y: tensor<4xf32>) -> tensor<8xf32> {
  %0 = tensor.insert_slice %y into %x[2] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %0 : tensor<8xf32>
}
