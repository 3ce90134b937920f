// An elementwise result goes to the buffer of an operand that is read no more.
// RUN: bitnet-opt %s --bitnet-reuse-operands --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// A chain of two in one buffer, which is the result.
// CHECK-LABEL: func.func @chain(
// CHECK: %[[A:.*]] = memref.alloc
// CHECK-NOT: memref.alloc
// CHECK: linalg.fill {{.*}} outs(%[[A]]
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[A]] :
// CHECK: linalg.generic {{.*}} ins(%[[A]], %arg1 : {{.*}}) outs(%[[A]] :
// CHECK: return %[[A]]
func.func @chain(%m: index, %s: memref<?xf32>) -> memref<?x8xf32> {
  %one = arith.constant 1.0 : f32
  %a = memref.alloc(%m) : memref<?x8xf32>
  linalg.fill ins(%one : f32) outs(%a : memref<?x8xf32>)
  %b = memref.alloc(%m) : memref<?x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x8xf32>) outs(%b : memref<?x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  %c = memref.alloc(%m) : memref<?x8xf32>
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b, %s : memref<?x8xf32>, memref<?xf32>) outs(%c : memref<?x8xf32>) {
  ^bb0(%x: f32, %d: f32, %o: f32):
    %y = arith.divf %x, %d : f32
    linalg.yield %y : f32
  }
  return %c : memref<?x8xf32>
}

// -----

// What is read later, also through a view, keeps its values.
// CHECK-LABEL: func.func @read_later(
// CHECK: %[[A:.*]] = memref.alloc(%arg0) : memref<?x8xf32>
// CHECK: %[[B:.*]] = memref.alloc(%arg0) : memref<?x8xf32>
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[B]] :
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @read_later(%m: index) -> (memref<?x8xf32>, memref<?xf32>) {
  %a = memref.alloc(%m) : memref<?x8xf32>
  %view = memref.collapse_shape %a [[0, 1]] : memref<?x8xf32> into memref<?xf32>
  %b = memref.alloc(%m) : memref<?x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x8xf32>) outs(%b : memref<?x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  return %b, %view : memref<?x8xf32>, memref<?xf32>
}

// -----

// Another element of the buffer is read as well.
// CHECK-LABEL: func.func @transposed(
// CHECK: %[[A:.*]] = memref.alloc() : memref<8x8xf32>
// CHECK: %[[B:.*]] = memref.alloc() : memref<8x8xf32>
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[A]] : {{.*}}) outs(%[[B]] :
#id = affine_map<(d0, d1) -> (d0, d1)>
#t = affine_map<(d0, d1) -> (d1, d0)>
func.func @transposed() -> memref<8x8xf32> {
  %a = memref.alloc() : memref<8x8xf32>
  %b = memref.alloc() : memref<8x8xf32>
  linalg.generic {indexing_maps = [#id, #t, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %a : memref<8x8xf32>, memref<8x8xf32>) outs(%b : memref<8x8xf32>) {
  ^bb0(%x: f32, %z: f32, %o: f32):
    %y = arith.addf %x, %z : f32
    linalg.yield %y : f32
  }
  return %b : memref<8x8xf32>
}

// -----

// The result already holds something that is added to; extents that only the
// program knows to be equal; an element type of another width.
// CHECK-LABEL: func.func @others(
// CHECK-COUNT-6: memref.alloc
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @others(%m: index, %n: index) -> (memref<?x8xf32>, memref<?x8xf32>, memref<?x8xi8>) {
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc(%m) : memref<?x8xf32>
  %b = memref.alloc(%m) : memref<?x8xf32>
  linalg.fill ins(%zero : f32) outs(%b : memref<?x8xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x8xf32>) outs(%b : memref<?x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = arith.addf %x, %o : f32
    linalg.yield %y : f32
  }
  %c = memref.alloc(%m) : memref<?x8xf32>
  %d = memref.alloc(%n) : memref<?x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c : memref<?x8xf32>) outs(%d : memref<?x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  %f = memref.alloc(%m) : memref<?x8xf32>
  %e = memref.alloc(%m) : memref<?x8xi8>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%f : memref<?x8xf32>) outs(%e : memref<?x8xi8>) {
  ^bb0(%x: f32, %o: i8):
    %y = arith.fptosi %x : f32 to i8
    linalg.yield %y : i8
  }
  return %b, %d, %e : memref<?x8xf32>, memref<?x8xf32>, memref<?x8xi8>
}

// -----

// A buffer lives on in what a branch yields, here through a view of a view.
// CHECK-LABEL: func.func @yielded(
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: %[[R:.*]] = scf.if
// CHECK: %[[E:.*]] = memref.alloc
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[E]] :
// CHECK: return %[[R]], %[[E]]
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @yielded(%c: i1, %m: index, %other: memref<?x8xf32>) -> (memref<?x8xf32>, memref<?x8xf32>) {
  %one = arith.constant 1.0 : f32
  %a = memref.alloc(%m) : memref<?x8xf32>
  linalg.fill ins(%one : f32) outs(%a : memref<?x8xf32>)
  %flat = memref.collapse_shape %a [[0, 1]] : memref<?x8xf32> into memref<?xf32>
  %back = memref.expand_shape %flat [[0, 1]] output_shape [%m, 8] : memref<?xf32> into memref<?x8xf32>
  %r = scf.if %c -> memref<?x8xf32> {
    scf.yield %back : memref<?x8xf32>
  } else {
    scf.yield %other : memref<?x8xf32>
  }
  %e = memref.alloc(%m) : memref<?x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x8xf32>) outs(%e : memref<?x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  return %r, %e : memref<?x8xf32>, memref<?x8xf32>
}

