// RUN: bitnet-opt %s --bitnet-lower-contractions=registers=zmm32 -split-input-file | FileCheck %s
// RUN: bitnet-opt %s --bitnet-lower-contractions=registers=xmm16 -split-input-file | FileCheck %s --check-prefix=XMM
// RUN: bitnet-opt %s --bitnet-lower-contractions=registers=ymm16 -split-input-file | FileCheck %s --check-prefix=YMM
// RUN: bitnet-opt %s --bitnet-lower-contractions=registers=neon32 -split-input-file | FileCheck %s --check-prefix=NEON
// RUN: bitnet-opt %s --bitnet-lower-contractions=registers=rvv32 -split-input-file | FileCheck %s --check-prefix=NEON
// RUN: bitnet-opt %s --bitnet-lower-contractions=registers=zmm32,xmm16 -split-input-file | FileCheck %s --check-prefix=BOTH
// RUN: not bitnet-opt %s --bitnet-lower-contractions=registers=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: 'mmx' is not one of xmm16, ymm16, zmm32, neon32, rvv32

// One function for each register file, and a declaration that stands for them.
// BOTH-LABEL: func.func @columns
// BOTH: call @bitnet_contraction_columns_f32_f32(
// BOTH-LABEL: func.func private @bitnet_contraction_columns_f32_f32_zmm32(
// BOTH-SAME: attributes {bitnet.features = "avx512f", bitnet.parallel}
// BOTH-LABEL: func.func private @bitnet_contraction_columns_f32_f32_xmm16(
// BOTH-SAME: attributes {bitnet.features = "", bitnet.parallel}
// BOTH: func.func private @bitnet_contraction_columns_f32_f32(
// BOTH-SAME: attributes {bitnet.parallel, bitnet.variants = [@bitnet_contraction_columns_f32_f32_zmm32, @bitnet_contraction_columns_f32_f32_xmm16]}
// x [m, k] by w [k, n]: panels for many rows, streaming for few.
// CHECK-LABEL: func.func @columns
// CHECK: %[[C:.*]] = memref.reinterpret_cast %arg2 {{.*}} : memref<?x?xf32> to memref<?x?x?x?x?xf32, strided<[?, ?, ?, ?, 1], offset: ?>>
// CHECK: %[[MOST:.*]] = arith.minsi
// CHECK: %[[PARTS:.*]] = arith.maxsi %[[MOST]]
// CHECK: call @bitnet_contraction_columns_f32_f32({{.*}}, %[[C]], %false, %[[PARTS]], %c0{{.*}}, %[[PARTS]])
// k of the left operand, then the extents of the result.
// CHECK-SAME: {bitnet.macs = array<i64: 1, 0, 4, 2, 0, 2, 1, 2, 2, 2, 3, 2, 4>}
// CHECK-NOT: linalg.generic
// Few rows and columns: tiles that read b itself, asked for ahead. Not inlined.
// CHECK-LABEL: func.func private @bitnet_contraction_columns_f32_f32_narrow(
// CHECK-SAME: attributes {passthrough = ["noinline"]}
// CHECK-NOT: memref.alloca() {alignment = 64 : i64} : memref<256x64xf32>
// CHECK: memref.prefetch
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>,
// CHECK: memref.prefetch
// CHECK-LABEL: func.func private @bitnet_contraction_columns_f32_f32(
// CHECK-SAME: attributes {bitnet.parallel}
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<256x64xf32>
// CHECK: scf.if
// CHECK: call @bitnet_contraction_columns_f32_f32_narrow(
// CHECK: } else {
// The streaming form: eight rows of w at a time.
// CHECK: scf.if
// CHECK: llvm.intr.fmuladd({{.*}}) : (vector<16xf32>, vector<16xf32>, vector<16xf32>) -> vector<16xf32>
// CHECK: } else {
// A tile of 6 x 4 vectors.
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// XMM-LABEL: func.func private @bitnet_contraction_columns_f32_f32(
// XMM: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>) {
// YMM-LABEL: func.func private @bitnet_contraction_columns_f32_f32(
// YMM: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// NEON-LABEL: func.func private @bitnet_contraction_columns_f32_f32(
// NEON: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
#a = affine_map<(m, k, n) -> (m, k)>
#b = affine_map<(m, k, n) -> (k, n)>
#c = affine_map<(m, k, n) -> (m, n)>
func.func @columns(%a: memref<?x?xf32>, %b: memref<?x?xf32>, %c: memref<?x?xf32>) {
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%a, %b : memref<?x?xf32>, memref<?x?xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// x [m, k] by w [n, k] of bf16: sixteen sums per element, then a tree.
// CHECK-LABEL: func.func @rows
// CHECK: call @bitnet_contraction_rows_f32_bf16
// CHECK-LABEL: func.func private @bitnet_contraction_rows_f32_bf16
// One row of x: four rows of w.
// CHECK: vector.load {{.*}} vector<16xbf16>
// CHECK: arith.extf {{.*}} vector<16xbf16> to vector<16xf32>
// The rest of k, with zeros beyond: f32 by a mask, bf16 one by one.
// CHECK: vector.maskedload {{.*}} into vector<16xf32>
// CHECK: memref.load {{.*}} : memref<?x?xbf16
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
// CHECK: vector.shuffle {{.*}} [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]
// CHECK: vector.maskedstore
// CHECK: } else {
#a1 = affine_map<(m, n, k) -> (m, k)>
#b1 = affine_map<(m, n, k) -> (n, k)>
#c1 = affine_map<(m, n, k) -> (m, n)>
func.func @rows(%a: memref<?x64xf32, strided<[?, 1], offset: ?>>, %b: memref<32x64xbf16>, %c: memref<?x32xf32>) {
  linalg.generic {indexing_maps = [#a1, #b1, #c1], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x64xf32, strided<[?, 1], offset: ?>>, memref<32x64xbf16>) outs(%c : memref<?x32xf32>) {
  ^bb0(%x: f32, %y: bf16, %acc: f32):
    %w = arith.extf %y : bf16 to f32
    %p = arith.mulf %w, %x : f32
    %s = arith.addf %p, %acc fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// x [m, k] by w [n, k] of i8: vectors become floats in registers. A single row
// of x streams eight rows of w on AVX-512, whose successors are prefetched.
// CHECK-LABEL: func.func @int8_rows
// CHECK: call @bitnet_contraction_rows_f32_i8
// CHECK-LABEL: func.func private @bitnet_contraction_rows_f32_i8
// CHECK: scf.if
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// CHECK: %[[CODES:.*]] = vector.load {{.*}} vector<16xi8>
// CHECK-NEXT: arith.sitofp %[[CODES]] : vector<16xi8> to vector<16xf32>
// CHECK: memref.prefetch
// CHECK: llvm.intr.fmuladd({{.*}}) : (vector<16xf32>
// The rest of k, one by one.
// CHECK: memref.load {{.*}} : memref<?x?xi8
// CHECK-NEXT: arith.sitofp {{.*}} : i8 to f32
// CHECK: } else {
// CHECK: memref.prefetch
// YMM-LABEL: func.func private @bitnet_contraction_rows_f32_i8
// YMM: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
#a2 = affine_map<(m, n, k) -> (m, k)>
#b2 = affine_map<(m, n, k) -> (n, k)>
#c2 = affine_map<(m, n, k) -> (m, n)>
func.func @int8_rows(%a: memref<?x64xf32>, %b: memref<32x64xi8>, %c: memref<?x32xf32>) {
  linalg.generic {indexing_maps = [#a2, #b2, #c2], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x64xf32>, memref<32x64xi8>) outs(%c : memref<?x32xf32>) {
  ^bb0(%x: f32, %y: i8, %acc: f32):
    %w = arith.sitofp %y : i8 to f32
    %p = arith.mulf %x, %w : f32
    %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// The same on either side, contiguous along n, and widened in two steps.
// CHECK-LABEL: func.func @int8_columns
// CHECK: call @bitnet_contraction_columns_i8_f32
// CHECK: call @bitnet_contraction_columns_f32_i8
// CHECK-NOT: linalg.generic
// CHECK-LABEL: func.func private @bitnet_contraction_columns_i8_f32
// CHECK: memref.load {{.*}} : memref<?x?xi8
// CHECK: arith.sitofp {{.*}} : i8 to f32
#a3 = affine_map<(m, k, n) -> (m, k)>
#b3 = affine_map<(m, k, n) -> (k, n)>
#c3 = affine_map<(m, k, n) -> (m, n)>
func.func @int8_columns(%ai: memref<?x?xi8>, %bf: memref<?x?xf32>, %af: memref<?x?xf32>, %bi: memref<?x?xi8>, %c: memref<?x?xf32>) {
  linalg.generic {indexing_maps = [#a3, #b3, #c3], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%ai, %bf : memref<?x?xi8>, memref<?x?xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%x: i8, %y: f32, %acc: f32):
    %v = arith.sitofp %x : i8 to f32
    %p = arith.mulf %v, %y : f32
    %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#a3, #b3, #c3], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%af, %bi : memref<?x?xf32>, memref<?x?xi8>) outs(%c : memref<?x?xf32>) {
  ^bb0(%x: f32, %y: i8, %acc: f32):
    %wide = arith.extsi %y : i8 to i32
    %v = arith.sitofp %wide : i32 to f32
    %p = arith.mulf %x, %v : f32
    %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// Named products need no flags. A transposed lhs is read by single elements.
// CHECK-LABEL: func.func @named
// CHECK-COUNT-3: call @bitnet_contraction_columns_f32_f32
// CHECK-NOT: linalg
// CHECK: return
func.func @named(%a: memref<8x16xf32>, %t: memref<16x8xf32>, %b: memref<16x32xf32>, %c: memref<8x32xf32>,
                 %a3: memref<?x8x16xf32>, %b3: memref<?x16x32xf32>, %c3: memref<?x8x32xf32>) {
  linalg.matmul ins(%a, %b : memref<8x16xf32>, memref<16x32xf32>) outs(%c : memref<8x32xf32>)
  linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%t, %b : memref<16x8xf32>, memref<16x32xf32>) outs(%c : memref<8x32xf32>)
  linalg.batch_matmul ins(%a3, %b3 : memref<?x8x16xf32>, memref<?x16x32xf32>) outs(%c3 : memref<?x8x32xf32>)
  return
}

// -----

// Grouped heads: keys lack the dimension g, so g and m are rows of one matrix,
// and b and h are one batch dimension.
// CHECK-LABEL: func.func @grouped
// CHECK: memref.reinterpret_cast %arg0 {{.*}} sizes: [%c1{{[_0-9]*}}, %c1{{[_0-9]*}}, %{{.*}}, %{{.*}}, %c64{{[_0-9]*}}], strides: [%c0{{[_0-9]*}}, %c0{{[_0-9]*}}, %{{.*}}, %c64{{[_0-9]*}}, 1]
// CHECK: call @bitnet_contraction_rows_f32_f32
func.func @grouped(%q: memref<?x5x4x?x64xf32>, %k: memref<?x5x?x64xf32>, %c: memref<?x5x4x?x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(b, h, g, m, n, k) -> (b, h, g, m, k)>, affine_map<(b, h, g, m, n, k) -> (b, h, n, k)>,
                                   affine_map<(b, h, g, m, n, k) -> (b, h, g, m, n)>],
                  iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : memref<?x5x4x?x64xf32>, memref<?x5x?x64xf32>) outs(%c : memref<?x5x4x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// The result is contiguous along the rows of its first operand: they change places.
// CHECK-LABEL: func.func @transposed_result
// CHECK: %[[W:.*]] = memref.reinterpret_cast %arg1
// CHECK: %[[X:.*]] = memref.reinterpret_cast %arg0
// CHECK: call @bitnet_contraction_rows_f32_f32(%[[W]], %[[X]]
func.func @transposed_result(%x: memref<32x64xf32>, %w: memref<48x64xf32>, %c: memref<48x32xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, m)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<32x64xf32>, memref<48x64xf32>) outs(%c : memref<48x32xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// Left alone: an order that was asked for, integers, wide integers as floats,
// a sum in f64.
// CHECK-LABEL: func.func @left_alone
// CHECK-NOT: call
// CHECK-COUNT-3: linalg.generic
// CHECK: linalg.matmul
// CHECK-NOT: bitnet_contraction
func.func @left_alone(%a: memref<8x16xf32>, %b: memref<16x32xf32>, %c: memref<8x32xf32>, %ai: memref<8x16xi8>, %bi: memref<16x32xi8>,
                      %ci: memref<8x32xi32>, %wi: memref<16x32xi32>,
                      %ad: memref<8x16xf64>, %bd: memref<16x32xf64>, %cd: memref<8x32xf64>) {
  linalg.generic {indexing_maps = [affine_map<(m, k, n) -> (m, k)>, affine_map<(m, k, n) -> (k, n)>, affine_map<(m, k, n) -> (m, n)>],
                  iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%a, %b : memref<8x16xf32>, memref<16x32xf32>) outs(%c : memref<8x32xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [affine_map<(m, k, n) -> (m, k)>, affine_map<(m, k, n) -> (k, n)>, affine_map<(m, k, n) -> (m, n)>],
                  iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%ai, %bi : memref<8x16xi8>, memref<16x32xi8>) outs(%ci : memref<8x32xi32>) {
  ^bb0(%x: i8, %y: i8, %acc: i32):
    %xw = arith.extsi %x : i8 to i32
    %yw = arith.extsi %y : i8 to i32
    %p = arith.muli %xw, %yw : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [affine_map<(m, k, n) -> (m, k)>, affine_map<(m, k, n) -> (k, n)>, affine_map<(m, k, n) -> (m, n)>],
                  iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%a, %wi : memref<8x16xf32>, memref<16x32xi32>) outs(%c : memref<8x32xf32>) {
  ^bb0(%x: f32, %y: i32, %acc: f32):
    %w = arith.sitofp %y : i32 to f32
    %p = arith.mulf %x, %w : f32
    %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
    linalg.yield %s : f32
  }
  linalg.matmul ins(%ad, %bd : memref<8x16xf64>, memref<16x32xf64>) outs(%cd : memref<8x32xf64>)
  return
}

// -----

// Zeros that are only there to be added to are not stored: the product begins with them.

// CHECK-LABEL: func.func @fresh
// CHECK-NOT: linalg.fill
// CHECK: call @bitnet_contraction_columns_f32_f32({{.*}}, %true, %{{.*}}, %c0{{.*}}, %{{.*}})
// CHECK-LABEL: func.func private @bitnet_contraction_columns_f32_f32(
// CHECK-SAME: i1, %{{[^ ]*}}: index, %{{[^ ]*}}: index, %{{[^ ]*}}: index) attributes {bitnet.parallel}
func.func @fresh(%a: memref<?x16xf32>, %b: memref<16x32xf32>, %c: memref<?x32xf32>) {
  bitnet.dispatch product ins(%a, %b : memref<?x16xf32>, memref<16x32xf32>) outs(%c : memref<?x32xf32>) {
  ^bb0(%l: memref<?x16xf32>, %r: memref<16x32xf32>, %out: memref<?x32xf32>):
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<?x32xf32>)
    linalg.matmul ins(%l, %r : memref<?x16xf32>, memref<16x32xf32>) outs(%out : memref<?x32xf32>)
    bitnet.yield
  }
  return
}

// -----

// Not when it is another number, another buffer, or read in between; nor where bufferization added something else, nor
// where the product does not reach all of the result.

#fresh_a = affine_map<(m, k, n) -> (m, k)>
#fresh_b = affine_map<(m, k, n) -> (k, n)>
#fresh_c = affine_map<(m, k, n) -> (m, 0, n)>
// CHECK-LABEL: func.func @not_fresh
// CHECK-COUNT-4: linalg.fill
// CHECK-NOT: %true
// CHECK: return
func.func @not_fresh(%a: memref<?x16xf32>, %b: memref<16x32xf32>, %c: memref<?x32xf32>, %d: memref<?x32xf32>,
    %e: memref<?x2x32xf32>) {
  %zero = arith.constant 0.0 : f32
  bitnet.dispatch product ins(%a, %b : memref<?x16xf32>, memref<16x32xf32>) outs(%c : memref<?x32xf32>) {
  ^bb0(%l: memref<?x16xf32>, %r: memref<16x32xf32>, %out: memref<?x32xf32>):
    %one = arith.constant 1.0 : f32
    linalg.fill ins(%one : f32) outs(%out : memref<?x32xf32>)
    linalg.matmul ins(%l, %r : memref<?x16xf32>, memref<16x32xf32>) outs(%out : memref<?x32xf32>)
    bitnet.yield
  }
  bitnet.dispatch product ins(%a, %b : memref<?x16xf32>, memref<16x32xf32>) outs(%c, %d : memref<?x32xf32>, memref<?x32xf32>) {
  ^bb0(%l: memref<?x16xf32>, %r: memref<16x32xf32>, %out: memref<?x32xf32>, %other: memref<?x32xf32>):
    %none = arith.constant 0.0 : f32
    linalg.fill ins(%none : f32) outs(%other : memref<?x32xf32>)
    linalg.matmul ins(%l, %r : memref<?x16xf32>, memref<16x32xf32>) outs(%out : memref<?x32xf32>)
    bitnet.yield
  }
  bitnet.dispatch product ins(%a, %b : memref<?x16xf32>, memref<16x32xf32>) outs(%c, %d : memref<?x32xf32>, memref<?x32xf32>) {
  ^bb0(%l: memref<?x16xf32>, %r: memref<16x32xf32>, %out: memref<?x32xf32>, %copy: memref<?x32xf32>):
    %none = arith.constant 0.0 : f32
    linalg.fill ins(%none : f32) outs(%out : memref<?x32xf32>)
    memref.copy %out, %copy : memref<?x32xf32> to memref<?x32xf32>
    linalg.matmul ins(%l, %r : memref<?x16xf32>, memref<16x32xf32>) outs(%out : memref<?x32xf32>)
    bitnet.yield
  }
  bitnet.dispatch product ins(%a, %b : memref<?x16xf32>, memref<16x32xf32>) outs(%e : memref<?x2x32xf32>) {
  ^bb0(%l: memref<?x16xf32>, %r: memref<16x32xf32>, %out: memref<?x2x32xf32>):
    %none = arith.constant 0.0 : f32
    linalg.fill ins(%none : f32) outs(%out : memref<?x2x32xf32>)
    linalg.generic {indexing_maps = [#fresh_a, #fresh_b, #fresh_c], iterator_types = ["parallel", "reduction", "parallel"]}
        ins(%l, %r : memref<?x16xf32>, memref<16x32xf32>) outs(%out : memref<?x2x32xf32>) {
    ^bb0(%x: f32, %y: f32, %acc: f32):
      %p = arith.mulf %x, %y : f32
      %s = arith.addf %acc, %p fastmath<reassoc,contract> : f32
      linalg.yield %s : f32
    }
    bitnet.yield
  }
  return
}
