// RUN: bitnet-opt %s --bitnet-form-layers --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: bitnet-opt %s --bitnet-form-layers --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m, 0)>

// Both halves of a gated layer and the nest that joins them, without the 28 padding rows of
// the last block. What the nest's body uses from outside is an operand, constants are copied.

// CHECK-LABEL: func.func @gated(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<?x64xi8>, %[[SUMS:[a-z0-9]+]]: tensor<?xi32>, %[[R:[a-z0-9]+]]: tensor<?x1xf32>,
// CHECK-SAME: %[[V:[a-z0-9]+]]: tensor<2x4x4x64xi8>, %[[W:[a-z0-9]+]]: tensor<2x4x4x64xi8>, %[[F:[a-z0-9]+]]: f32, %[[Y:[a-z0-9]+]]: tensor<?x100xf32>
// CHECK-NOT: bitnet.matmul
// CHECK: %[[D:.+]] = bitnet.dispatch layer ins(%{{.+}}, %[[X]], %[[V]], %[[SUMS]], %[[W]], %[[R]], %[[F]] :
// CHECK-SAME: outs(%[[Y]] : tensor<?x100xf32>)
// CHECK: ^bb0(%{{.+}}: index, %[[XA:.+]]: tensor<?x64xi8>, {{.*}}, %[[FA:.+]]: f32, %[[YA:.+]]: tensor<?x100xf32>):
// CHECK: arith.constant 5.000000e-01 : f32
// CHECK: tensor.empty
// CHECK: bitnet.matmul ins(%[[XA]],
// CHECK: tensor.extract_slice
// CHECK: bitnet.matmul ins(%[[XA]],
// CHECK: tensor.extract_slice
// CHECK: %[[N:.+]] = linalg.generic {{.*}} outs(%[[YA]] :
// CHECK: arith.mulf %{{.+}}, %[[FA]]
// CHECK: bitnet.yield %[[N]] : tensor<?x100xf32>
// CHECK-NOT: linalg.generic
// CHECK: return %[[D]]
// LOC: bitnet.dispatch
// LOC: } -> tensor<?x100xf32> loc(fused["gate", "up"])
func.func @gated(%x: tensor<?x64xi8>, %sums: tensor<?xi32>, %r: tensor<?x1xf32>, %v: tensor<2x4x4x64xi8>,
    %w: tensor<2x4x4x64xi8>, %factor: f32, %y: tensor<?x100xf32>) -> tensor<?x100xf32> {
  %c0 = arith.constant 0 : index
  %half = arith.constant 0.5 : f32
  %m = tensor.dim %x, %c0 : tensor<?x64xi8>
  %e = tensor.empty(%m) : tensor<?x128xi32>
  %a = bitnet.matmul ins(%x, %v, %sums : tensor<?x64xi8>, tensor<2x4x4x64xi8>, tensor<?xi32>)
    outs(%e : tensor<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]> -> tensor<?x128xi32> loc("gate")
  %b = bitnet.matmul ins(%x, %w, %sums : tensor<?x64xi8>, tensor<2x4x4x64xi8>, tensor<?xi32>)
    outs(%e : tensor<?x128xi32>) packing <u2, rows = 100, cols = 64> lowering <[generic]> -> tensor<?x128xi32> loc("up")
  %as = tensor.extract_slice %a[0, 0] [%m, 100] [1, 1] : tensor<?x128xi32> to tensor<?x100xi32>
  %bs = tensor.extract_slice %b[0, 0] [%m, 100] [1, 1] : tensor<?x128xi32> to tensor<?x100xi32>
  %z = linalg.generic {indexing_maps = [#id, #id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%as, %bs, %r : tensor<?x100xi32>, tensor<?x100xi32>, tensor<?x1xf32>) outs(%y : tensor<?x100xf32>) {
  ^bb0(%g: i32, %u: i32, %s: f32, %out: f32):
    %p = arith.muli %g, %u : i32
    %f = arith.sitofp %p : i32 to f32
    %t = arith.mulf %f, %s : f32
    %o = arith.mulf %t, %factor : f32
    %h = arith.mulf %o, %half : f32
    linalg.yield %h : f32
  } -> tensor<?x100xf32>
  return %z : tensor<?x100xf32>
}

// A branch is a block like any other. Its layer may read what is outside, ...

// CHECK-LABEL: func.func @branch
// CHECK: scf.if
// CHECK: bitnet.dispatch layer
// CHECK: scf.yield
func.func @branch(%c: i1, %x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %y: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %z = scf.if %c -> tensor<4x64xf32> {
    %e = tensor.empty() : tensor<4x64xi32>
    %a = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    %n = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<4x64xi32>) outs(%y : tensor<4x64xf32>) {
    ^bb0(%in: i32, %out: f32):
      %f = arith.sitofp %in : i32 to f32
      linalg.yield %f : f32
    } -> tensor<4x64xf32>
    scf.yield %n : tensor<4x64xf32>
  } else {
    scf.yield %y : tensor<4x64xf32>
  }
  return %z : tensor<4x64xf32>
}

