// RUN: bitnet-opt %s --bitnet-fuse-epilogues --split-input-file | FileCheck %s

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m, 0)>

// Both halves of a gated layer and the nest that joins them; the second layer of
// the same shape shares the function. N = 100 leaves 28 padding rows of the last
// block to the tile.

// CHECK-LABEL: func.func @gated
// CHECK-NOT: bitnet.matmul
// Two products of 100 rows by 64 columns for each of the rows of %x.
// CHECK: call @bitnet_layer_0(%{{.*}}) {bitnet.macs = array<i64: 12800, 0, 0>} {{.*}}memref<2x4x4x64xi8>
// CHECK: call @bitnet_layer_0(
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @gated(%x: memref<?x64xi8>, %sums: memref<?xi32>, %r: memref<?x1xf32>, %w: memref<4x2x4x4x64xi8>, %y: memref<2x?x100xf32>) {
  %c0 = arith.constant 0 : index
  %m = memref.dim %x, %c0 : memref<?x64xi8>
  %w0 = memref.subview %w[0, 0, 0, 0, 0] [1, 2, 4, 4, 64] [1, 1, 1, 1, 1] : memref<4x2x4x4x64xi8> to memref<2x4x4x64xi8>
  %y0 = memref.subview %y[0, 0, 0] [1, %m, 100] [1, 1, 1] : memref<2x?x100xf32> to memref<?x100xf32, strided<[100, 1]>>
  %a = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w0, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%a : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]>
  %b = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w0, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%b : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]>
  %av = memref.subview %a[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
  %bv = memref.subview %b[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
  linalg.generic {indexing_maps = [#id, #id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%av, %bv, %r : memref<?x100xi32, strided<[128, 1]>>, memref<?x100xi32, strided<[128, 1]>>, memref<?x1xf32>)
      outs(%y0 : memref<?x100xf32, strided<[100, 1]>>) {
  ^bb0(%g: i32, %u: i32, %s: f32, %out: f32):
    %p = arith.muli %g, %u : i32
    %f = arith.sitofp %p : i32 to f32
    %v = arith.mulf %f, %s : f32
    linalg.yield %v : f32
  }
  %c = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w0, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%c : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]>
  %d = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w0, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%d : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]>
  %cv = memref.subview %c[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
  %dv = memref.subview %d[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
  linalg.generic {indexing_maps = [#id, #id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%cv, %dv, %r : memref<?x100xi32, strided<[128, 1]>>, memref<?x100xi32, strided<[128, 1]>>, memref<?x1xf32>)
      outs(%y0 : memref<?x100xf32, strided<[100, 1]>>) {
  ^bb0(%g: i32, %u: i32, %s: f32, %out: f32):
    %p = arith.muli %g, %u : i32
    %f = arith.sitofp %p : i32 to f32
    %v = arith.mulf %f, %s : f32
    linalg.yield %v : f32
  }
  return
}
// CHECK: func.func private @bitnet_layer_0(
// CHECK-SAME: %[[BEGIN:[a-z0-9]+]]: index, %[[END:[a-z0-9]+]]: index) attributes {bitnet.parallel}
// CHECK-COUNT-2: memref.alloca() {{.*}}: memref<128x128xi32>
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: scf.for
// CHECK-COUNT-2: bitnet.matmul
// CHECK-NOT: bitnet.matmul
// CHECK: linalg.generic
// CHECK: arith.muli
// CHECK-NOT: @bitnet_layer_1

// -----

#id = affine_map<(m, n) -> (m, n)>

// Left alone: something in between overwrites the codes, ...

// CHECK-LABEL: func.func @overwritten
// CHECK: bitnet.matmul
// CHECK: linalg.generic
func.func @overwritten(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x4x4x64xi8>, %y: memref<?x64xf32>, %m: index) {
  %zero = arith.constant 0 : i8
  %a = memref.alloc(%m) : memref<?x64xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%a : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
  linalg.fill ins(%zero : i8) outs(%x : memref<?x64xi8>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x64xi32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: i32, %out: f32):
    %f = arith.sitofp %in : i32 to f32
    linalg.yield %f : f32
  }
  return
}

// ... the accumulators have another reader, ...

// CHECK-LABEL: func.func @returned
// CHECK: bitnet.matmul
// CHECK: linalg.generic
func.func @returned(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x4x4x64xi8>, %y: memref<?x64xf32>, %m: index) -> memref<?x64xi32> {
  %a = memref.alloc(%m) : memref<?x64xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%a : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x64xi32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: i32, %out: f32):
    %f = arith.sitofp %in : i32 to f32
    linalg.yield %f : f32
  }
  return %a : memref<?x64xi32>
}

// ... the form is the literal nest.

// CHECK-LABEL: func.func @literal
// CHECK: bitnet.matmul
// CHECK: linalg.generic
// CHECK-NOT: @bitnet_layer
func.func @literal(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x4x4x64xi8>, %y: memref<?x64xf32>, %m: index) {
  %a = memref.alloc(%m) : memref<?x64xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%a : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[scalar]>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x64xi32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: i32, %out: f32):
    %f = arith.sitofp %in : i32 to f32
    linalg.yield %f : f32
  }
  return
}

// -----

#id = affine_map<(m, n) -> (m, n)>

// Each product has a tile of accumulators of its own: of many products, as in a sum of them,
// four are computed where they are read.

// CHECK-LABEL: func.func @many
// CHECK: bitnet.matmul
// CHECK-NOT: bitnet.matmul
// CHECK: call @bitnet_layer_0(
// CHECK: func.func private @bitnet_layer_0(
// CHECK-COUNT-4: memref.alloca() {{.*}}: memref<128x128xi32>
// CHECK-NOT: memref.alloca
// CHECK-COUNT-4: bitnet.matmul
// CHECK-NOT: bitnet.matmul
func.func @many(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<2x4x4x64xi8>, %y: memref<?x128xi32>, %m: index) {
  %p0 = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%p0 : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  %p1 = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%p1 : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  %p2 = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%p2 : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  %p3 = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%p3 : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  %p4 = memref.alloc(%m) : memref<?x128xi32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%p4 : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  linalg.generic {indexing_maps = [#id, #id, #id, #id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p0, %p1, %p2, %p3, %p4 : memref<?x128xi32>, memref<?x128xi32>, memref<?x128xi32>, memref<?x128xi32>, memref<?x128xi32>) outs(%y : memref<?x128xi32>) {
  ^bb0(%a0: i32, %a1: i32, %a2: i32, %a3: i32, %a4: i32, %out: i32):
    %s1 = arith.addi %a0, %a1 : i32
    %s2 = arith.addi %s1, %a2 : i32
    %s3 = arith.addi %s2, %a3 : i32
    %s4 = arith.addi %s3, %a4 : i32
    linalg.yield %s4 : i32
  }
  return
}
