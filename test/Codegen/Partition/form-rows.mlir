// RUN: bitnet-opt %s --bitnet-form-rows --split-input-file --mlir-print-local-scope | FileCheck %s
// RUN: bitnet-opt %s --bitnet-form-rows --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

#id = affine_map<(m, k) -> (m, k)>
#m = affine_map<(m, k) -> (m)>
#k = affine_map<(m, k) -> (k)>
#one = affine_map<(m) -> (m)>

// Sum of squares, factor, product with a weight, codes: one dispatch. The squares' sums and the norm are made in the
// body, the probe follows. It is named after its nests.

// CHECK-LABEL: func.func @norm(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<?x64xf32>, %[[GAMMA:[a-z0-9]+]]: tensor<64xf32>, %[[N:[a-z0-9]+]]: index
// CHECK: %[[INIT:.+]] = tensor.empty(%[[N]]) : tensor<?x64xi8>
// CHECK-NEXT: %[[Q:.+]] = bitnet.dispatch rows ins(%[[N]], %[[X]], %[[GAMMA]] : index, tensor<?x64xf32>, tensor<64xf32>) outs(%[[INIT]] : tensor<?x64xi8>) {
// CHECK-NEXT: ^bb0(%[[NA:.+]]: index, %[[XA:.+]]: tensor<?x64xf32>, %{{.+}}: tensor<64xf32>, %[[QA:.+]]: tensor<?x64xi8>):
// CHECK-DAG: arith.constant 0.0
// CHECK-DAG: tensor.empty(%[[NA]]) : tensor<?xf32>
// CHECK-DAG: tensor.empty(%[[NA]]) : tensor<?x64xf32>
// CHECK: linalg.fill
// CHECK: linalg.generic {{.*}} ins(%[[XA]] : tensor<?x64xf32>)
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK: %[[R:.+]] = linalg.generic {{.*}} outs(%[[QA]] : tensor<?x64xi8>)
// CHECK: bitnet.yield %[[R]]
// CHECK: bitnet.probe "fc" %[[Q]]
// CHECK: return %[[Q]]
// LOC: } -> tensor<?x64xi8> loc(fused["fill", "squares", "root", "scale", "codes"])
func.func @norm(%x: tensor<?x64xf32>, %gamma: tensor<64xf32>, %n: index) -> tensor<?x64xi8> {
  %zero = arith.constant 0.0 : f32
  %se = tensor.empty(%n) : tensor<?xf32>
  %s0 = linalg.fill ins(%zero : f32) outs(%se : tensor<?xf32>) -> tensor<?xf32> loc("fill")
  %s = linalg.generic {indexing_maps = [#id, #m], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x64xf32>) outs(%s0 : tensor<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?xf32> loc("squares")
  %re = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]}
      ins(%s : tensor<?xf32>) outs(%re : tensor<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = math.rsqrt %in : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32> loc("root")
  %ye = tensor.empty(%n) : tensor<?x64xf32>
  %y = linalg.generic {indexing_maps = [#id, #m, #k, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %r, %gamma : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>) outs(%ye : tensor<?x64xf32>) {
  ^bb0(%in: f32, %f: f32, %g: f32, %out: f32):
    %0 = arith.mulf %in, %f : f32
    %1 = arith.mulf %0, %g : f32
    linalg.yield %1 : f32
  } -> tensor<?x64xf32> loc("scale")
  %qe = tensor.empty(%n) : tensor<?x64xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<?x64xf32>) outs(%qe : tensor<?x64xi8>) {
  ^bb0(%in: f32, %out: i8):
    %0 = arith.fptosi %in : f32 to i8
    linalg.yield %0 : i8
  } -> tensor<?x64xi8> loc("codes")
  bitnet.probe "fc" %q : tensor<?x64xi8>
  return %q : tensor<?x64xi8>
}

// -----

#id = affine_map<(b, h, s, t) -> (b, h, s, t)>
#row = affine_map<(b, h, s, t) -> (b, h, s)>

// A softmax's rows are three loops; rows of unknown length stay in memory, and so does what is returned.

// CHECK-LABEL: func.func @softmax
// CHECK: %[[D:.+]]:2 = bitnet.dispatch rows
// CHECK-SAME: outs(%{{.+}}, %{{.+}} : tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32>)
// CHECK: tensor.empty({{.*}}) : tensor<?x4x?xf32>
// CHECK: return %[[D]]#1
func.func @softmax(%x: tensor<?x4x?x?xf32>, %b: index, %s: index, %t: index) -> tensor<?x4x?x?xf32> {
  %low = arith.constant 0xFF800000 : f32
  %me = tensor.empty(%b, %s) : tensor<?x4x?xf32>
  %m0 = linalg.fill ins(%low : f32) outs(%me : tensor<?x4x?xf32>) -> tensor<?x4x?xf32>
  %m = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x : tensor<?x4x?x?xf32>) outs(%m0 : tensor<?x4x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %out : f32
    linalg.yield %0 : f32
  } -> tensor<?x4x?xf32>
  %ye = tensor.empty(%b, %s, %t) : tensor<?x4x?x?xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %m : tensor<?x4x?x?xf32>, tensor<?x4x?xf32>) outs(%ye : tensor<?x4x?x?xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %0 = arith.subf %in, %f : f32
    linalg.yield %0 : f32
  } -> tensor<?x4x?x?xf32>
  %ze = tensor.empty(%b, %s, %t) : tensor<?x4x?x?xf32>
  %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%y : tensor<?x4x?x?xf32>) outs(%ze : tensor<?x4x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = math.exp %in : f32
    linalg.yield %0 : f32
  } -> tensor<?x4x?x?xf32>
  return %z : tensor<?x4x?x?xf32>
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#swap = affine_map<(m, k) -> (k, m)>
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// A nest that reads other rows ends the chain, as does a product.

