// RUN: bitnet-opt %s --bitnet-join-layers --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: bitnet-opt %s --bitnet-join-layers --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

// q, k and v: one dispatch where q stood, although a use of q comes before k. What several
// of them read is one operand.

// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x64xi8>, %[[SUMS:[a-z0-9]+]]: tensor<4xi32>, %[[W:[a-z0-9]+]]: tensor<1x4x4x64xi8>, %[[V:[a-z0-9]+]]: tensor<1x4x4x64xi8>
// CHECK-SAME: %[[I:[a-z0-9]+]]: tensor<4x64xi32>, %[[J:[a-z0-9]+]]: tensor<4x64xi32>
// CHECK: %[[D:.+]]:3 = bitnet.dispatch layer ins(%[[X]], %[[W]], %[[SUMS]], %[[V]] :
// CHECK-SAME: outs(%[[I]], %[[J]], %[[I]] : tensor<4x64xi32>, tensor<4x64xi32>, tensor<4x64xi32>) {
// CHECK: ^bb0(%[[XA:.+]]: tensor<4x64xi8>, %[[WA:.+]]: tensor<1x4x4x64xi8>, %[[SA:.+]]: tensor<4xi32>, %[[VA:.+]]: tensor<1x4x4x64xi8>, %[[A:.+]]: tensor<4x64xi32>, %[[B:.+]]: tensor<4x64xi32>, %[[C:.+]]: tensor<4x64xi32>):
// CHECK: %[[Q:.+]] = bitnet.matmul ins(%[[XA]], %[[WA]], %[[SA]] : {{.*}} outs(%[[A]]
// CHECK: %[[K:.+]] = bitnet.matmul ins(%[[XA]], %[[VA]], %[[SA]] : {{.*}} outs(%[[B]]
// CHECK: %[[Z:.+]] = bitnet.matmul ins(%[[XA]], %[[WA]], %[[SA]] : {{.*}} outs(%[[C]]
// CHECK: bitnet.yield %[[Q]], %[[K]], %[[Z]]
// CHECK: linalg.transpose ins(%[[D]]#0
// CHECK-NOT: bitnet.dispatch
// CHECK: return %{{.+}}, %[[D]]#1, %[[D]]#2
// LOC: } -> tensor<4x64xi32>, tensor<4x64xi32>, tensor<4x64xi32> loc(fused["q", "k", "v"])
func.func @attention(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>, %t: tensor<64x4xi32>) -> (tensor<64x4xi32>, tensor<4x64xi32>, tensor<4x64xi32>) {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32> loc("q")
  %turned = linalg.transpose ins(%q : tensor<4x64xi32>) outs(%t : tensor<64x4xi32>) permutation = [1, 0]
  %k = bitnet.dispatch layer ins(%x, %v, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32> loc("k")
  %z = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32> loc("v")
  return %turned, %k, %z : tensor<64x4xi32>, tensor<4x64xi32>, tensor<4x64xi32>
}

// A nest that makes the second layer's scales moves up with it, and what the nest needs does.

#row = affine_map<(m) -> (m)>

// CHECK-LABEL: func.func @scales
// CHECK: tensor.empty
// CHECK: linalg.generic
// CHECK: bitnet.dispatch
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @scales(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>, %given: tensor<?xf32>) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %c0 = arith.constant 0 : index
  %two = arith.constant 2.0 : f32
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  %n = tensor.dim %given, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %d = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel"]} ins(%given : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%in: f32, %o: f32):
    %p = arith.mulf %in, %two : f32
    linalg.yield %p : f32
  } -> tensor<?xf32>
  %g = tensor.cast %d : tensor<?xf32> to tensor<4xf32>
  %k = bitnet.dispatch layer ins(%x, %v, %sums, %g : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>, tensor<4xf32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %f: tensor<4xf32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  return %q, %k : tensor<4x64xi32>, tensor<4x64xi32>
}

// Left alone: the scales follow from the first layer's result, ...

