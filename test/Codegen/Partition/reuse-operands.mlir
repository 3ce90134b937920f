// An elementwise result goes to the memory of an operand that is read no more.
// RUN: bitnet-opt %s --bitnet-reuse-operands --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// A chain of two in one place, which is the result.
// CHECK-LABEL: func.func @chain(
// CHECK: %[[A:.*]] = linalg.fill
// CHECK: %[[B:.*]] = linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[A]] :
// CHECK: linalg.generic {{.*}} ins(%[[B]], %arg1 : {{.*}}) outs(%[[B]] :
func.func @chain(%m: index, %s: tensor<?xf32>) -> tensor<?x8xf32> {
  %one = arith.constant 1.0 : f32
  %ea = tensor.empty(%m) : tensor<?x8xf32>
  %a = linalg.fill ins(%one : f32) outs(%ea : tensor<?x8xf32>) -> tensor<?x8xf32>
  %eb = tensor.empty(%m) : tensor<?x8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<?x8xf32>) outs(%eb : tensor<?x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<?x8xf32>
  %ec = tensor.empty(%m) : tensor<?x8xf32>
  %c = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b, %s : tensor<?x8xf32>, tensor<?xf32>) outs(%ec : tensor<?x8xf32>) {
  ^bb0(%x: f32, %d: f32, %o: f32):
    %y = arith.divf %x, %d : f32
    linalg.yield %y : f32
  } -> tensor<?x8xf32>
  return %c : tensor<?x8xf32>
}

// -----

// What is read later, also in another shape or in a region, keeps its values.
// CHECK-LABEL: func.func @read_later(
// CHECK: %[[A:.*]] = linalg.fill
// CHECK: %[[E:.*]] = tensor.empty
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[E]] :
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @read_later(%one: f32) -> (tensor<4x8xf32>, tensor<32xf32>) {
  %ea = tensor.empty() : tensor<4x8xf32>
  %a = linalg.fill ins(%one : f32) outs(%ea : tensor<4x8xf32>) -> tensor<4x8xf32>
  %flat = tensor.collapse_shape %a [[0, 1]] : tensor<4x8xf32> into tensor<32xf32>
  %eb = tensor.empty() : tensor<4x8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x8xf32>) outs(%eb : tensor<4x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<4x8xf32>
  return %b, %flat : tensor<4x8xf32>, tensor<32xf32>
}

// CHECK-LABEL: func.func @read_in_branch(
// CHECK: %[[A:.*]] = linalg.fill
// CHECK: %[[E:.*]] = tensor.empty
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[E]] :
func.func @read_in_branch(%one: f32, %c: i1) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %ea = tensor.empty() : tensor<4x8xf32>
  %a = linalg.fill ins(%one : f32) outs(%ea : tensor<4x8xf32>) -> tensor<4x8xf32>
  %eb = tensor.empty() : tensor<4x8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x8xf32>) outs(%eb : tensor<4x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<4x8xf32>
  %r = scf.if %c -> tensor<4x8xf32> {
    scf.yield %a : tensor<4x8xf32>
  } else {
    scf.yield %b : tensor<4x8xf32>
  }
  return %b, %r : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// Another element is read as well: along other indices, in another shape, or by
// the body itself.
#id = affine_map<(d0, d1) -> (d0, d1)>
#t = affine_map<(d0, d1) -> (d1, d0)>
#col = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @other_elements(
func.func @other_elements(%one: f32) -> (tensor<8x8xf32>, tensor<1x8xf32>, tensor<8x8xf32>) {
  %c0 = arith.constant 0 : index
  // CHECK: linalg.fill
  %ea = tensor.empty() : tensor<8x8xf32>
  %a = linalg.fill ins(%one : f32) outs(%ea : tensor<8x8xf32>) -> tensor<8x8xf32>
  %eb = tensor.empty() : tensor<8x8xf32>
  // CHECK: %[[EB:.*]] = tensor.empty
  // CHECK: linalg.generic {{.*}} outs(%[[EB]] :
  %b = linalg.generic {indexing_maps = [#id, #t, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %a : tensor<8x8xf32>, tensor<8x8xf32>) outs(%eb : tensor<8x8xf32>) {
  ^bb0(%x: f32, %z: f32, %o: f32):
    %y = arith.addf %x, %z : f32
    linalg.yield %y : f32
  } -> tensor<8x8xf32>
  %ef = tensor.empty() : tensor<1x8xf32>
  %f = linalg.fill ins(%one : f32) outs(%ef : tensor<1x8xf32>) -> tensor<1x8xf32>
  %flat = tensor.collapse_shape %f [[0, 1]] : tensor<1x8xf32> into tensor<8xf32>
  // CHECK: tensor.collapse_shape
  // CHECK: %[[EG:.*]] = tensor.empty() : tensor<1x8xf32>
  // CHECK: linalg.generic {{.*}} outs(%[[EG]] :
  %eg = tensor.empty() : tensor<1x8xf32>
  %g = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]}
      ins(%f, %flat : tensor<1x8xf32>, tensor<8xf32>) outs(%eg : tensor<1x8xf32>) {
  ^bb0(%x: f32, %z: f32, %o: f32):
    %y = arith.addf %x, %z : f32
    linalg.yield %y : f32
  } -> tensor<1x8xf32>
  // CHECK: %[[EH:.*]] = tensor.empty() : tensor<8x8xf32>
  // CHECK: linalg.generic {{.*}} outs(%[[EH]] :
  %eh = tensor.empty() : tensor<8x8xf32>
  %h = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b : tensor<8x8xf32>) outs(%eh : tensor<8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %s = tensor.extract %b[%c0, %c0] : tensor<8x8xf32>
    %y = arith.subf %x, %s : f32
    linalg.yield %y : f32
  } -> tensor<8x8xf32>
  return %b, %g, %h : tensor<8x8xf32>, tensor<1x8xf32>, tensor<8x8xf32>
}