// ... but a product stays in front of the branch that reads it: one of a loop would be computed
// in each step.

// CHECK-LABEL: func.func @read_in_branch
// CHECK: bitnet.matmul
// CHECK: scf.if
// CHECK-NOT: bitnet.dispatch
func.func @read_in_branch(%c: i1, %x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %y: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %e = tensor.empty() : tensor<4x64xi32>
  %a = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %z = scf.if %c -> tensor<4x64xf32> {
    %n = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<4x64xi32>) outs(%y : tensor<4x64xf32>) {
    ^bb0(%in: i32, %out: f32):
      %f = arith.sitofp %in : i32 to f32
      linalg.yield %f : f32
    } -> tensor<4x64xf32>
    scf.yield %n : tensor<4x64xf32>
  } else {
    scf.yield %y : tensor<4x64xf32>
  }
  return %z : tensor<4x64xf32>
}

// Left alone: the accumulators have another reader, ...

// CHECK-LABEL: func.func @returned
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @returned(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %y: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x64xi32>) {
  %e = tensor.empty() : tensor<4x64xi32>
  %a = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %n = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x64xi32>) outs(%y : tensor<4x64xf32>) {
  ^bb0(%in: i32, %out: f32):
    %f = arith.sitofp %in : i32 to f32
    linalg.yield %f : f32
  } -> tensor<4x64xf32>
  return %n, %a : tensor<4x64xf32>, tensor<4x64xi32>
}

// ... the form is the literal nest, ...

// CHECK-LABEL: func.func @literal
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @literal(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %y: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %e = tensor.empty() : tensor<4x64xi32>
  %a = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[scalar]> -> tensor<4x64xi32>
  %n = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x64xi32>) outs(%y : tensor<4x64xf32>) {
  ^bb0(%in: i32, %out: f32):
    %f = arith.sitofp %in : i32 to f32
    linalg.yield %f : f32
  } -> tensor<4x64xf32>
  return %n : tensor<4x64xf32>
}

// ... the last rows are read instead of the first ones.

// CHECK-LABEL: func.func @last_rows
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @last_rows(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %y: tensor<2x64xf32>) -> tensor<2x64xf32> {
  %e = tensor.empty() : tensor<4x64xi32>
  %a = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %s = tensor.extract_slice %a[2, 0] [2, 64] [1, 1] : tensor<4x64xi32> to tensor<2x64xi32>
  %n = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<2x64xi32>) outs(%y : tensor<2x64xf32>) {
  ^bb0(%in: i32, %out: f32):
    %f = arith.sitofp %in : i32 to f32
    linalg.yield %f : f32
  } -> tensor<2x64xf32>
  return %n : tensor<2x64xf32>
}

// -----

#id = affine_map<(m, n) -> (m, n)>

// Each product has a tile of accumulators of its own: of many products, as in a sum of them,
// four are computed where they are read.

// CHECK-LABEL: func.func @many
// CHECK: bitnet.matmul
// CHECK-NOT: bitnet.matmul
// CHECK: bitnet.dispatch
// CHECK-COUNT-4: bitnet.matmul
// CHECK-NOT: bitnet.matmul
// CHECK: bitnet.yield
// CHECK-NOT: bitnet.matmul
// CHECK: return
func.func @many(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %y: tensor<4x64xi32>) -> tensor<4x64xi32> {
  %e = tensor.empty() : tensor<4x64xi32>
  %p0 = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %p1 = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %p2 = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %p3 = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %p4 = bitnet.matmul ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
  %n = linalg.generic {indexing_maps = [#id, #id, #id, #id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p0, %p1, %p2, %p3, %p4 : tensor<4x64xi32>, tensor<4x64xi32>, tensor<4x64xi32>, tensor<4x64xi32>, tensor<4x64xi32>)
      outs(%y : tensor<4x64xi32>) {
  ^bb0(%a0: i32, %a1: i32, %a2: i32, %a3: i32, %a4: i32, %out: i32):
    %s1 = arith.addi %a0, %a1 : i32
    %s2 = arith.addi %s1, %a2 : i32
    %s3 = arith.addi %s2, %a3 : i32
    %s4 = arith.addi %s3, %a4 : i32
    linalg.yield %s4 : i32
  } -> tensor<4x64xi32>
  return %n : tensor<4x64xi32>
}
