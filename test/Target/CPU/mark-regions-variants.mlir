// RUN: bitnet-opt %s --bitnet-mark-regions | FileCheck %s

// A declaration that stands for several functions does what they do: a product of floats (kind 2), not ternary, not a copy.
// CHECK: module attributes {bitnet.regions = [{bytes = 0 : i64, kind = 2 : i32, name = "attention"}
func.func private @product_zmm32(%x: memref<16xf32>, %y: memref<16xf32>) attributes {bitnet.features = "avx512f", bitnet.parallel} {
  %c0 = arith.constant 0 : index
  %a = vector.load %x[%c0] : memref<16xf32>, vector<16xf32>
  %sum = vector.load %y[%c0] : memref<16xf32>, vector<16xf32>
  %scalar = memref.load %x[%c0] : memref<16xf32>
  %b = vector.broadcast %scalar : f32 to vector<16xf32>
  %0 = llvm.intr.fmuladd(%a, %b, %sum) : (vector<16xf32>, vector<16xf32>, vector<16xf32>) -> vector<16xf32>
  vector.store %0, %y[%c0] : memref<16xf32>, vector<16xf32>
  return
}

func.func private @product(memref<16xf32>, memref<16xf32>) attributes {bitnet.parallel, bitnet.variants = [@product_zmm32]}

func.func @main(%weights: memref<?xi8> {bitnet.weights}, %x: memref<16xf32>, %y: memref<16xf32>) {
  call @product(%x, %y) : (memref<16xf32>, memref<16xf32>) -> () loc("attention")
  return
}
