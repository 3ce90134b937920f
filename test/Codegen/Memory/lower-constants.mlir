// RUN: bitnet-opt %s --bitnet-lower-constants | FileCheck %s

// Equal values share one 64-byte aligned range.
// CHECK: module attributes {bitnet.weights = {{\[\[}}#bitnet.blob<"m.data", 0, 8192>, 0], [#bitnet.blob<"m.data", 8192, 4100>, 8192]], bitnet.weights_size = 12352 : i64}
// CHECK: func.func @main(%[[W:.*]]: memref<?xi8> {bitnet.weights}, %{{.*}}: memref<4xf32>)
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C1:.*]] = arith.constant 8192 : index
// CHECK-DAG: memref.view %[[W]][%[[C0]]][] : memref<?xi8> to memref<2048xf32>
// CHECK-DAG: memref.view %[[W]][%[[C1]]][] : memref<?xi8> to memref<1025xf32>
func.func @main(%x: memref<4xf32>) -> (memref<2048xf32>, memref<1025xf32>, memref<2048xf32>) {
  %a = bitnet.constant "a" #bitnet.blob<"m.data", 0, 8192> -> memref<2048xf32>
  %b = bitnet.constant "b" #bitnet.blob<"m.data", 8192, 4100> -> memref<1025xf32>
  %c = bitnet.constant "c" #bitnet.blob<"m.data", 0, 8192> -> memref<2048xf32>
  return %a, %b, %c : memref<2048xf32>, memref<1025xf32>, memref<2048xf32>
}
