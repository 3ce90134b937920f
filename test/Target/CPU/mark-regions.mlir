// RUN: bitnet-opt %s --bitnet-mark-regions | FileCheck %s

// CHECK: module attributes {bitnet.regions = [
// CHECK-SAME: {bytes = 8192 : i64, kind = 1 : i32, name = "fc1 + relu"}
// CHECK-SAME: {bytes = 0 : i64, kind = 3 : i32, name = "softmax"}
// CHECK-SAME: {bytes = 64 : i64, kind = 2 : i32, name = "dot"}
// CHECK-SAME: {bytes = 0 : i64, kind = 5 : i32, name = "norm"}
// CHECK-SAME: {bytes = 0 : i64, kind = 7 : i32, name = ""}]

func.func private @bitnet_kernel_x(memref<?xi8>, index, index) attributes {bitnet.parallel}

// Weights are counted in what a call reaches, too.
func.func private @fused(%w: memref<?xi8>, %x: memref<?x8xi8>, %begin: index, %end: index) attributes {bitnet.parallel} {
  call @bitnet_kernel_x(%w, %begin, %end) : (memref<?xi8>, index, index) -> ()
  return
}

func.func private @bitnet_rt_probe(index)

// CHECK-LABEL: func.func @main
func.func @main(%weights: memref<?xi8> {bitnet.weights}, %x: memref<16xf32>, %y: memref<16xf32>, %codes: memref<?x8xi8>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %w = memref.view %weights[%c0][] : memref<?xi8> to memref<4096xi8>
  %d = memref.cast %w : memref<4096xi8> to memref<?xi8>
  %v = memref.view %weights[%c16][] : memref<?xi8> to memref<16xf32>
  // CHECK: %[[R0:.+]] = arith.constant 0 : i32
  // CHECK: call @bitnet_rt_mark(%[[R0]]) : (i32) -> ()
  // Multiply-accumulates: 128 for each row of the second operand.
  // CHECK: %[[FACTOR:.+]] = arith.constant 128 : index
  // CHECK: %[[ROWS:.+]] = memref.dim %{{.+}}, %{{.+}} : memref<?x8xi8>
  // CHECK: %[[MACS:.+]] = arith.muli %[[ROWS]], %[[FACTOR]] : index
  // CHECK: %[[WORK:.+]] = arith.index_cast %[[MACS]] : index to i64
  // CHECK-NEXT: call @bitnet_rt_work(%[[WORK]]) : (i64) -> ()
  // CHECK-NEXT: call @fused
  call @fused(%d, %codes, %c0, %c16) {bitnet.macs = array<i64: 128, 1, 0>}
    : (memref<?xi8>, memref<?x8xi8>, index, index) -> () loc(fused<#bitnet.unit<ternary_matmul>>["fc1", "relu"])
  // An attribute that does not fit its call says nothing.
  // CHECK-NEXT: call @fused
  call @fused(%d, %codes, %c0, %c16) {bitnet.macs = array<i64: 128, 9, 0>}
    : (memref<?xi8>, memref<?x8xi8>, index, index) -> () loc(fused<#bitnet.unit<ternary_matmul>>["fc1", "relu"])
  // No region: stays with the one before.
  // CHECK-NEXT: call @bitnet_rt_probe
  call @bitnet_rt_probe(%c0) : (index) -> ()
  // Twice the same nodes and kind: one mark.
  // CHECK: call @bitnet_rt_mark
  // CHECK-NEXT: scf.for
  scf.for %i = %c0 to %c16 step %c1 {
    %a = memref.load %x[%i] : memref<16xf32>
    %e = math.exp %a : f32
    memref.store %e, %y[%i] : memref<16xf32>
  } loc(fused<#bitnet.unit<exponential>>["softmax"])
  // CHECK-NOT: call @bitnet_rt_mark
  // CHECK: math.exp
  scf.for %i = %c0 to %c16 step %c1 {
    %a = memref.load %y[%i] : memref<16xf32>
    %e = math.exp %a : f32
    memref.store %e, %y[%i] : memref<16xf32>
  } loc(fused<#bitnet.unit<exponential>>["softmax"])
  // CHECK: call @bitnet_rt_mark
  // CHECK: call @bitnet_rt_mark
  %dot = scf.for %i = %c0 to %c16 step %c1 iter_args(%sum = %zero) -> f32 {
    %a = memref.load %x[%i] : memref<16xf32>
    %b = memref.load %v[%i] : memref<16xf32>
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    scf.yield %s : f32
  } loc(fused<#bitnet.unit<matmul>>["dot"])
  %square = scf.for %i = %c0 to %c16 step %c1 iter_args(%sum = %dot) -> f32 {
    %a = memref.load %x[%i] : memref<16xf32>
    %p = arith.mulf %a, %a : f32
    %s = arith.addf %sum, %p : f32
    scf.yield %s : f32
  } loc(fused<#bitnet.unit<norm>>["norm"])
  // CHECK: memref.copy
  memref.copy %x, %y : memref<16xf32> to memref<16xf32>
  // CHECK: %[[OTHER:.+]] = arith.constant -1 : i32
  // CHECK-NEXT: call @bitnet_rt_mark(%[[OTHER]])
  // CHECK-NEXT: return
  return %square : f32
}
