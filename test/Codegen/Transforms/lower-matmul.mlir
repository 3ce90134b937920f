// RUN: bitnet-opt %s --bitnet-lower-matmul --canonicalize --cse --split-input-file | FileCheck %s

// One kernel serves all layers of one code form; extents are run-time values.

// CHECK-LABEL: func.func @two_layers
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
// CHECK-DAG: %[[THREE:.*]] = arith.constant 3 : index
// CHECK: memref.cast %{{.*}} : memref<3x4x4x64xi8> to memref<?x?x4x64xi8, strided<[?, 256, 64, 1], offset: ?>>
// CHECK: call @bitnet_kernel_avx512vnni(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[ZERO]], %[[THREE]]) {bitnet.macs = array<i64: 8320, 1, 0>}
// CHECK: call @bitnet_kernel_avx512vnni(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[ZERO]], %[[ONE]])
// CHECK-NOT: bitnet.matmul

// CHECK: func.func private @bitnet_kernel_avx512vnni(
// CHECK-SAME: memref<?x?x4x64xi8, strided<[?, 256, 64, 1], offset: ?>>, %{{.*}}: memref<?x?xi8, strided<[?, 1], offset: ?>>, %{{.*}}: memref<?xi32, strided<[1], offset: ?>>, %{{.*}}: memref<?x?xi32, strided<[?, 1], offset: ?>>, %[[BEGIN:.*]]: index, %[[END:.*]]: index) attributes {bitnet.features = "avx512f avx512bw avx512vnni", bitnet.parallel}
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<64x4x4x64xi8>
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// Forms by M, picked at run time: from 20 rows on, 5 or 6 rows by 4 registers of codes
// that were decoded once per slice of K; totals live in y between slices.
// CHECK: arith.cmpi uge, %{{.*}}, %c20
// CHECK: scf.for %{{.*}} step %c64
// CHECK-COUNT-4: memref.prefetch
// CHECK: vector.store {{.*}} memref<64x4x4x64xi8>
// CHECK: scf.for {{.*}} step %c6
// CHECK: scf.for %{{.*}} = {{.*}} iter_args
// CHECK-NOT: memref.prefetch
// CHECK-NOT: arith.andi
// CHECK-COUNT-96: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK-NOT: llvm.call_intrinsic
// CHECK: scf.yield
// CHECK: scf.for {{.*}} step %c5
// CHECK-COUNT-80: llvm.call_intrinsic
// CHECK: scf.yield
// Then rows are spread evenly over tiles of 5 to 2, which decode for themselves.
// CHECK: scf.for %{{.*}} step %c5
// CHECK-COUNT-80: llvm.call_intrinsic
// CHECK: scf.yield
// CHECK: scf.for %{{.*}} step %c4
// CHECK-COUNT-64: llvm.call_intrinsic
// CHECK: scf.yield
// CHECK: scf.for %{{.*}} step %c3
// CHECK-COUNT-48: llvm.call_intrinsic
// CHECK: scf.yield
// CHECK: scf.for %{{.*}} step %c2
// CHECK-COUNT-32: llvm.call_intrinsic
// CHECK: scf.yield
// The form of one row: fields masked in place, told apart after the loop.
// CHECK: scf.for %[[K1:.*]] = {{.*}} iter_args
// CHECK-COUNT-4: memref.prefetch
// CHECK-NOT: arith.shr
// CHECK-COUNT-16: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK: scf.yield
// CHECK: arith.shrsi
// CHECK: arith.subi
// CHECK: vector.store
// CHECK-NOT: func.func private @bitnet_kernel
func.func @two_layers(%x: memref<?x64xi8>, %w: memref<3x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x192xi32>,
                      %w1: memref<1x4x4x64xi8>, %y1: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<3x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x192xi32>) packing <u2, rows = 130, cols = 64> lowering <[avx512vnni]>
  bitnet.matmul ins(%x, %w1, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y1 : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[avx512vnni]>
  return
}

// -----

// i16 accumulators live for one slice of K: 7 chunks, or 15 when every field has
// scale 1. All tiles, and all rows of the block, take turns within the slice.

// CHECK-LABEL: func.func private @bitnet_kernel_avx2(
// CHECK: scf.for %[[K0:[a-z0-9]+]] = {{.*}} step %c15
// CHECK: %[[END:.*]] = arith.minui
// CHECK: scf.for %{{[a-z0-9]+}} = {{.*}} step %c4
// CHECK: scf.for %{{[a-z0-9]+}} = %[[K0]] to %[[END]] {{.*}} -> (vector<16xi16>
// CHECK-COUNT-32: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// CHECK-NOT: pmadd.ub.sw
// CHECK: scf.yield
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// CHECK: scf.for %{{[a-z0-9]+}} = {{.*}} step %c3
// CHECK: scf.for %{{[a-z0-9]+}} = {{.*}} step %c2
// CHECK: scf.for %{{[a-z0-9]+}} = {{.*}} step %c7
// CHECK: scf.for {{.*}} -> (vector<16xi16>
// CHECK: memref.prefetch
// CHECK-COUNT-16: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// CHECK-NOT: pmadd.ub.sw
// CHECK: scf.yield
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
func.func @avx2(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[avx2]>
  return
}

