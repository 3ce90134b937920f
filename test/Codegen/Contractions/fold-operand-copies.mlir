// RUN: bitnet-opt %s --bitnet-fold-operand-copies --canonicalize --split-input-file | FileCheck %s

#copy = affine_map<(b, h, r, n, d) -> (b, h, 0, n, d)>
#five = affine_map<(b, h, r, n, d) -> (b, h, r, n, d)>
#four = affine_map<(b, h, d, n) -> (b, h, d, n)>
#q = affine_map<(b, h, m, d, n) -> (b, h, m, d)>
#k = affine_map<(b, h, m, d, n) -> (b, h, d, n)>
#y = affine_map<(b, h, m, d, n) -> (b, h, m, n)>

// As exporters write attention: two heads repeated to four, joined with the batch, transposed, parted again, scaled. The scale
// is applied to what there is; heads become two loops, in one of which the keys do not move.
// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d5, d4)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d5)>
// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[ARG:[^:]*]]: tensor<?x4x?x32xf32>, %[[KEYS:[^:]*]]: tensor<?x2x?x32xf32>
// CHECK-NOT: linalg.transpose
// CHECK: %[[QUERY:.*]] = tensor.expand_shape %[[ARG]] {{\[\[}}0], [1, 2], [3], [4]] {{.*}} : tensor<?x4x?x32xf32> into tensor<?x2x2x?x32xf32>
// CHECK: %[[SCALED:.*]] = linalg.generic {{.*}} ins(%[[KEYS]] : tensor<?x2x?x32xf32>) outs(%{{.*}} : tensor<?x2x?x32xf32>)
// CHECK: arith.mulf
// CHECK: %[[RESULT:.*]] = linalg.generic {indexing_maps = [#[[Q]], #[[K]], #[[Y]]]
// CHECK-SAME: ins(%[[QUERY]], %[[SCALED]] : tensor<?x2x2x?x32xf32>, tensor<?x2x?x32xf32>)
// CHECK: tensor.collapse_shape %[[RESULT]] {{\[\[}}0], [1, 2], [3], [4]] : tensor<?x2x2x?x?xf32> into tensor<?x4x?x?xf32>
func.func @attention(%q: tensor<?x4x?x32xf32>, %keys: tensor<?x2x?x32xf32>, %init: tensor<?x4x?x?xf32>, %b: index, %n: index) -> tensor<?x4x?x?xf32> {
  %scale = arith.constant 0.5 : f32
  %c4 = arith.constant 4 : index
  %units = tensor.expand_shape %keys [[0], [1, 2], [3], [4]] output_shape [%b, 2, 1, %n, 32] : tensor<?x2x?x32xf32> into tensor<?x2x1x?x32xf32>
  %e0 = tensor.empty(%b, %n) : tensor<?x2x2x?x32xf32>
  %repeated = linalg.generic {indexing_maps = [#copy, #five], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%units : tensor<?x2x1x?x32xf32>) outs(%e0 : tensor<?x2x2x?x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<?x2x2x?x32xf32>
  %joined = tensor.collapse_shape %repeated [[0, 1, 2], [3], [4]] : tensor<?x2x2x?x32xf32> into tensor<?x?x32xf32>
  %bh = arith.muli %b, %c4 : index
  %e1 = tensor.empty(%bh, %n) : tensor<?x32x?xf32>
  %transposed = linalg.transpose ins(%joined : tensor<?x?x32xf32>) outs(%e1 : tensor<?x32x?xf32>) permutation = [0, 2, 1]
  %parted = tensor.expand_shape %transposed [[0, 1], [2], [3]] output_shape [%b, 4, 32, %n] : tensor<?x32x?xf32> into tensor<?x4x32x?xf32>
  %e2 = tensor.empty(%b, %n) : tensor<?x4x32x?xf32>
  %scaled = linalg.generic {indexing_maps = [#four, #four], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%parted : tensor<?x4x32x?xf32>) outs(%e2 : tensor<?x4x32x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %scale : f32
    linalg.yield %0 : f32
  } -> tensor<?x4x32x?xf32>
  %y = linalg.generic {indexing_maps = [#q, #k, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction", "parallel"]}
      ins(%q, %scaled : tensor<?x4x?x32xf32>, tensor<?x4x32x?xf32>) outs(%init : tensor<?x4x?x?xf32>) {
  ^bb0(%a: f32, %w: f32, %o: f32):
    %0 = arith.mulf %a, %w : f32
    %1 = arith.addf %o, %0 fastmath<reassoc,contract> : f32
    linalg.yield %1 : f32
  } -> tensor<?x4x?x?xf32>
  return %y : tensor<?x4x?x?xf32>
}

// -----

#a = affine_map<(m, k, n) -> (m, k)>
#b = affine_map<(m, k, n) -> (k, n)>
#c = affine_map<(m, k, n) -> (m, n)>
#id = affine_map<(k, n) -> (k, n)>

// A transposition alone, read along k, as the left operand is.
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: func.func @transposed(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x64xf32>, %[[W:[^:]*]]: tensor<?x64xf32>
// CHECK-NOT: linalg.transpose
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[ROWS]], #{{.*}}]{{.*}} ins(%[[X]], %[[W]] :
func.func @transposed(%x: tensor<?x64xf32>, %w: tensor<?x64xf32>, %init: tensor<?x?xf32>, %n: index) -> tensor<?x?xf32> {
  %e = tensor.empty(%n) : tensor<64x?xf32>
  %t = linalg.transpose ins(%w : tensor<?x64xf32>) outs(%e : tensor<64x?xf32>) permutation = [1, 0]
  %y = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%x, %t : tensor<?x64xf32>, tensor<64x?xf32>) outs(%init : tensor<?x?xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %o, %0 fastmath<reassoc,contract> : f32
    linalg.yield %1 : f32
  } -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// The left operand lies densely along m: without the copy nothing would be dense along k.
// CHECK-LABEL: func.func @other_side(
// CHECK: linalg.transpose
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %transposed :
#at = affine_map<(m, k, n) -> (k, m)>
func.func @other_side(%x: tensor<64x?xf32>, %w: tensor<?x64xf32>, %init: tensor<?x?xf32>, %n: index) -> tensor<?x?xf32> {
  %e = tensor.empty(%n) : tensor<64x?xf32>
  %t = linalg.transpose ins(%w : tensor<?x64xf32>) outs(%e : tensor<64x?xf32>) permutation = [1, 0]
  %y = linalg.generic {indexing_maps = [#at, #b, #c], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%x, %t : tensor<64x?xf32>, tensor<64x?xf32>) outs(%init : tensor<?x?xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %o, %0 fastmath<reassoc,contract> : f32
    linalg.yield %1 : f32
  } -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// A function that others read, too, is where the operand begins: there is nothing to fold.
// CHECK-LABEL: func.func @read_twice(
// CHECK: %[[NEG:.*]] = linalg.generic
// CHECK: arith.negf
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[NEG]] :
// CHECK: return %{{.*}}, %[[NEG]]
func.func @read_twice(%x: tensor<?x64xf32>, %w: tensor<?x64xf32>, %init: tensor<?x?xf32>, %n: index) -> (tensor<?x?xf32>, tensor<64x?xf32>) {
  %e = tensor.empty(%n) : tensor<64x?xf32>
  %t = linalg.transpose ins(%w : tensor<?x64xf32>) outs(%e : tensor<64x?xf32>) permutation = [1, 0]
  %f = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%t : tensor<64x?xf32>) outs(%e : tensor<64x?xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.negf %p : f32
    linalg.yield %0 : f32
  } -> tensor<64x?xf32>
  %y = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%x, %f : tensor<?x64xf32>, tensor<64x?xf32>) outs(%init : tensor<?x?xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %o, %0 fastmath<reassoc,contract> : f32
    linalg.yield %1 : f32
  } -> tensor<?x?xf32>
  return %y, %f : tensor<?x?xf32>, tensor<64x?xf32>
}

// A row repeated along n: the copy gives the product its columns.
// CHECK-LABEL: func.func @repeated_columns(
// CHECK: %[[COPY:.*]] = linalg.generic
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[COPY]] :
#first = affine_map<(k, n) -> (k)>
func.func @repeated_columns(%x: tensor<?x64xf32>, %w: tensor<64xf32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %e = tensor.empty() : tensor<64x8xf32>
  %r = linalg.generic {indexing_maps = [#first, #id], iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<64xf32>) outs(%e : tensor<64x8xf32>) {
  ^bb0(%p: f32, %o: f32):
    linalg.yield %p : f32
  } -> tensor<64x8xf32>
  %y = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%x, %r : tensor<?x64xf32>, tensor<64x8xf32>) outs(%init : tensor<?x8xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %o, %0 fastmath<reassoc,contract> : f32
    linalg.yield %1 : f32
  } -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
