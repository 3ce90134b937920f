// RUN: bitnet-opt %s --bitnet-fuse-elementwise --split-input-file | FileCheck %s

#id = affine_map<(m, n) -> (m, n)>
#id3 = affine_map<(b, s, n) -> (b, s, n)>

// A rescale, the reshape to [batch, seq, N] and the residual: one nest over [M, N].

// CHECK-LABEL: func.func @residual
// CHECK: tensor.collapse_shape
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel"]
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: tensor.expand_shape
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @residual(%acc: tensor<?x64xi32>, %x: tensor<?x?x64xf32>, %b: index, %s: index, %m: index) -> tensor<?x?x64xf32> {
  %scale = arith.constant 0.5 : f32
  %e = tensor.empty(%m) : tensor<?x64xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc : tensor<?x64xi32>) outs(%e : tensor<?x64xf32>) {
  ^bb0(%in: i32, %out: f32):
    %0 = arith.sitofp %in : i32 to f32
    %1 = arith.mulf %0, %scale : f32
    linalg.yield %1 : f32
  } -> tensor<?x64xf32>
  %y3 = tensor.expand_shape %y [[0, 1], [2]] output_shape [%b, %s, 64] : tensor<?x64xf32> into tensor<?x?x64xf32>
  %e3 = tensor.empty(%b, %s) : tensor<?x?x64xf32>
  %z = linalg.generic {indexing_maps = [#id3, #id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %y3 : tensor<?x?x64xf32>, tensor<?x?x64xf32>) outs(%e3 : tensor<?x?x64xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %0 = arith.addf %l, %r : f32
    linalg.yield %0 : f32
  } -> tensor<?x?x64xf32>
  return %z : tensor<?x?x64xf32>
}

// -----

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m, 0)>

// One division per row stays one per row: the consumer reads it through a broadcast.

// CHECK-LABEL: func.func @broadcast
// CHECK: linalg.generic
// CHECK: arith.divf
// CHECK: linalg.generic
// CHECK-NOT: arith.divf
// CHECK: arith.mulf
// CHECK: return
func.func @broadcast(%s: tensor<4x1xf32>, %x: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x1xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<4x1xf32>) outs(%e : tensor<4x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %one, %in : f32
    linalg.yield %0 : f32
  } -> tensor<4x1xf32>
  %e2 = tensor.empty() : tensor<4x64xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %r : tensor<4x64xf32>, tensor<4x1xf32>) outs(%e2 : tensor<4x64xf32>) {
  ^bb0(%l: f32, %f: f32, %out: f32):
    %0 = arith.mulf %l, %f : f32
    linalg.yield %0 : f32
  } -> tensor<4x64xf32>
  return %y : tensor<4x64xf32>
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#m = affine_map<(m, k) -> (m)>
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// A softmax's division is not repeated for each column of the product that
// follows, but squares join the sum that reads each of them once.

// CHECK-LABEL: func.func @reductions
// CHECK: arith.divf
// CHECK-NEXT: linalg.yield
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK: arith.mulf %[[X:.*]], %[[X]]
// CHECK-NEXT: arith.addf
// CHECK-NOT: linalg.generic
func.func @reductions(%p: tensor<4x8xf32>, %sum: tensor<4xf32>, %v: tensor<8x16xf32>, %o: tensor<4x16xf32>, %s: tensor<4xf32>)
    -> (tensor<4x16xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  %q = linalg.generic {indexing_maps = [#id, #m, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p, %sum : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %0 = arith.divf %l, %r : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %y = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %v : tensor<4x8xf32>, tensor<8x16xf32>) outs(%o : tensor<4x16xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %0 = arith.mulf %l, %r : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x16xf32>
  %e2 = tensor.empty() : tensor<4x8xf32>
  %sq = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p : tensor<4x8xf32>) outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%l: f32, %out: f32):
    %0 = arith.mulf %l, %l : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %t = linalg.generic {indexing_maps = [#id, #m], iterator_types = ["parallel", "reduction"]}
      ins(%sq : tensor<4x8xf32>) outs(%s : tensor<4xf32>) {
  ^bb0(%l: f32, %out: f32):
    %0 = arith.addf %out, %l : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %y, %t : tensor<4x16xf32>, tensor<4xf32>
}

// The accumulator of a reduction that keeps its dimension: its fill is no view of a [.., 1] tensor, which would end a chain of rows.
// CHECK-LABEL: func.func @kept_dimension(
// CHECK-NOT: tensor.empty(%{{.*}}) : tensor<?x1xf32>
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}) : tensor<?xf32>
// CHECK: %[[F:.*]] = linalg.fill ins(%{{.*}}) outs(%[[E]] : tensor<?xf32>)
// CHECK: linalg.generic {{.*}} outs(%[[F]] : tensor<?xf32>)
func.func @kept_dimension(%x: tensor<?x8xf32>, %m: index) -> tensor<?x1xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%m) : tensor<?x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x1xf32>) -> tensor<?x1xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x : tensor<?x8xf32>) outs(%f : tensor<?x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<?x1xf32>
  return %r : tensor<?x1xf32>
}