// -----

// CHECK-LABEL: func.func private @bitnet_kernel_neon_dotprod(
// CHECK-COUNT-64: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"
// CHECK: scf.yield
// CHECK-COUNT-48: llvm.call_intrinsic
// CHECK: scf.yield
// CHECK-COUNT-32: llvm.call_intrinsic
// CHECK: scf.yield
// CHECK: scf.for {{.*}} step %c16
// CHECK-COUNT-16: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"
// CHECK-NOT: sdot
func.func @neon(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[neon_dotprod]>
  return
}

// -----

// AMX: four decoded chunks are a tile of weights, two steps ahead of its use; two
// tiles of activations by two of weights, one by four for what is left, the last one
// early; fewer rows than 16 are copied. At most 128 rows at a time.

// CHECK-LABEL: func.func private @bitnet_kernel_amx(
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<16x16x64xi8>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<4x16x64xi8>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<4x16x16xi32>
// CHECK: arith.ceildivui %{{.*}}, %c128
// CHECK: scf.for {{.*}} step %c32
// CHECK: memref.prefetch %{{.*}}, write
// CHECK: scf.for {{.*}} -> (!llvm.x86_amx, !llvm.x86_amx, !llvm.x86_amx, !llvm.x86_amx)
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tdpbsud.internal"
// CHECK-COUNT-32: vector.store
// CHECK: scf.yield
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64.internal"
// CHECK: scf.for {{.*}} step %c16
// CHECK: arith.minui
// CHECK: scf.for {{.*}} -> (!llvm.x86_amx, !llvm.x86_amx, !llvm.x86_amx, !llvm.x86_amx)
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tdpbsud.internal"
// CHECK-COUNT-64: vector.store
// CHECK: scf.for {{.*}} -> (!llvm.x86_amx, !llvm.x86_amx, !llvm.x86_amx, !llvm.x86_amx)
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tdpbsud.internal"
// CHECK-COUNT-65: vector.store
// CHECK: vpdpbusd
func.func @amx(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[amx]>
  return
}

// -----

// i8mm: fields in pairs, activation rows in pairs; one row by sdot.

// CHECK-LABEL: func.func private @bitnet_kernel_i8mm(
// CHECK-COUNT-32: llvm.call_intrinsic "llvm.aarch64.neon.usmmla.v4i32.v16i8"
// CHECK: scf.yield
// CHECK-COUNT-16: llvm.call_intrinsic "llvm.aarch64.neon.usmmla.v4i32.v16i8"
// CHECK: scf.yield
// CHECK-COUNT-16: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"
func.func @i8mm(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[i8mm]>
  return
}

// -----

// w_c3: groups of K are products of their own, inside the parallel loop.

// CHECK-LABEL: func.func @grouped
// CHECK: call @bitnet_kernel_generic_grouped
// CHECK-LABEL: func.func private @bitnet_kernel_generic_grouped(
// CHECK-SAME: memref<?x?xi32, strided<[?, 1], offset: ?>>, %[[Y:.*]]: memref<?x?x?xi32, strided<[?, ?, 1], offset: ?>>, %{{.*}}: index, %{{.*}}: index) attributes {bitnet.parallel}
// CHECK: %[[GROUPS:.*]] = memref.dim %[[Y]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[GROUPS]]
// CHECK-COUNT-4: memref.subview
func.func @grouped(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<2x?xi32>, %y: memref<2x?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<2x?xi32>)
    outs(%y : memref<2x?x64xi32>) packing <u2, rows = 64, cols = 64> group 32 lowering <[generic]>
  return
}

// -----

// Float activations: selects between x and -x, k ascending, no sums. Under a weight of 0
// x - x is added, which is NaN where x is no finite number (act_c2).

