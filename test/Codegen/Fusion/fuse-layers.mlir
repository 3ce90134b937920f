// RUN: bitnet-opt %s --bitnet-fuse-layers --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: bitnet-opt %s --bitnet-fuse-layers --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

// q, k and v: one call where q stood, although the transpose of q comes before
// k. The second layer shares the function; its last part has another shape of
// operands than its first two, which share theirs.

// CHECK-LABEL: func.func @attention
// CHECK: %[[YQ:.+]] = memref.alloc(%{{.+}}) : memref<?x128xi32>
// CHECK: %[[YK:.+]] = memref.alloc(%{{.+}}) : memref<?x64xi32>
// CHECK: %[[YV:.+]] = memref.alloc(%{{.+}}) : memref<?x64xi32>
// CHECK: %[[C0:.+]] = arith.constant 0 : index
// CHECK: %[[C4:.+]] = arith.constant 4 : index
// CHECK: call @bitnet_layers_0(%[[X:.+]], %{{.+}}, %[[SUMS:.+]], %[[YQ]], %{{.+}}, %[[YK]], %{{.+}}, %[[YV]], %[[C0]], %[[C4]]) {bitnet.macs = array<i64: 16384, 0, 0>}
// LOC: call @bitnet_layers_0({{.*}} loc(fused["q", "k", "v"])
// CHECK-NOT: call
// CHECK: linalg.transpose
// CHECK-NOT: call
// The work of these parts is not known.
// CHECK: call @bitnet_layers_0({{.*}}) : (
// CHECK-NOT: call
// CHECK: return
func.func @attention(%x: memref<?x64xi8>, %sums: memref<?xi32>, %q: memref<2x4x4x64xi8>, %k: memref<1x4x4x64xi8>,
    %v: memref<1x4x4x64xi8>, %x2: memref<?x64xi8>) -> (memref<128x?xi32>, memref<?x64xi32>, memref<?x64xi32>,
    memref<?x128xi32>, memref<?x64xi32>, memref<?x64xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %m = memref.dim %x, %c0 : memref<?x64xi8>
  %yq = memref.alloc(%m) : memref<?x128xi32>
  call @layer_q(%x, %q, %sums, %yq, %c0, %c2) {bitnet.macs = array<i64: 8192, 0, 0>} : (memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> () loc("q")
  %t = memref.alloc(%m) : memref<128x?xi32>
  linalg.transpose ins(%yq : memref<?x128xi32>) outs(%t : memref<128x?xi32>) permutation = [1, 0]
  %m2 = memref.dim %x, %c0 : memref<?x64xi8>
  %yk = memref.alloc(%m2) : memref<?x64xi32>
  call @layer_k(%x, %k, %sums, %yk, %c0, %c1) {bitnet.macs = array<i64: 4096, 0, 0>} : (memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>, memref<?x64xi32>, index, index) -> () loc("k")
  %yv = memref.alloc(%m) : memref<?x64xi32>
  call @layer_k(%x, %v, %sums, %yv, %c0, %c1) {bitnet.macs = array<i64: 4096, 0, 0>} : (memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>, memref<?x64xi32>, index, index) -> () loc("v")
  %yq2 = memref.alloc(%m) : memref<?x128xi32>
  call @layer_q(%x2, %q, %sums, %yq2, %c0, %c2) : (memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  %yk2 = memref.alloc(%m) : memref<?x64xi32>
  call @layer_k(%x2, %k, %sums, %yk2, %c0, %c1) : (memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>, memref<?x64xi32>, index, index) -> ()
  %yv2 = memref.alloc(%m) : memref<?x64xi32>
  call @layer_k(%x2, %v, %sums, %yv2, %c0, %c1) : (memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>, memref<?x64xi32>, index, index) -> ()
  return %t, %yk, %yv, %yq2, %yk2, %yv2 : memref<128x?xi32>, memref<?x64xi32>, memref<?x64xi32>, memref<?x128xi32>, memref<?x64xi32>, memref<?x64xi32>
}
func.func private @layer_q(%x: memref<?x64xi8>, %w: memref<2x4x4x64xi8>, %sums: memref<?xi32>, %y: memref<?x128xi32>, %begin: index, %end: index) attributes {bitnet.parallel} {
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  return
}
func.func private @layer_k(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %sums: memref<?xi32>, %y: memref<?x64xi32>, %begin: index, %end: index) attributes {bitnet.parallel} {
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
  return
}

// CHECK: func.func private @bitnet_layers_0(%[[X:[a-z0-9]+]]: memref<?x64xi8>, %[[Q:[a-z0-9]+]]: memref<2x4x4x64xi8>,
// CHECK-SAME: %[[SUMS:[a-z0-9]+]]: memref<?xi32>, %[[YQ:[a-z0-9]+]]: memref<?x128xi32>,
// CHECK-SAME: %[[K:[a-z0-9]+]]: memref<1x4x4x64xi8>, %[[YK:[a-z0-9]+]]: memref<?x64xi32>,
// CHECK-SAME: %[[V:[a-z0-9]+]]: memref<1x4x4x64xi8>, %[[YV:[a-z0-9]+]]: memref<?x64xi32>,
// CHECK-SAME: %[[BEGIN:[a-z0-9]+]]: index, %[[END:[a-z0-9]+]]: index) attributes {bitnet.parallel}
// CHECK: %[[B0:.+]] = arith.minsi
// CHECK: %[[E0:.+]] = arith.minsi
// CHECK: %[[ANY0:.+]] = arith.cmpi slt, %[[B0]], %[[E0]] : index
// CHECK: scf.if %[[ANY0]]
// CHECK-NEXT: call @layer_q(%[[X]], %[[Q]], %[[SUMS]], %[[YQ]], %[[B0]], %[[E0]])
// The second part has iterations [2, 3) of the whole.
// CHECK: %[[C2:.+]] = arith.constant 2 : index
// CHECK: %[[PLACE:.+]] = arith.subi %[[BEGIN]], %[[C2]] : index
// CHECK: %[[LEAST:.+]] = arith.maxsi %[[PLACE]], %{{.+}} : index
// CHECK: %[[B1:.+]] = arith.minsi %[[LEAST]], %{{.+}} : index
// CHECK: arith.subi %[[END]], %[[C2]] : index
// CHECK: %[[E1:.+]] = arith.minsi
// CHECK: scf.if
// CHECK-NEXT: call @layer_k(%[[X]], %[[K]], %[[SUMS]], %[[YK]], %[[B1]], %[[E1]])
// CHECK: %[[C3:.+]] = arith.constant 3 : index
// CHECK: arith.subi %[[BEGIN]], %[[C3]] : index
// CHECK: scf.if
// CHECK-NEXT: call @layer_k(%[[X]], %[[V]], %[[SUMS]], %[[YV]],
// CHECK-NOT: @bitnet_layers_1

// -----

// Extents that are known at run time only become arguments.

// CHECK-LABEL: func.func @extents
// CHECK-DAG: %[[A:.+]] = memref.dim %{{.+}}, %{{.+}} : memref<?x4x4x64xi8>
// CHECK-DAG: %[[B:.+]] = memref.dim %{{.+}}, %{{.+}} : memref<?x4x4x64xi8>
// CHECK: %[[TOTAL:.+]] = arith.addi %[[A]], %[[B]] : index
// CHECK: call @bitnet_layers_0({{.*}}, %[[A]], {{.*}}, %[[B]], %{{.+}}, %[[TOTAL]])
func.func @extents(%x: memref<?x64xi8>, %sums: memref<?xi32>, %v: memref<?x4x4x64xi8>, %w: memref<?x4x4x64xi8>, %m: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc(%m) : memref<?x128xi32>
  %n = memref.dim %v, %c0 : memref<?x4x4x64xi8>
  call @layer(%x, %v, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  %b = memref.alloc(%m) : memref<?x128xi32>
  %n2 = memref.dim %w, %c0 : memref<?x4x4x64xi8>
  call @layer(%x, %w, %sums, %b, %c0, %n2) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// A nest that makes the second layer's scales moves up with it.

#row = affine_map<(m) -> (m)>

// CHECK-LABEL: func.func @scales
// CHECK-NOT: call
// CHECK: memref.alloc(%{{.+}}) : memref<?xf32>
// CHECK: linalg.generic
// CHECK: call @bitnet_layers_{{[0-9]}}(
// CHECK-NOT: call
func.func @scales(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %s: memref<?xf32>, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %two = arith.constant 2.0 : f32
  %a = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  %t = memref.alloc(%m) : memref<?xf32>
  linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel"]} ins(%s : memref<?xf32>) outs(%t : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %v = arith.mulf %in, %two : f32
    linalg.yield %v : f32
  }
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer_scaled(%x, %w, %sums, %t, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?xf32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// A constant is nobody's result, ...

memref.global "private" constant @bias_constant : memref<1xf32> = dense<1.0>
memref.global "private" @bias_variable : memref<1xf32> = dense<1.0>

// CHECK-LABEL: func.func @constant
// CHECK: call @bitnet_layers_{{[0-9]}}(
// CHECK: linalg.fill
// CHECK-NOT: call
func.func @constant(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>, memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %bias = memref.get_global @bias_constant : memref<1xf32>
  %dynamic = memref.cast %bias : memref<1xf32> to memref<?xf32>
  %a = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  %t = memref.alloc(%m) : memref<?xf32>
  linalg.fill ins(%one : f32) outs(%t : memref<?xf32>)
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer_scaled(%x, %w, %sums, %dynamic, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?xf32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b, %t : memref<?x128xi32>, memref<?x128xi32>, memref<?xf32>
}

// ... a variable may be.

// CHECK-LABEL: func.func @variable
// CHECK: call @layer(
// CHECK: memref.store
// CHECK: call @layer_scaled(
func.func @variable(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %get = memref.get_global @bias_variable : memref<1xf32>
  %dynamic = memref.cast %get : memref<1xf32> to memref<?xf32>
  %a = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  memref.store %one, %dynamic[%c0] : memref<?xf32>
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer_scaled(%x, %w, %sums, %dynamic, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?xf32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// Left alone: the scales follow from the first layer's result, ...

// CHECK-LABEL: func.func @scales_of_result
// CHECK: call @layer(
// CHECK: linalg.generic
// CHECK: call @layer_scaled(
func.func @scales_of_result(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  %t = memref.alloc(%m) : memref<?xf32>
  %column = memref.subview %a[0, 0] [%m, 1] [1, 1] : memref<?x128xi32> to memref<?xi32, strided<[128]>>
  linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel"]} ins(%column : memref<?xi32, strided<[128]>>) outs(%t : memref<?xf32>) {
  ^bb0(%in: i32, %out: f32):
    %v = arith.sitofp %in : i32 to f32
    linalg.yield %v : f32
  }
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer_scaled(%x, %w, %sums, %t, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?xf32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// ... the second layer reads what the first one writes, ...

// CHECK-LABEL: func.func @dependent
// CHECK: call @layer
// CHECK: call @layer
func.func @dependent(%x: memref<?x64xi8>, %w: memref<?x4x4x64xi8>, %m: index, %n: index) -> (memref<?xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %sums = memref.alloc(%m) : memref<?xi32>
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer_sums(%x, %w, %sums, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, index, index) -> ()
  call @layer(%x, %w, %sums, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return %sums, %b : memref<?xi32>, memref<?x128xi32>
}

// ... or writes what the first one reads, ...

// CHECK-LABEL: func.func @overwrites_sums
// CHECK: call @layer
// CHECK: call @layer
func.func @overwrites_sums(%x: memref<?x64xi8>, %w: memref<?x4x4x64xi8>, %m: index, %n: index) -> (memref<?xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %sums = memref.alloc(%m) : memref<?xi32>
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  call @layer_sums(%x, %w, %sums, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, index, index) -> ()
  return %sums, %b : memref<?xi32>, memref<?x128xi32>
}

// ... both write one buffer, ...

// CHECK-LABEL: func.func @same_result
// CHECK: call @layer
// CHECK: call @layer
func.func @same_result(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %y: memref<?x128xi32>, %n: index) {
  %c0 = arith.constant 0 : index
  call @layer(%x, %w, %sums, %y, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  call @layer(%x, %w, %sums, %y, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return
}

// ... the activations differ, ...

// CHECK-LABEL: func.func @other_activations
// CHECK: call @layer
// CHECK: call @layer
func.func @other_activations(%x: memref<?x64xi8>, %z: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc(%m) : memref<?x128xi32>
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  call @layer(%z, %w, %sums, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// ... the codes change in between, ...

// CHECK-LABEL: func.func @overwritten
// CHECK: call @layer
// CHECK: linalg.fill
// CHECK: call @layer
func.func @overwritten(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i8
  %a = memref.alloc(%m) : memref<?x128xi32>
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  linalg.fill ins(%zero : i8) outs(%x : memref<?x64xi8>)
  call @layer(%x, %w, %sums, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// ... the result's old values are read in between, ...

// CHECK-LABEL: func.func @read_before
// CHECK: call @layer
// CHECK: memref.copy
// CHECK: call @layer
func.func @read_before(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %old: memref<?x128xi32>, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc(%m) : memref<?x128xi32>
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  memref.copy %old, %b : memref<?x128xi32> to memref<?x128xi32>
  call @layer(%x, %w, %sums, %old, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// ... an assert guards the second layer, ...

// CHECK-LABEL: func.func @guarded
// CHECK: call @layer
// CHECK: cf.assert
// CHECK: call @layer
func.func @guarded(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %ok: i1, %m: index, %n: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc(%m) : memref<?x128xi32>
  %b = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  cf.assert %ok, "no"
  call @layer(%x, %w, %sums, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}

// ... or its extent is only known there.

// CHECK-LABEL: func.func @late_extent
// CHECK: call @layer
// CHECK: memref.load
// CHECK: call @layer
func.func @late_extent(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<?x4x4x64xi8>, %extents: memref<1xindex>, %m: index) -> (memref<?x128xi32>, memref<?x128xi32>) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc(%m) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %a, %c0, %m) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  %n = memref.load %extents[%c0] : memref<1xindex>
  %b = memref.alloc(%n) : memref<?x128xi32>
  call @layer(%x, %w, %sums, %b, %c0, %n) : (memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
  return %a, %b : memref<?x128xi32>, memref<?x128xi32>
}
func.func private @layer(%x: memref<?x64xi8>, %w: memref<?x4x4x64xi8>, %sums: memref<?xi32>, %y: memref<?x128xi32>, %begin: index, %end: index) attributes {bitnet.parallel} {
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  return
}
// Writes its last buffer, not a matrix.
func.func private @layer_sums(%x: memref<?x64xi8>, %w: memref<?x4x4x64xi8>, %sums: memref<?xi32>, %begin: index, %end: index) attributes {bitnet.parallel} {
  %tile = memref.alloca() : memref<8x128xi32>
  %part = memref.subview %tile[0, 0] [%end, 128] [1, 1] : memref<8x128xi32> to memref<?x128xi32, strided<[128, 1]>>
  %zero = arith.constant 0 : i32
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>)
    outs(%part : memref<?x128xi32, strided<[128, 1]>>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  linalg.fill ins(%zero : i32) outs(%sums : memref<?xi32>)
  return
}
func.func private @layer_scaled(%x: memref<?x64xi8>, %w: memref<?x4x4x64xi8>, %sums: memref<?xi32>, %s: memref<?xf32>, %y: memref<?x128xi32>, %begin: index, %end: index) attributes {bitnet.parallel} {
  %scale = memref.load %s[%begin] : memref<?xf32>
  bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<?x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
  return
}
