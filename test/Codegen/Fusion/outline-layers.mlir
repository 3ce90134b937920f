// RUN: bitnet-opt %s --bitnet-outline-layers --split-input-file | FileCheck %s
// RUN: bitnet-opt %s --bitnet-outline-layers --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m, 0)>

// Both halves of a gated layer. N = 100 leaves 28 padding rows of the last block to the tile.
// The second layer of the same shape shares the function.

// CHECK-LABEL: func.func @gated
// CHECK-NOT: bitnet.matmul
// Two products of 100 rows by 64 columns for each of the rows of %x.
// CHECK: call @bitnet_layer_0(%{{.*}}) {bitnet.macs = array<i64: 12800, 0, 0>} {{.*}}memref<2x4x4x64xi8>
// CHECK: call @bitnet_layer_0(
// CHECK-NOT: memref.alloc
// CHECK: return
// LOC: call @bitnet_layer_0({{.*}} loc(fused["gate", "up"])
func.func @gated(%x: memref<?x64xi8>, %sums: memref<?xi32>, %r: memref<?x1xf32>, %w: memref<2x4x4x64xi8>, %v: memref<2x4x4x64xi8>,
    %y: memref<?x100xf32, strided<[100, 1]>>, %z: memref<?x100xf32, strided<[100, 1]>>) {
  bitnet.dispatch layer ins(%x, %w, %sums, %r : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>, memref<?x1xf32>)
      outs(%y : memref<?x100xf32, strided<[100, 1]>>) {
  ^bb0(%xa: memref<?x64xi8>, %wa: memref<2x4x4x64xi8>, %sa: memref<?xi32>, %ra: memref<?x1xf32>, %ya: memref<?x100xf32, strided<[100, 1]>>):
    %c0 = arith.constant 0 : index
    %m = memref.dim %xa, %c0 : memref<?x64xi8>
    %a = memref.alloc(%m) : memref<?x128xi32>
    bitnet.matmul ins(%xa, %wa, %sa : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
      outs(%a : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]> loc("gate")
    %b = memref.alloc(%m) : memref<?x128xi32>
    bitnet.matmul ins(%xa, %wa, %sa : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
      outs(%b : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]> loc("up")
    %av = memref.subview %a[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
    %bv = memref.subview %b[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
    linalg.generic {indexing_maps = [#id, #id, #row, #id], iterator_types = ["parallel", "parallel"]}
        ins(%av, %bv, %ra : memref<?x100xi32, strided<[128, 1]>>, memref<?x100xi32, strided<[128, 1]>>, memref<?x1xf32>)
        outs(%ya : memref<?x100xf32, strided<[100, 1]>>) {
    ^bb0(%g: i32, %u: i32, %s: f32, %out: f32):
      %p = arith.muli %g, %u : i32
      %f = arith.sitofp %p : i32 to f32
      %t = arith.mulf %f, %s : f32
      linalg.yield %t : f32
    }
    bitnet.yield
  }
  bitnet.dispatch layer ins(%x, %v, %sums, %r : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>, memref<?x1xf32>)
      outs(%z : memref<?x100xf32, strided<[100, 1]>>) {
  ^bb0(%xa: memref<?x64xi8>, %wa: memref<2x4x4x64xi8>, %sa: memref<?xi32>, %ra: memref<?x1xf32>, %ya: memref<?x100xf32, strided<[100, 1]>>):
    %c0 = arith.constant 0 : index
    %m = memref.dim %xa, %c0 : memref<?x64xi8>
    %a = memref.alloc(%m) : memref<?x128xi32>
    bitnet.matmul ins(%xa, %wa, %sa : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
      outs(%a : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]>
    %b = memref.alloc(%m) : memref<?x128xi32>
    bitnet.matmul ins(%xa, %wa, %sa : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
      outs(%b : memref<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]>
    %av = memref.subview %a[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
    %bv = memref.subview %b[0, 0] [%m, 100] [1, 1] : memref<?x128xi32> to memref<?x100xi32, strided<[128, 1]>>
    linalg.generic {indexing_maps = [#id, #id, #row, #id], iterator_types = ["parallel", "parallel"]}
        ins(%av, %bv, %ra : memref<?x100xi32, strided<[128, 1]>>, memref<?x100xi32, strided<[128, 1]>>, memref<?x1xf32>)
        outs(%ya : memref<?x100xf32, strided<[100, 1]>>) {
    ^bb0(%g: i32, %u: i32, %s: f32, %out: f32):
      %p = arith.muli %g, %u : i32
      %f = arith.sitofp %p : i32 to f32
      %t = arith.mulf %f, %s : f32
      linalg.yield %t : f32
    }
    bitnet.yield
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

// q and k: one call of a function whose range is the 2 blocks of q and the block of k.

// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x64xi8>, %[[SUMS:[a-z0-9]+]]: memref<?xi32>, %[[Q:[a-z0-9]+]]: memref<2x4x4x64xi8>, %[[K:[a-z0-9]+]]: memref<1x4x4x64xi8>
// CHECK-SAME: %[[YQ:[a-z0-9]+]]: memref<?x128xf32>, %[[YK:[a-z0-9]+]]: memref<?x64xf32>
// CHECK: %[[C3:.+]] = arith.constant 3 : index
// CHECK: call @bitnet_layers_0(%[[X]], %[[Q]], %[[SUMS]], %[[YQ]], %[[K]], %[[YK]], %{{.+}}, %[[C3]]) {bitnet.macs = array<i64: 12288, 0, 0>}
// CHECK-NOT: call
// CHECK: return
// LOC: call @bitnet_layers_0({{.*}} loc(fused["q", "k"])
func.func @attention(%x: memref<?x64xi8>, %sums: memref<?xi32>, %q: memref<2x4x4x64xi8>, %k: memref<1x4x4x64xi8>,
    %yq: memref<?x128xf32>, %yk: memref<?x64xf32>) {
  bitnet.dispatch layer ins(%x, %q, %sums, %k : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>, memref<1x4x4x64xi8>)
      outs(%yq, %yk : memref<?x128xf32>, memref<?x64xf32>) {
  ^bb0(%xa: memref<?x64xi8>, %qa: memref<2x4x4x64xi8>, %sa: memref<?xi32>, %ka: memref<1x4x4x64xi8>, %ya: memref<?x128xf32>, %za: memref<?x64xf32>):
    %c0 = arith.constant 0 : index
    %m = memref.dim %xa, %c0 : memref<?x64xi8>
    %a = memref.alloc(%m) : memref<?x128xi32>
    bitnet.matmul ins(%xa, %qa, %sa : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
      outs(%a : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]> loc("q")
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%a : memref<?x128xi32>) outs(%ya : memref<?x128xf32>) {
    ^bb0(%in: i32, %out: f32):
      %f = arith.sitofp %in : i32 to f32
      linalg.yield %f : f32
    }
    %b = memref.alloc(%m) : memref<?x64xi32>
    bitnet.matmul ins(%xa, %ka, %sa : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
      outs(%b : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> loc("k")
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%b : memref<?x64xi32>) outs(%za : memref<?x64xf32>) {
    ^bb0(%in: i32, %out: f32):
      %f = arith.sitofp %in : i32 to f32
      linalg.yield %f : f32
    }
    bitnet.yield
  }
  return
}
// CHECK: func.func private @bitnet_layer_0(
// CHECK: func.func private @bitnet_layer_1(
// CHECK: func.func private @bitnet_layers_0(%[[X:[a-z0-9]+]]: memref<?x64xi8>, %[[Q:[a-z0-9]+]]: memref<2x4x4x64xi8>,
// CHECK-SAME: %[[SUMS:[a-z0-9]+]]: memref<?xi32>, %[[YQ:[a-z0-9]+]]: memref<?x128xf32>,
// CHECK-SAME: %[[K:[a-z0-9]+]]: memref<1x4x4x64xi8>, %[[YK:[a-z0-9]+]]: memref<?x64xf32>,
// CHECK-SAME: %[[BEGIN:[a-z0-9]+]]: index, %[[END:[a-z0-9]+]]: index) attributes {bitnet.parallel}
// CHECK: %[[B0:.+]] = arith.minsi
// CHECK: %[[E0:.+]] = arith.minsi
// CHECK: %[[ANY0:.+]] = arith.cmpi slt, %[[B0]], %[[E0]] : index
// CHECK: scf.if %[[ANY0]]
// CHECK-NEXT: call @bitnet_layer_0(%[[X]], %[[Q]], %[[SUMS]], %[[YQ]], %[[B0]], %[[E0]])
// The second part has iterations [2, 3) of the whole.
// CHECK: %[[C2:.+]] = arith.constant 2 : index
// CHECK: %[[PLACE:.+]] = arith.subi %[[BEGIN]], %[[C2]] : index
// CHECK: %[[LEAST:.+]] = arith.maxsi %[[PLACE]], %{{.+}} : index
// CHECK: %[[B1:.+]] = arith.minsi %[[LEAST]], %{{.+}} : index
// CHECK: arith.subi %[[END]], %[[C2]] : index
// CHECK: %[[E1:.+]] = arith.minsi
// CHECK: scf.if
// CHECK-NEXT: call @bitnet_layer_1(%[[X]], %[[K]], %[[SUMS]], %[[YK]], %[[B1]], %[[E1]])

// -----

#id = affine_map<(m, n) -> (m, n)>

// Bufferization had to copy the result: the body takes the place of the dispatch.

// CHECK-LABEL: func.func @inlined(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<4x64xi8>, {{.*}}, %[[Y:[a-z0-9]+]]: memref<4x64xf32>
// CHECK-NOT: bitnet.dispatch
// CHECK: bitnet.matmul ins(%[[X]],
// CHECK: linalg.generic
// CHECK: memref.copy %{{.+}}, %[[Y]]
// CHECK-NOT: @bitnet_layer
func.func @inlined(%x: memref<4x64xi8>, %sums: memref<4xi32>, %w: memref<1x4x4x64xi8>, %y: memref<4x64xf32>) {
  bitnet.dispatch layer ins(%x, %w, %sums : memref<4x64xi8>, memref<1x4x4x64xi8>, memref<4xi32>) outs(%y : memref<4x64xf32>) {
  ^bb0(%xa: memref<4x64xi8>, %wa: memref<1x4x4x64xi8>, %sa: memref<4xi32>, %ya: memref<4x64xf32>):
    %a = memref.alloc() : memref<4x64xi32>
    bitnet.matmul ins(%xa, %wa, %sa : memref<4x64xi8>, memref<1x4x4x64xi8>, memref<4xi32>)
      outs(%a : memref<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
    %t = memref.alloc() : memref<4x64xf32>
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%a : memref<4x64xi32>) outs(%t : memref<4x64xf32>) {
    ^bb0(%in: i32, %out: f32):
      %f = arith.sitofp %in : i32 to f32
      linalg.yield %f : f32
    }
    memref.copy %t, %ya : memref<4x64xf32> to memref<4x64xf32>
    bitnet.yield
  }
  return
}
