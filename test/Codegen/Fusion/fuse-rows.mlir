// RUN: bitnet-opt %s --bitnet-fuse-rows --split-input-file | FileCheck %s

#id = affine_map<(m, k) -> (m, k)>
#m = affine_map<(m, k) -> (m)>
#k = affine_map<(m, k) -> (k)>
#one = affine_map<(m) -> (m)>

// Sum of squares, factor, product with a weight, codes: one loop over rows. The
// squares' sums and the norm live in one row on the stack, the probe follows.

// CHECK-LABEL: func.func @norm
// CHECK-NOT: memref.alloc(
// CHECK: %[[Q:.*]] = memref.alloc(%{{.*}}) : memref<?x64xi8>
// CHECK: scf.parallel (%[[M:.*]]) = (%{{.*}}) to (%{{.*}}) step
// CHECK-DAG: memref.alloca() {{.*}}: memref<1xf32>
// CHECK-DAG: %[[Y:.*]] = memref.alloca() {{.*}}: memref<1x64xf32>
// CHECK: linalg.fill
// CHECK: memref.subview %{{.*}}[%[[M]], 0] [1, 64] [1, 1]
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK: linalg.generic {{.*}} outs(%[[Y]] : memref<1x64xf32>)
// CHECK: %[[ROW:.*]] = memref.subview %[[Q]][%[[M]], 0] [1, 64] [1, 1]
// CHECK: linalg.generic {{.*}} outs(%[[ROW]]
// CHECK: scf.reduce
// CHECK: bitnet.probe "fc" %[[Q]]
// CHECK: return %[[Q]]
func.func @norm(%x: memref<?x64xf32>, %gamma: memref<64xf32>, %n: index) -> memref<?x64xi8> {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc(%n) : memref<?xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<?xf32>)
  linalg.generic {indexing_maps = [#id, #m], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x64xf32>) outs(%s : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  }
  %r = memref.alloc(%n) : memref<?xf32>
  linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]} ins(%s : memref<?xf32>) outs(%r : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = math.rsqrt %in : f32
    linalg.yield %0 : f32
  }
  %y = memref.alloc(%n) : memref<?x64xf32>
  linalg.generic {indexing_maps = [#id, #m, #k, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %r, %gamma : memref<?x64xf32>, memref<?xf32>, memref<64xf32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: f32, %f: f32, %g: f32, %out: f32):
    %0 = arith.mulf %in, %f : f32
    %1 = arith.mulf %0, %g : f32
    linalg.yield %1 : f32
  }
  %q = memref.alloc(%n) : memref<?x64xi8>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y : memref<?x64xf32>) outs(%q : memref<?x64xi8>) {
  ^bb0(%in: f32, %out: i8):
    %0 = arith.fptosi %in : f32 to i8
    linalg.yield %0 : i8
  }
  bitnet.probe "fc" %q : memref<?x64xi8>
  return %q : memref<?x64xi8>
}

// -----

#id = affine_map<(b, h, s, t) -> (b, h, s, t)>
#row = affine_map<(b, h, s, t) -> (b, h, s)>

// A softmax's rows are three loops; rows of unknown length stay in memory.

// CHECK-LABEL: func.func @softmax
// CHECK-COUNT-3: memref.alloc(
// CHECK: scf.parallel (%{{.*}}, %{{.*}}, %{{.*}}) =
// CHECK: memref.alloca() {{.*}}: memref<1x1x1xf32>
// CHECK: linalg.fill
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK: scf.reduce
func.func @softmax(%x: memref<?x4x?x?xf32>, %b: index, %s: index, %t: index) -> (memref<?x4x?x?xf32>, memref<?x4x?x?xf32>, memref<?x4x?x?xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %keep = memref.alloc(%b, %s, %t) : memref<?x4x?x?xf32>
  %other = memref.alloc(%b, %s, %t) : memref<?x4x?x?xf32>
  %m = memref.alloc(%b, %s) : memref<?x4x?xf32>
  linalg.fill ins(%low : f32) outs(%m : memref<?x4x?xf32>)
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x : memref<?x4x?x?xf32>) outs(%m : memref<?x4x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %out : f32
    linalg.yield %0 : f32
  }
  %y = memref.alloc(%b, %s, %t) : memref<?x4x?x?xf32>
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %m : memref<?x4x?x?xf32>, memref<?x4x?xf32>) outs(%y : memref<?x4x?x?xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %0 = arith.subf %in, %f : f32
    linalg.yield %0 : f32
  }
  return %y, %keep, %other : memref<?x4x?x?xf32>, memref<?x4x?x?xf32>, memref<?x4x?x?xf32>
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#swap = affine_map<(m, k) -> (k, m)>
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// A nest that reads other rows ends the chain, as does a product.

