// RUN: bitnet-opt %s --bitnet-mark-regions | FileCheck %s

// A declaration that stands for several functions reads the weights that they read, once. A branch is of the most
// telling kind that is in it; what nobody described is of no kind.
// CHECK: module attributes {bitnet.regions = [
// CHECK-SAME: {bytes = 64 : i64, kind = 2 : i32, name = "attention"}
// CHECK-SAME: {bytes = 0 : i64, kind = 3 : i32, name = "branch"}
// CHECK-SAME: {bytes = 0 : i64, kind = 0 : i32, name = "nothing"}]
func.func private @product_zmm32(%weights: memref<?xi8>, %y: memref<16xf32>) attributes {bitnet.features = "avx512f", bitnet.parallel} {
  %c0 = arith.constant 0 : index
  %w = memref.view %weights[%c0][] : memref<?xi8> to memref<16xf32>
  memref.copy %w, %y : memref<16xf32> to memref<16xf32>
  return
}

func.func private @product(memref<?xi8>, memref<16xf32>) attributes {bitnet.parallel, bitnet.variants = [@product_zmm32]}

func.func @main(%weights: memref<?xi8> {bitnet.weights}, %y: memref<16xf32>, %c: i1) {
  call @product(%weights, %y) : (memref<?xi8>, memref<16xf32>) -> () loc(fused<#bitnet.unit<matmul>>["attention"])
  scf.if %c {
    linalg.add ins(%y, %y : memref<16xf32>, memref<16xf32>) outs(%y : memref<16xf32>) loc(fused<#bitnet.unit<elementwise>>["a"])
    linalg.exp ins(%y : memref<16xf32>) outs(%y : memref<16xf32>) loc(fused<#bitnet.unit<exponential>>["b"])
  } loc("branch")
  call @product(%weights, %y) : (memref<?xi8>, memref<16xf32>) -> () loc("nothing")
  return
}