// CHECK-LABEL: func.func @transposed
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @transposed(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %e = tensor.empty() : tensor<64x64xf32>
  %y = linalg.exp ins(%x : tensor<64x64xf32>) outs(%e : tensor<64x64xf32>) -> tensor<64x64xf32>
  %f = tensor.empty() : tensor<64x64xf32>
  %z = linalg.generic {indexing_maps = [#swap, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<64x64xf32>) outs(%f : tensor<64x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    linalg.yield %0 : f32
  } -> tensor<64x64xf32>
  return %z : tensor<64x64xf32>
}

// CHECK-LABEL: func.func @product
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @product(%x: tensor<64x64xf32>, %w: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<64x64xf32>
  %y = linalg.fill ins(%zero : f32) outs(%e : tensor<64x64xf32>) -> tensor<64x64xf32>
  %z = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<64x64xf32>, tensor<64x64xf32>) outs(%y : tensor<64x64xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %0 = arith.mulf %l, %r : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<64x64xf32>
  return %z : tensor<64x64xf32>
}

// Rows of other counts are other rows.

// CHECK-LABEL: func.func @counts
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @counts(%x: tensor<?x64xf32>, %y: tensor<?x64xf32>, %m: index, %n: index)
    -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %e = tensor.empty(%m) : tensor<?x64xf32>
  %a = linalg.exp ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  %f = tensor.empty(%n) : tensor<?x64xf32>
  %b = linalg.exp ins(%y : tensor<?x64xf32>) outs(%f : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %a, %b : tensor<?x64xf32>, tensor<?x64xf32>
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#row = affine_map<(m, k) -> (m)>
#all = affine_map<(m, k) -> (k)>

// The second nest updates %x in place. Reading it by row before that is part of the dispatch, ...

// CHECK-LABEL: func.func @updated(
// CHECK: %[[X:.+]] = linalg.exp
// CHECK: bitnet.dispatch rows outs(%{{.+}}, %[[X]] : tensor<?xf32>, tensor<?x64xf32>)
// CHECK-NEXT: ^bb0(%{{.+}}: tensor<?xf32>, %[[XA:.+]]: tensor<?x64xf32>):
// CHECK: linalg.generic {{.*}} ins(%[[XA]] : tensor<?x64xf32>)
// CHECK: linalg.generic {{.*}} outs(%[[XA]] : tensor<?x64xf32>)
func.func @updated(%in: tensor<?x32x64xf32>, %e: tensor<?x64xf32>, %n: index) -> (tensor<?xf32>, tensor<?x64xf32>) {
  %i = tensor.empty(%n) : tensor<?x64xf32>
  %x = linalg.exp ins(%e : tensor<?x64xf32>) outs(%i : tensor<?x64xf32>) -> tensor<?x64xf32>
  %never = arith.constant true
  cf.assert %never, "a barrier"
  %se = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x64xf32>) outs(%se : tensor<?xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = arith.addf %out, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %y = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<?xf32>) outs(%x : tensor<?x64xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = arith.divf %out, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?x64xf32>
  return %s, %y : tensor<?xf32>, tensor<?x64xf32>
}

// ... but every row of the first nest would read what another row has changed.

// CHECK-LABEL: func.func @shared(
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @shared(%x: tensor<64x64xf32>, %v: tensor<64xf32>, %i: tensor<64xf32>) -> (tensor<64x64xf32>, tensor<64xf32>) {
  %g = linalg.exp ins(%v : tensor<64xf32>) outs(%i : tensor<64xf32>) -> tensor<64xf32>
  %never = arith.constant true
  cf.assert %never, "a barrier"
  %ye = tensor.empty() : tensor<64x64xf32>
  %y = linalg.generic {indexing_maps = [#id, #all, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %g : tensor<64x64xf32>, tensor<64xf32>) outs(%ye : tensor<64x64xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %0 = arith.mulf %in, %f : f32
    linalg.yield %0 : f32
  } -> tensor<64x64xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%y : tensor<64x64xf32>) outs(%g : tensor<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  return %y, %s : tensor<64x64xf32>, tensor<64xf32>
}

// All rows of the second nest read the whole of what the first one wrote.

// CHECK-LABEL: func.func @whole(
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @whole(%x: tensor<64x64xf32>, %v: tensor<64xf32>) -> tensor<64x64xf32> {
  %ge = tensor.empty() : tensor<64xf32>
  %g = linalg.exp ins(%v : tensor<64xf32>) outs(%ge : tensor<64xf32>) -> tensor<64xf32>
  %ye = tensor.empty() : tensor<64x64xf32>
  %y = linalg.generic {indexing_maps = [#id, #all, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %g : tensor<64x64xf32>, tensor<64xf32>) outs(%ye : tensor<64x64xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %0 = arith.mulf %in, %f : f32
    linalg.yield %0 : f32
  } -> tensor<64x64xf32>
  return %y : tensor<64x64xf32>
}

// A result that is updated in place must be kept for whoever else reads it: that nest is not of the chain.

// CHECK-LABEL: func.func @kept(
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @kept(%x: tensor<64x64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %e = tensor.empty() : tensor<64xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<64x64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  %t = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<64x64xf32>) outs(%s : tensor<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %out, %in : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  return %s, %t : tensor<64xf32>, tensor<64xf32>
}

// A view of the chain's result and the probe that looks at it come behind the dispatch, in their order, though a nest
// stands behind them.

// CHECK-LABEL: func.func @probed(
// CHECK: %[[D:.+]]:2 = bitnet.dispatch rows
// CHECK: %[[V:.+]] = tensor.expand_shape %[[D]]#0
// CHECK-NEXT: bitnet.probe "conv" %[[V]]
func.func @probed(%x: tensor<?x64xf32>, %n: index) -> (tensor<?x64xi8>, tensor<?xf32>) {
  %qe = tensor.empty(%n) : tensor<?x64xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x64xf32>) outs(%qe : tensor<?x64xi8>) {
  ^bb0(%in: f32, %out: i8):
    %1 = arith.fptosi %in : f32 to i8
    linalg.yield %1 : i8
  } -> tensor<?x64xi8>
  %v = tensor.expand_shape %q [[0], [1, 2]] output_shape [%n, 8, 8] : tensor<?x64xi8> into tensor<?x8x8xi8>
  bitnet.probe "conv" %v : tensor<?x8x8xi8>
  %se = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.generic {indexing_maps = [#id, #id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x, %q : tensor<?x64xf32>, tensor<?x64xi8>) outs(%se : tensor<?xf32>) {
  ^bb0(%in: f32, %c: i8, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %q, %s : tensor<?x64xi8>, tensor<?xf32>
}

// What a body reads may be of another row, as may what a value from between the nests was made of.

// CHECK-LABEL: func.func @captured(
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @captured(%x: tensor<?x64xf32>, %n: index) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %se = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x64xf32>) outs(%se : tensor<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %qe = tensor.empty(%n) : tensor<?x64xf32>
  %q = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<?x64xf32>, tensor<?xf32>) outs(%qe : tensor<?x64xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %first = tensor.extract %s[%c0] : tensor<?xf32>
    %0 = arith.divf %in, %f : f32
    %1 = arith.subf %0, %first : f32
    linalg.yield %1 : f32
  } -> tensor<?x64xf32>
  return %q : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @between(
// CHECK-NOT: bitnet.dispatch
// CHECK: return
func.func @between(%x: tensor<?x64xf32>, %n: index) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %se = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x64xf32>) outs(%se : tensor<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %first = tensor.extract %s[%c0] : tensor<?xf32>
  %qe = tensor.empty(%n) : tensor<?x64xf32>
  %q = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<?x64xf32>, tensor<?xf32>) outs(%qe : tensor<?x64xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %0 = arith.divf %in, %f : f32
    %1 = arith.subf %0, %first : f32
    linalg.yield %1 : f32
  } -> tensor<?x64xf32>
  return %q : tensor<?x64xf32>
}

// A branch is a block like any other, and what follows from the chain in it is inside of it.

// CHECK-LABEL: func.func @branch(
// CHECK: scf.if
// CHECK: bitnet.dispatch rows
// CHECK: scf.yield
func.func @branch(%x: tensor<4x64xf32>, %c: i1) -> tensor<4x64xf32> {
  %r = scf.if %c -> tensor<4x64xf32> {
    %e = tensor.empty() : tensor<4xf32>
    %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<4x64xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %0 = arith.addf %out, %in : f32
      linalg.yield %0 : f32
    } -> tensor<4xf32>
    %f = tensor.empty() : tensor<4x64xf32>
    %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
        ins(%x, %s : tensor<4x64xf32>, tensor<4xf32>) outs(%f : tensor<4x64xf32>) {
    ^bb0(%in: f32, %t: f32, %out: f32):
      %0 = arith.divf %in, %t : f32
      linalg.yield %0 : f32
    } -> tensor<4x64xf32>
    scf.yield %y : tensor<4x64xf32>
  } else {
    scf.yield %x : tensor<4x64xf32>
  }
  return %r : tensor<4x64xf32>
}

// Rows that have no room on a stack stay in memory: each is 64 KB, and two of them are all that fits.

// CHECK-LABEL: func.func @large(
// CHECK: bitnet.dispatch rows
// CHECK-SAME: outs({{.*}} : tensor<4x16384xf32>, tensor<4xf32>, tensor<4x16384xf32>)
// CHECK-COUNT-2: tensor.empty() : tensor<4x16384xf32>
// CHECK-NOT: tensor.empty
// CHECK: bitnet.yield
func.func @large(%x: tensor<4x16384xf32>) -> tensor<4x16384xf32> {
  %ae = tensor.empty() : tensor<4x16384xf32>
  %a = linalg.exp ins(%x : tensor<4x16384xf32>) outs(%ae : tensor<4x16384xf32>) -> tensor<4x16384xf32>
  %be = tensor.empty() : tensor<4x16384xf32>
  %b = linalg.sqrt ins(%a : tensor<4x16384xf32>) outs(%be : tensor<4x16384xf32>) -> tensor<4x16384xf32>
  %ce = tensor.empty() : tensor<4x16384xf32>
  %c = linalg.exp ins(%b : tensor<4x16384xf32>) outs(%ce : tensor<4x16384xf32>) -> tensor<4x16384xf32>
  %de = tensor.empty() : tensor<4x16384xf32>
  %s = tensor.empty() : tensor<4xf32>
  %t = linalg.reduce {arith.addf} ins(%c : tensor<4x16384xf32>) outs(%s : tensor<4xf32>) dimensions = [1]
  %d = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c, %t : tensor<4x16384xf32>, tensor<4xf32>) outs(%de : tensor<4x16384xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %0 = arith.divf %in, %f : f32
    linalg.yield %0 : f32
  } -> tensor<4x16384xf32>
  return %d : tensor<4x16384xf32>
}
