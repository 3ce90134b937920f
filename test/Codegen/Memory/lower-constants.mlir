// RUN: bitnet-opt %s --bitnet-lower-constants --split-input-file | FileCheck %s

// Equal values share one 64-byte aligned range.
// CHECK: module attributes {bitnet.weight_entries = {{\[\[}}#bitnet.blob<"m.data", 0, 8192>, 0], [#bitnet.blob<"m.data", 8192, 4100>, 8192]], bitnet.weights_size = 12352 : i64}
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

// -----

// The tables of a loop lie side by side, iteration by iteration.
// CHECK: module attributes {bitnet.weight_entries = {{\[\[}}#bitnet.blob<"m.data", 0, 64>, 0], [#bitnet.blob<"m.data", 128, 4>, 64], [#bitnet.blob<"m.data", 64, 64>, 128], [#bitnet.blob<"m.data", 132, 4>, 192]], bitnet.weights_size = 256 : i64}
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[A0:.*]] = arith.constant 0 : index
// CHECK: %[[AS:.*]] = arith.constant 128 : index
// CHECK: %[[AD:.*]] = arith.muli %[[I]], %[[AS]]
// CHECK: %[[AO:.*]] = arith.addi %[[A0]], %[[AD]]
// CHECK: memref.view %{{.*}}[%[[AO]]][] : memref<?xi8> to memref<16xf32>
// CHECK: arith.constant 64 : index
// CHECK: memref.view {{.*}} to memref<1xf32>
func.func private @use(memref<16xf32>, memref<1xf32>)
func.func @main() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  scf.for %i = %c0 to %c2 step %c1 {
    %a = bitnet.constant_table [#bitnet.blob<"m.data", 0, 64>, #bitnet.blob<"m.data", 64, 64>][%i] -> memref<16xf32>
    %b = bitnet.constant_table [#bitnet.blob<"m.data", 128, 4>, #bitnet.blob<"m.data", 132, 4>][%i] -> memref<1xf32>
    func.call @use(%a, %b) : (memref<16xf32>, memref<1xf32>) -> ()
  }
  return
}

// -----

// A constant that two of three layers share: the offsets are a list.
// CHECK: memref.global "private" constant @bitnet_offsets_0 : memref<3xi64> = dense<[0, 64, 0]>
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[LIST:.*]] = memref.get_global @bitnet_offsets_0
// CHECK: %[[OFFSET:.*]] = memref.load %[[LIST]][%[[I]]]
// CHECK: %[[O:.*]] = arith.index_cast %[[OFFSET]] : i64 to index
// CHECK: memref.view %{{.*}}[%[[O]]][]
func.func private @use(memref<16xf32>)
func.func @main() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  scf.for %i = %c0 to %c3 step %c1 {
    %a = bitnet.constant_table [#bitnet.blob<"m.data", 0, 64>, #bitnet.blob<"m.data", 64, 64>, #bitnet.blob<"m.data", 0, 64>][%i] -> memref<16xf32>
    func.call @use(%a) : (memref<16xf32>) -> ()
  }
  return
}