// -----

// Inputs of the model and constants are not written; an init that is read is
// no new tensor; another element type needs other memory.
// CHECK-LABEL: func.func @others(
// CHECK: %[[E:.*]] = tensor.empty() : tensor<8x8xf32>
// CHECK: linalg.generic {{.*}} ins(%arg0 : {{.*}}) outs(%[[E]] :
// CHECK: %[[F:.*]] = tensor.empty() : tensor<8x8xi8>
// CHECK: linalg.generic {{.*}} outs(%[[F]] :
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @others(%x: tensor<8x8xf32>) -> tensor<8x8xi8> {
  %ea = tensor.empty() : tensor<8x8xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<8x8xf32>) outs(%ea : tensor<8x8xf32>) {
  ^bb0(%i: f32, %o: f32):
    %y = math.exp %i : f32
    linalg.yield %y : f32
  } -> tensor<8x8xf32>
  %eb = tensor.empty() : tensor<8x8xi8>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<8x8xf32>) outs(%eb : tensor<8x8xi8>) {
  ^bb0(%i: f32, %o: i8):
    %y = arith.fptosi %i : f32 to i8
    linalg.yield %y : i8
  } -> tensor<8x8xi8>
  return %b : tensor<8x8xi8>
}

// -----

// What a loop carries stays in its place, also where it is seen in another
// shape; what it is given from outside is not its own.
// CHECK-LABEL: func.func @loop(
// CHECK: scf.for {{.*}} iter_args(%[[H:.*]] = %arg0)
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[H]]
// CHECK: linalg.generic {{.*}} ins(%[[ROWS]], %arg1 : {{.*}}) outs(%[[ROWS]] :
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @loop(%x: tensor<2x4x8xf32>, %y: tensor<8x8xf32>, %n: index) -> tensor<2x4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%h = %x) -> tensor<2x4x8xf32> {
    %rows = tensor.collapse_shape %h [[0, 1], [2]] : tensor<2x4x8xf32> into tensor<8x8xf32>
    %e = tensor.empty() : tensor<8x8xf32>
    %sum = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%rows, %y : tensor<8x8xf32>, tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %f = arith.addf %a, %b : f32
      linalg.yield %f : f32
    } -> tensor<8x8xf32>
    %next = tensor.expand_shape %sum [[0, 1], [2]] output_shape [2, 4, 8] : tensor<8x8xf32> into tensor<2x4x8xf32>
    scf.yield %next : tensor<2x4x8xf32>
  }
  return %r : tensor<2x4x8xf32>
}