// CHECK-LABEL: func.func @transposed
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @transposed(%x: memref<64x64xf32>) -> memref<64x64xf32> {
  %y = memref.alloc() : memref<64x64xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : memref<64x64xf32>) outs(%y : memref<64x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    linalg.yield %0 : f32
  }
  %z = memref.alloc() : memref<64x64xf32>
  linalg.generic {indexing_maps = [#swap, #id], iterator_types = ["parallel", "parallel"]} ins(%y : memref<64x64xf32>) outs(%z : memref<64x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    linalg.yield %0 : f32
  }
  return %z : memref<64x64xf32>
}

// CHECK-LABEL: func.func @product
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @product(%x: memref<64x64xf32>, %w: memref<64x64xf32>) -> memref<64x64xf32> {
  %zero = arith.constant 0.0 : f32
  %y = memref.alloc() : memref<64x64xf32>
  linalg.fill ins(%zero : f32) outs(%y : memref<64x64xf32>)
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<64x64xf32>, memref<64x64xf32>) outs(%y : memref<64x64xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %0 = arith.mulf %l, %r : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  }
  return %y : memref<64x64xf32>
}

// In the second nest x is an output: its rows are no longer what the first read
// through a view.

// CHECK-LABEL: func.func @view
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @view(%n: index) -> memref<?x64xf32> {
  %x = memref.alloc(%n) : memref<?x64xf32>
  %v = memref.subview %x[1, 0] [%n, 64] [1, 1] : memref<?x64xf32> to memref<?x64xf32, strided<[64, 1], offset: 64>>
  %y = memref.alloc(%n) : memref<?x64xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%v : memref<?x64xf32, strided<[64, 1], offset: 64>>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y : memref<?x64xf32>) outs(%x : memref<?x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    linalg.yield %0 : f32
  }
  return %x : memref<?x64xf32>
}

// All rows of the second nest read the whole of what the first one wrote.

#all = affine_map<(m, k) -> (k)>
#vector = affine_map<(m) -> (m)>
// CHECK-LABEL: func.func @shared
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @shared(%x: memref<64x64xf32>, %v: memref<64xf32>) -> memref<64x64xf32> {
  %g = memref.alloc() : memref<64xf32>
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel"]} ins(%v : memref<64xf32>) outs(%g : memref<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    linalg.yield %0 : f32
  }
  %y = memref.alloc() : memref<64x64xf32>
  linalg.generic {indexing_maps = [#id, #all, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %g : memref<64x64xf32>, memref<64xf32>) outs(%y : memref<64x64xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %0 = arith.mulf %in, %f : f32
    linalg.yield %0 : f32
  }
  return %y : memref<64x64xf32>
}

#row = affine_map<(m, k) -> (m)>

// A probe that follows the chain stays behind the view that it looks at.

// CHECK-LABEL: func.func @probed
// CHECK: scf.parallel
// CHECK: %[[V:.*]] = memref.expand_shape
// CHECK-NEXT: bitnet.probe "conv" %[[V]]
func.func @probed(%x: memref<?x64xf32>, %n: index) -> (memref<?xf32>, memref<?x8x8xi8>) {
  %s = memref.alloc(%n) : memref<?xf32>
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x64xf32>) outs(%s : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  }
  %q = memref.alloc(%n) : memref<?x64xi8>
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : memref<?x64xf32>, memref<?xf32>) outs(%q : memref<?x64xi8>) {
  ^bb0(%in: f32, %f: f32, %out: i8):
    %0 = arith.divf %in, %f : f32
    %1 = arith.fptosi %0 : f32 to i8
    linalg.yield %1 : i8
  }
  %v = memref.expand_shape %q [[0], [1, 2]] output_shape [%n, 8, 8] : memref<?x64xi8> into memref<?x8x8xi8>
  bitnet.probe "conv" %v : memref<?x8x8xi8>
  return %s, %v : memref<?xf32>, memref<?x8x8xi8>
}

// What a body loads may be of another row: the nests stay two loops.

// CHECK-LABEL: func.func @captured
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @captured(%x: memref<?x64xf32>, %n: index) -> memref<?x64xf32> {
  %c0 = arith.constant 0 : index
  %s = memref.alloc(%n) : memref<?xf32>
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x64xf32>) outs(%s : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  }
  %q = memref.alloc(%n) : memref<?x64xf32>
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : memref<?x64xf32>, memref<?xf32>) outs(%q : memref<?x64xf32>) {
  ^bb0(%in: f32, %f: f32, %out: f32):
    %first = memref.load %s[%c0] : memref<?xf32>
    %0 = arith.divf %in, %f : f32
    %1 = arith.subf %0, %first : f32
    linalg.yield %1 : f32
  }
  return %q : memref<?x64xf32>
}