// CHECK-LABEL: func.func @scales_of_result
// CHECK: bitnet.dispatch
// CHECK: linalg.generic
// CHECK: bitnet.dispatch
func.func @scales_of_result(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  %e = tensor.empty() : tensor<4xf32>
  %column = tensor.extract_slice %q[0, 0] [4, 1] [1, 1] : tensor<4x64xi32> to tensor<4xi32>
  %g = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel"]} ins(%column : tensor<4xi32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: i32, %o: f32):
    %d = arith.sitofp %in : i32 to f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %k = bitnet.dispatch layer ins(%x, %v, %sums, %g : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>, tensor<4xf32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %f: tensor<4xf32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  return %q, %k : tensor<4x64xi32>, tensor<4x64xi32>
}

// ... the second layer writes over the result of the first one, ...

// CHECK-LABEL: func.func @in_place
// CHECK-COUNT-2: bitnet.dispatch
func.func @in_place(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>) -> tensor<4x64xi32> {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  %k = bitnet.dispatch layer ins(%x, %v, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%q : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  return %k : tensor<4x64xi32>
}

// ... the activations differ, ...

// CHECK-LABEL: func.func @other_activations
// CHECK-COUNT-2: bitnet.dispatch
func.func @other_activations(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>, %z: tensor<4x64xi8>) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  %k = bitnet.dispatch layer ins(%z, %v, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  return %q, %k : tensor<4x64xi32>, tensor<4x64xi32>
}

// ... a check guards the second layer, or a branch that holds one does, ...

// CHECK-LABEL: func.func @guarded
// CHECK: bitnet.dispatch
// CHECK: cf.assert
// CHECK: bitnet.dispatch
func.func @guarded(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>, %ok: i1) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  cf.assert %ok, "no"
  %k = bitnet.dispatch layer ins(%x, %v, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  return %q, %k : tensor<4x64xi32>, tensor<4x64xi32>
}

// CHECK-LABEL: func.func @guarded_branch
// CHECK: bitnet.dispatch
// CHECK: cf.assert
// CHECK: bitnet.dispatch
func.func @guarded_branch(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>, %c: i1, %ok: i1) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  scf.if %c {
    cf.assert %ok, "no"
  }
  %k = bitnet.dispatch layer ins(%x, %v, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  return %q, %k : tensor<4x64xi32>, tensor<4x64xi32>
}

// ... the second layer is computed in a branch only.

// CHECK-LABEL: func.func @branch
// CHECK: bitnet.dispatch
// CHECK: scf.if
// CHECK: bitnet.dispatch
func.func @branch(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>, %c: i1) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  %b = scf.if %c -> tensor<4x64xi32> {
  %k = bitnet.dispatch layer ins(%x, %v, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
    scf.yield %k : tensor<4x64xi32>
  } else {
    scf.yield %j : tensor<4x64xi32>
  }
  return %q, %b : tensor<4x64xi32>, tensor<4x64xi32>
}

// A probe guards nothing.

// CHECK-LABEL: func.func @probed
// CHECK: bitnet.dispatch
// CHECK: bitnet.probe
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @probed(%x: tensor<4x64xi8>, %sums: tensor<4xi32>, %w: tensor<1x4x4x64xi8>, %v: tensor<1x4x4x64xi8>, %i: tensor<4x64xi32>, %j: tensor<4x64xi32>) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %q = bitnet.dispatch layer ins(%x, %w, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%i : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  bitnet.probe "k" %x : tensor<4x64xi8>
  %k = bitnet.dispatch layer ins(%x, %v, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>) outs(%j : tensor<4x64xi32>) {
  ^bb0(%a: tensor<4x64xi8>, %p: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %o: tensor<4x64xi32>):
    %r = bitnet.matmul ins(%a, %p, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
      outs(%o : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
    bitnet.yield %r : tensor<4x64xi32>
  } -> tensor<4x64xi32>
  return %q, %k : tensor<4x64xi32>, tensor<4x64xi32>
}

// The result of a joined layer may be the activations of others that join.

// CHECK-LABEL: func.func @twice
// CHECK: %[[A:.+]]:2 = bitnet.dispatch
// CHECK: bitnet.dispatch layer ins(%[[A]]#1,
// CHECK-SAME: outs(%{{.+}}, %{{.+}} :
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @twice(%x: tensor<4x64xf32>, %w: tensor<1x4x4x64xi8>, %i: tensor<4x64xf32>, %j: tensor<4x64xf32>)
    -> (tensor<4x64xf32>, tensor<4x64xf32>, tensor<4x64xf32>) {
  %q = bitnet.dispatch layer ins(%x, %w : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%i : tensor<4x64xf32>) {
  ^bb0(%a: tensor<4x64xf32>, %p: tensor<1x4x4x64xi8>, %o: tensor<4x64xf32>):
    %r = bitnet.matmul ins(%a, %p : tensor<4x64xf32>, tensor<1x4x4x64xi8>)
      outs(%o : tensor<4x64xf32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xf32>
    bitnet.yield %r : tensor<4x64xf32>
  } -> tensor<4x64xf32>
  %k = bitnet.dispatch layer ins(%x, %w : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%j : tensor<4x64xf32>) {
  ^bb0(%a: tensor<4x64xf32>, %p: tensor<1x4x4x64xi8>, %o: tensor<4x64xf32>):
    %r = bitnet.matmul ins(%a, %p : tensor<4x64xf32>, tensor<1x4x4x64xi8>)
      outs(%o : tensor<4x64xf32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xf32>
    bitnet.yield %r : tensor<4x64xf32>
  } -> tensor<4x64xf32>
  %y = bitnet.dispatch layer ins(%k, %w : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%i : tensor<4x64xf32>) {
  ^bb0(%a: tensor<4x64xf32>, %p: tensor<1x4x4x64xi8>, %o: tensor<4x64xf32>):
    %r = bitnet.matmul ins(%a, %p : tensor<4x64xf32>, tensor<1x4x4x64xi8>)
      outs(%o : tensor<4x64xf32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xf32>
    bitnet.yield %r : tensor<4x64xf32>
  } -> tensor<4x64xf32>
  %z = bitnet.dispatch layer ins(%k, %w : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%j : tensor<4x64xf32>) {
  ^bb0(%a: tensor<4x64xf32>, %p: tensor<1x4x4x64xi8>, %o: tensor<4x64xf32>):
    %r = bitnet.matmul ins(%a, %p : tensor<4x64xf32>, tensor<1x4x4x64xi8>)
      outs(%o : tensor<4x64xf32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xf32>
    bitnet.yield %r : tensor<4x64xf32>
  } -> tensor<4x64xf32>
  return %q, %y, %z : tensor<4x64xf32>, tensor<4x64xf32>, tensor<4x64xf32>
}
