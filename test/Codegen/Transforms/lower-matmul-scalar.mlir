// RUN: bitnet-opt %s --bitnet-select-kernels=kernel=scalar --bitnet-lower-matmul --canonicalize --cse | FileCheck %s

// mm_c1: the loop over K adds, subtracts and selects. It holds no multiplication,
// neither on data nor for addresses; bounds are as static as the types.

// CHECK-LABEL: func.func @static
// CHECK-SAME: %[[X:.*]]: memref<3x64xi8>, %[[W:[a-z0-9]+]]: memref<1x4x4x64xi8>
// CHECK-DAG: %[[ROWS:.*]] = arith.constant 33 : index
// CHECK-DAG: %[[COLS:.*]] = arith.constant 61 : index
// CHECK-DAG: %[[M:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[PADDED:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[NONE:.*]] = arith.constant 0 : i32
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[M]]
// CHECK: scf.for %[[N:.*]] = %{{.*}} to %[[ROWS]]
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %[[COLS]] {{.*}} iter_args(%[[ACC:.*]] = %[[NONE]]) -> (i32)
// CHECK-NOT: arith.mul
// CHECK: memref.load %[[W]]
// CHECK-NOT: arith.mul
// CHECK: memref.load %[[X]][%[[I]], %[[K]]]
// CHECK-NOT: arith.mul
// CHECK: %[[SUM:.*]] = arith.addi %[[ACC]], %[[V:.*]] : i32
// CHECK-NEXT: %[[DIFFERENCE:.*]] = arith.subi %[[ACC]], %[[V]] : i32
// CHECK-NOT: arith.mul
// CHECK: %[[KEPT:.*]] = arith.select %{{.*}}, %[[DIFFERENCE]], %[[ACC]]
// CHECK-NOT: arith.mul
// CHECK: %[[NEXT:.*]] = arith.select %{{.*}}, %[[SUM]], %[[KEPT]]
// CHECK-NEXT: scf.yield %[[NEXT]]
// The rows that pad N to 64.
// CHECK: scf.for %[[N1:.*]] = %[[ROWS]] to %[[PADDED]]
// CHECK-NEXT: memref.store %[[NONE]]
func.func @static(%x: memref<3x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<3xi32>, %y: memref<3x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<3x64xi8>, memref<1x4x4x64xi8>, memref<3xi32>)
    outs(%y : memref<3x64xi32>) packing <u2, rows = 33, cols = 61>
  return
}

// Floats under a weight of 0 add x - x (act_c2).
// CHECK-LABEL: func.func @float
// CHECK: memref.dim
// CHECK: scf.for {{.*}} iter_args(%[[ACC:.*]] = %{{.*}}) -> (f32)
// CHECK-NOT: arith.mul
// CHECK: %[[X:.*]] = arith.extf
// CHECK-NOT: arith.mul
// CHECK: %[[SUM:.*]] = arith.addf %[[ACC]], %[[X]]
// CHECK-NEXT: %[[DIFFERENCE:.*]] = arith.subf %[[ACC]], %[[X]]
// CHECK-NEXT: %[[NONE:.*]] = arith.subf %[[X]], %[[X]]
// CHECK-NEXT: %[[SAME:.*]] = arith.addf %[[ACC]], %[[NONE]]
// CHECK: %[[KEPT:.*]] = arith.select %{{.*}}, %[[DIFFERENCE]], %[[SAME]]
// CHECK: arith.select %{{.*}}, %[[SUM]], %[[KEPT]]
// CHECK-NOT: arith.mul
// CHECK: scf.yield
func.func @float(%x: memref<?x64xf16>, %w: memref<1x4x4x64xi8>, %y: memref<?x64xf32>) {
  bitnet.matmul ins(%x, %w : memref<?x64xf16>, memref<1x4x4x64xi8>)
    outs(%y : memref<?x64xf32>) packing <u2, rows = 64, cols = 64>
  return
}

// w_c3: an accumulator per group of K.
// CHECK-LABEL: func.func @grouped
// CHECK: scf.for %[[G:.*]] =
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: arith.mul
// CHECK: scf.yield
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[G]],
func.func @grouped(%x: memref<2x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<2x2xi32>, %y: memref<2x2x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<2x64xi8>, memref<1x4x4x64xi8>, memref<2x2xi32>)
    outs(%y : memref<2x2x64xi32>) packing <u2, rows = 64, cols = 64> group 32
  return
}

// Base 3: comparisons and subtractions, no multiplication and no division of data.
// CHECK-LABEL: func.func @base3
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: arith.mul
// CHECK: memref.load %{{.*}} : memref<1x4x2x64xi8>
// CHECK-NOT: arith.mul
// CHECK: arith.cmpi sgt, %{{.*}}, %c40_i8
// CHECK-NOT: {{arith.mul|arith.div.* i8}}
// CHECK: scf.yield
func.func @base3(%x: memref<3x80xi8>, %w: memref<1x4x2x64xi8>, %s: memref<3xi32>, %y: memref<3x32xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<3x80xi8>, memref<1x4x2x64xi8>, memref<3xi32>)
    outs(%y : memref<3x32xi32>) packing <u1_6, rows = 31, cols = 61>
  return
}