// -----

// So it does in what a loop carries, a selection and a call give.
// CHECK-LABEL: func.func @carried(
// CHECK-COUNT-6: memref.alloc
// CHECK-NOT: memref.alloc
#id = affine_map<(d0) -> (d0)>
func.func private @view(memref<8xf32>) -> memref<8xf32>
func.func @carried(%c: i1, %n: index, %other: memref<8xf32>)
    -> (memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<8xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %a = memref.alloc() : memref<8xf32>
  %loop = scf.for %i = %zero to %n step %one iter_args(%b = %other) -> memref<8xf32> {
    scf.yield %a : memref<8xf32>
  }
  %u = memref.alloc() : memref<8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%a : memref<8xf32>) outs(%u : memref<8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  %d = memref.alloc() : memref<8xf32>
  %selected = arith.select %c, %d, %other : memref<8xf32>
  %v = memref.alloc() : memref<8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%d : memref<8xf32>) outs(%v : memref<8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  %e = memref.alloc() : memref<8xf32>
  %called = call @view(%e) : (memref<8xf32>) -> memref<8xf32>
  %w = memref.alloc() : memref<8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%e : memref<8xf32>) outs(%w : memref<8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  return %loop, %u, %selected, %v, %called, %w : memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<8xf32>
}

// -----

// The reader of a buffer that was merged into another one still reads it.
// CHECK-LABEL: func.func @merged(
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[A]] :
// CHECK: %[[VIEW:.*]] = memref.collapse_shape %[[A]]
// CHECK: %[[C:.*]] = memref.alloc
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}}) outs(%[[C]] :
// CHECK: return %[[C]], %[[VIEW]]
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @merged() -> (memref<4x8xf32>, memref<32xf32>) {
  %a = memref.alloc() : memref<4x8xf32>
  %b = memref.alloc() : memref<4x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<4x8xf32>) outs(%b : memref<4x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  %view = memref.collapse_shape %b [[0, 1]] : memref<4x8xf32> into memref<32xf32>
  %c = memref.alloc() : memref<4x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b : memref<4x8xf32>) outs(%c : memref<4x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  }
  return %c, %view : memref<4x8xf32>, memref<32xf32>
}

// -----

// A view shows the next row what the row before it has become; so does what
// the body loads.
// CHECK-LABEL: func.func @own_part(
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: %[[B:.*]] = memref.alloc
// CHECK: %[[VIEW:.*]] = memref.subview %[[A]]
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[VIEW]] : {{.*}}) outs(%[[B]] :
// CHECK: %[[C:.*]] = memref.alloc
// CHECK: linalg.generic {{.*}} ins(%[[B]] : {{.*}}) outs(%[[C]] :
// CHECK: return %[[C]]
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (0, d1)>
func.func @own_part() -> memref<4x8xf32> {
  %c0 = arith.constant 0 : index
  %a = memref.alloc() : memref<4x8xf32>
  %b = memref.alloc() : memref<4x8xf32>
  %view = memref.subview %a[0, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<1x8xf32, strided<[8, 1]>>
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %view : memref<4x8xf32>, memref<1x8xf32, strided<[8, 1]>>) outs(%b : memref<4x8xf32>) {
  ^bb0(%x: f32, %s: f32, %o: f32):
    %y = arith.subf %x, %s : f32
    linalg.yield %y : f32
  }
  %c = memref.alloc() : memref<4x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b : memref<4x8xf32>) outs(%c : memref<4x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %s = memref.load %b[%c0, %c0] : memref<4x8xf32>
    %y = arith.subf %x, %s : f32
    linalg.yield %y : f32
  }
  return %c : memref<4x8xf32>
}