// CHECK-LABEL: func.func private @bitnet_kernel_generic_bf16(
// CHECK-SAME: memref<?x?xbf16, strided<[?, 1], offset: ?>>, %{{.*}}: memref<?x?xf32, strided<[?, 1], offset: ?>>, %{{.*}}: index
// CHECK: arith.extf
// CHECK: %[[NONE:.*]] = arith.subf %[[X:.*]], %[[X]] : vector
// CHECK: %[[MINUS:.*]] = arith.negf %[[X]]
// CHECK: %[[TERM:.*]] = arith.select %{{.*}}, %[[MINUS]], %[[NONE]]
// CHECK: %[[ALL:.*]] = arith.select %{{.*}}, %[[X]], %[[TERM]]
// CHECK: arith.addf %{{.*}}, %[[ALL]]
// CHECK-NOT: arith.mulf
func.func @float(%x: memref<?x64xbf16>, %w: memref<1x4x4x64xi8>, %y: memref<?x64xf32>) {
  bitnet.matmul ins(%x, %w : memref<?x64xbf16>, memref<1x4x4x64xi8>)
    outs(%y : memref<?x64xf32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
  return
}

// -----

// CHECK-LABEL: func.func @unpacked
// CHECK: bitnet.matmul
func.func @unpacked(%x: memref<?x64xi8>, %w: memref<32x64xi2>, %y: memref<?x32xi32>) {
  bitnet.matmul ins(%x, %w : memref<?x64xi8>, memref<32x64xi2>) outs(%y : memref<?x32xi32>)
  return
}

// -----

// Base 3 with tables: what |v| stands for is looked up twice, four crumbs and the fifth
// code, and mirrored where v is negative. Blocks are 32 rows by 20 columns.

// CHECK-LABEL: func.func private @bitnet_kernel_avx512vbmi_u1_6(
// CHECK-SAME: memref<?x?x2x64xi8, strided<[?, 128, 64, 1], offset: ?>>
// CHECK: memref.prefetch
// CHECK: %[[BYTES:.*]] = vector.load %{{.*}} : memref<?x?x2x64xi8, strided<[?, 128, 64, 1], offset: ?>>, vector<64xi8>
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[BYTES]]
// CHECK: %[[L:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"(%{{.*}}, %[[BYTES]], %{{.*}})
// CHECK: %[[M:.*]] = arith.subi %{{.*}}, %[[L]]
// CHECK: arith.select %[[NEGATIVE]], %[[M]], %[[L]]
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
func.func @base3(%x: memref<?x80xi8>, %w: memref<2x4x2x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x80xi8>, memref<2x4x2x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u1_6, rows = 64, cols = 64> lowering <[avx512vbmi]>
  return
}

// -----

// Base 3 anywhere: the digits are compared out of v, from the highest down.

// CHECK-LABEL: func.func private @bitnet_kernel_generic_u1_6(
// CHECK-DAG: %[[FORTY:.*]] = arith.constant dense<40> : vector<64xi8>
// CHECK-DAG: %[[POWER:.*]] = arith.constant dense<81> : vector<64xi8>
// CHECK: %[[V:.*]] = arith.select {{.*}} : vector<64xi1>, vector<64xi8>
// CHECK: arith.cmpi sgt, %[[V]], %[[FORTY]]
// CHECK: arith.subi %[[V]], %[[POWER]]
// CHECK-NOT: arith.muli %{{.*}} : vector<64xi8>
// CHECK: arith.muli %{{.*}} : vector<32xi16>
func.func @base3_anywhere(%x: memref<?x80xi8>, %w: memref<2x4x2x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x80xi8>, memref<2x4x2x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u1_6, rows = 64, cols = 64> lowering <[generic]>
  return
}

// -----

// Several kernels: calls of one function that a target gives a body, and all of
// the kernels with what they need. K = 2^19 leaves the first one out (mm_c1).

// CHECK-LABEL: func.func @several
// CHECK: call @bitnet_kernel_dispatch_avx512vnni_avx2_generic(
// CHECK: call @bitnet_kernel_dispatch_avx512vnni_avx2_generic(
// CHECK: call @bitnet_kernel_dispatch_avx2_generic(
// CHECK-DAG: func.func private @bitnet_kernel_avx512vnni({{.*}}) attributes {bitnet.features = "avx512f avx512bw avx512vnni", bitnet.parallel} {
// CHECK-DAG: func.func private @bitnet_kernel_avx2({{.*}}) attributes {bitnet.features = "avx2", bitnet.parallel} {
// CHECK-DAG: func.func private @bitnet_kernel_generic({{.*}}) attributes {bitnet.parallel} {
// CHECK-DAG: func.func private @bitnet_kernel_dispatch_avx512vnni_avx2_generic(memref<?x?x4x64xi8, {{.*}}) attributes {bitnet.parallel, bitnet.variants = [@bitnet_kernel_avx512vnni, @bitnet_kernel_avx2, @bitnet_kernel_generic]}
// CHECK-DAG: func.func private @bitnet_kernel_dispatch_avx2_generic({{.*}}) attributes {bitnet.parallel, bitnet.variants = [@bitnet_kernel_avx2, @bitnet_kernel_generic]}
func.func @several(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>,
                   %x1: memref<?x524288xi8>, %w1: memref<1x32768x4x64xi8>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[avx512vnni, avx2, generic]>
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[avx512vnni, avx2, generic]>
  bitnet.matmul ins(%x1, %w1, %s : memref<?x524288xi8>, memref<1x32768x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 524288> lowering <[avx2, generic]>
  return
}

// -----

// A slice of the row blocks is part of a layer, whose work is not the slice's.

// CHECK-LABEL: func.func @slice
// CHECK: call @bitnet_kernel_generic({{.*}}) : (
func.func @slice(%x: memref<?x64xi8>, %w: memref<?x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x?xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x?xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  return
}
