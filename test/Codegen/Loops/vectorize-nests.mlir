// RUN: bitnet-opt %s --bitnet-vectorize-nests --canonicalize --cse --split-input-file | FileCheck %s

// What the row does not change is computed once, before it; rows are parallel; the remainder is scalar.
// CHECK-LABEL: func @scale_rows(
// CHECK-SAME: %[[X:.*]]: memref<?x?xf32>, %[[S:.*]]: memref<?xf32>, %[[W:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?x?xf32>)
// CHECK: scf.parallel (%[[M:.*]]) =
// CHECK: %[[V:.*]] = memref.load %[[S]][%[[M]]]
// CHECK: %[[ROOT:.*]] = math.sqrt %[[V]] : f32
// CHECK: scf.for %[[N:.*]] = %c0 to %[[MIDDLE:.*]] step %c16
// CHECK: %[[A:.*]] = vector.load %[[X]][%[[M]], %[[N]]] : memref<?x?xf32>, vector<16xf32>
// CHECK: %[[B:.*]] = vector.load %[[W]][%[[N]]] : memref<?xf32>, vector<16xf32>
// CHECK: %[[R:.*]] = vector.broadcast %[[ROOT]] : f32 to vector<16xf32>
// CHECK: %[[D:.*]] = arith.divf %[[A]], %[[R]] : vector<16xf32>
// CHECK: %[[P:.*]] = arith.mulf %[[D]], %[[B]] : vector<16xf32>
// CHECK: vector.store %[[P]], %[[Y]][%[[M]], %[[N]]]
// CHECK: scf.for %{{.*}} = %[[MIDDLE]] to %{{.*}} step %c1
// CHECK: arith.divf %{{.*}}, %[[ROOT]] : f32
// CHECK: memref.store
func.func @scale_rows(%x: memref<?x?xf32>, %s: memref<?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (n)>,
                                   affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s, %w : memref<?x?xf32>, memref<?xf32>, memref<?xf32>) outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
    %0 = math.sqrt %b : f32
    %1 = arith.divf %a, %0 : f32
    %2 = arith.mulf %1, %c : f32
    linalg.yield %2 : f32
  }
  return
}

// -----

// mm_c3: four vectors, then one, a tree, the old value, the elements that are left. No fast-math flag stays.
// CHECK-LABEL: func @sum(
// CHECK: scf.parallel
// CHECK: %[[OLD:.*]] = memref.load
// CHECK: %[[P:.*]]:4 = scf.for %{{.*}} = %c0 to %[[MANY:.*]] step %c64 iter_args
// CHECK-COUNT-4: arith.addf %{{.*}} : vector<16xf32>
// CHECK: %[[Q:.*]] = scf.for %{{.*}} = %[[MANY]] to %[[MIDDLE:.*]] step %c16 iter_args(%{{.*}} = %[[P]]#0)
// CHECK: %[[L:.*]] = arith.addf %[[Q]], %[[P]]#1 : vector<16xf32>
// CHECK: %[[R:.*]] = arith.addf %[[P]]#2, %[[P]]#3 : vector<16xf32>
// CHECK: arith.addf %[[L]], %[[R]] : vector<16xf32>
// CHECK: arith.addf %{{.*}} : vector<8xf32>
// CHECK: arith.addf %{{.*}} : vector<4xf32>
// CHECK: arith.addf %{{.*}} : vector<2xf32>
// CHECK: %[[ONE:.*]] = arith.addf %{{.*}}
// CHECK: arith.addf %[[OLD]], %{{.*}} : f32
// CHECK: scf.for %{{.*}} = %[[MIDDLE]] to %{{.*}} step %c1 iter_args
// CHECK-NOT: fastmath
// CHECK: memref.store
func.func @sum(%x: memref<?x?xf32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>],
                  iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a fastmath<reassoc,contract> : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// The neutral element of a maximum is -inf; units have no loop; a row that fits has no remainder.
// CHECK-LABEL: func @max(
// CHECK: arith.constant dense<0xFF800000> : vector<16xf32>
// CHECK: scf.parallel (%[[M:.*]]) =
// CHECK: scf.for %{{.*}} = %c0 to %c192 step %c64
// CHECK-NOT: scf.for
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[M]], %c0]
// CHECK-NOT: scf.for
func.func @max(%x: memref<?x208xf32>, %y: memref<?x1xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, 0)>],
                  iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x208xf32>) outs(%y : memref<?x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// A parallel row inside of a reduction: groups are added in their order (mm_c2).
// CHECK-LABEL: func @groups(
// CHECK: scf.parallel (%[[M:.*]]) =
// CHECK: scf.for %[[G:.*]] = %c0 to
// CHECK: scf.for %[[N:.*]] = %c0 to %c32 step %c16
// CHECK: vector.load %{{.*}}[%[[G]], %[[M]], %[[N]]]
// CHECK: vector.load %{{.*}}[%[[M]], %[[N]]]
func.func @groups(%x: memref<?x?x32xf32>, %y: memref<?x32xf32>) {
  linalg.generic {indexing_maps = [affine_map<(g, m, n) -> (g, m, n)>, affine_map<(g, m, n) -> (m, n)>],
                  iterator_types = ["reduction", "parallel", "parallel"]} ins(%x : memref<?x?x32xf32>) outs(%y : memref<?x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// A row alone is shared out in blocks; a fill has no operand to load.
// CHECK-LABEL: func @fill(
// CHECK: scf.parallel (%[[B:.*]]) = (%c0) to (%{{.*}}) step (%c4096)
// CHECK: %[[NEXT:.*]] = arith.addi %[[B]], %c4096
// CHECK: arith.minsi %[[NEXT]], %{{.*}}
// CHECK: vector.store %{{.*}} : memref<?xf32>, vector<16xf32>
func.func @fill(%x: memref<?xf32>, %v: f32) {
  linalg.fill ins(%v : f32) outs(%x : memref<?xf32>)
  return
}

// -----

// Strided operands and bits are loaded lane by lane, positions are a vector, table rows lie densely.
// CHECK-LABEL: func @lanes(
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK-COUNT-16: memref.load %{{.*}} : memref<64x?xi1>
// CHECK: vector.from_elements %{{.*}} : vector<16xi1>
// CHECK: vector.load %{{.*}} : memref<?x64xf32>, vector<16xf32>
// CHECK: arith.select %{{.*}} : vector<16xi1>, vector<16xf32>
func.func @lanes(%keep: memref<64x?xi1>, %table: memref<?x64xf32>, %rows: memref<?xindex>, %y: memref<?x64xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (n, m)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%keep, %rows : memref<64x?xi1>, memref<?xindex>) outs(%y : memref<?x64xf32>) {
  ^bb0(%k: i1, %r: index, %o: f32):
    %n = linalg.index 1 : index
    %v = memref.load %table[%r, %n] : memref<?x64xf32>
    %0 = arith.select %k, %v, %zero : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// A body without a vector form stays scalar; what may fail is not moved.
// CHECK-LABEL: func @scalar(
// CHECK-NOT: vector
// CHECK: scf.for
// CHECK: cf.assert
// CHECK: arith.divsi
func.func @scalar(%x: memref<?xi32>, %d: memref<i32>, %y: memref<?xi32>) {
  %zero = arith.constant 0 : i32
  linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> ()>, affine_map<(n) -> (n)>],
                  iterator_types = ["parallel"]} ins(%x, %d : memref<?xi32>, memref<i32>) outs(%y : memref<?xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %ok = arith.cmpi ne, %b, %zero : i32
    cf.assert %ok, "division by zero"
    %0 = arith.divsi %a, %b : i32
    linalg.yield %0 : i32
  }
  return
}

// -----

// Strided copies are nests, dense ones one memcpy. Tensors are left alone.
// CHECK-LABEL: func @copies(
// CHECK: memref.copy
// CHECK: scf.parallel
// CHECK: vector.store %{{.*}} : memref<?x64xf32, strided<[128, 1]>>, vector<16xf32>
// CHECK-NOT: memref.copy
// CHECK: linalg.fill
func.func @copies(%x: memref<?x64xf32>, %y: memref<?x64xf32>, %z: memref<?x64xf32, strided<[128, 1]>>, %t: tensor<4xf32>, %v: f32) -> tensor<4xf32> {
  memref.copy %x, %y : memref<?x64xf32> to memref<?x64xf32>
  memref.copy %x, %z : memref<?x64xf32> to memref<?x64xf32, strided<[128, 1]>>
  %0 = linalg.fill ins(%v : f32) outs(%t : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A copy whose row is strided in the input: tiles of 16 x 16, transposed in registers by four rounds of shuffles. Blocks of
// columns are parallel; the last one also copies what is left, by a tile that overlaps.
// CHECK-LABEL: func @transpose(
// CHECK-SAME: %[[X:.*]]: memref<?x40xi8>, %[[Y:.*]]: memref<40x?xi8>
// CHECK: scf.parallel (%[[C:.*]]) = (%c0) to (%c32) step (%c16)
// CHECK: scf.if
// CHECK: scf.for %[[I:.*]] = %c0 to %{{.*}} step %c16
// CHECK: %[[R:.*]] = arith.minsi %[[I]], %{{.*}}
// CHECK: vector.load %[[X]][%[[R]], %[[C]]] : memref<?x40xi8>, vector<16xi8>
// CHECK-COUNT-15: vector.load
// CHECK-COUNT-64: vector.shuffle
// CHECK: vector.store %{{.*}}, %[[Y]][%[[C]], %[[R]]] : memref<40x?xi8>, vector<16xi8>
// CHECK-COUNT-15: vector.store
// CHECK: scf.if
// CHECK: vector.load %[[X]][%[[R]], %c24]
// CHECK: } else {
// CHECK: memref.load
func.func @transpose(%x: memref<?x40xi8>, %y: memref<40x?xi8>) {
  linalg.transpose ins(%x : memref<?x40xi8>) outs(%y : memref<40x?xi8>) permutation = [1, 0]
  return
}

// -----

// Rows shorter than a vector, of a known length, are ever narrower ones: 7 is 4 + 2 + 1.
// CHECK-LABEL: func @short(
// CHECK: vector.load %{{.*}} : memref<?x7xi8>, vector<4xi8>
// CHECK: vector.load %{{.*}} : memref<?x7xi8>, vector<2xi8>
// CHECK-NOT: scf.for
// CHECK: memref.load
// CHECK: return
func.func @short(%x: memref<?x7xi8>, %y: memref<?x7xi8, strided<[9, 1]>>) {
  memref.copy %x, %y : memref<?x7xi8> to memref<?x7xi8, strided<[9, 1]>>
  return
}

// -----

// Every second element: two vectors that share one, so that nothing is read behind the last window.
// CHECK-LABEL: func @every_second(
// CHECK: scf.for %[[N:.*]] = %c0 to %{{.*}} step %c16
// CHECK: %[[I:.*]] = affine.apply {{.*}}(%[[N]])
// CHECK: %[[A:.*]] = vector.load %arg0[%{{.*}}, %[[I]]] : memref<?x?xf32>, vector<16xf32>
// CHECK: %[[J:.*]] = arith.addi %[[I]], %c15
// CHECK: %[[B:.*]] = vector.load %arg0[%{{.*}}, %[[J]]] : memref<?x?xf32>, vector<16xf32>
// CHECK: vector.shuffle %[[A]], %[[B]] [0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31] : vector<16xf32>, vector<16xf32>
// CHECK: vector.store
func.func @every_second(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n * 2)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

// A sum of integers has no order: one reduction of the vector, no tree, of which LLVM would
// take some (products and differences of bytes) for an instruction that adds four lanes.
// CHECK-LABEL: func @integer_sum(
// CHECK: scf.for
// CHECK-COUNT-3: arith.addi %{{.*}} : vector<16xi32>
// CHECK: %[[SUM:.*]] = vector.reduction <add>, %{{.*}} : vector<16xi32> into i32
// CHECK-NOT: vector.extract_strided_slice
// CHECK: arith.addi %{{.*}}, %[[SUM]] : i32
func.func @integer_sum(%x: memref<?x?xi8>, %y: memref<?xi32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>],
                  iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x?xi8>) outs(%y : memref<?xi32>) {
  ^bb0(%a: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.muli %0, %0 : i32
    %2 = arith.addi %o, %1 : i32
    linalg.yield %2 : i32
  }
  return
}

// -----

// Its largest has none either, but is a tree.
// CHECK-LABEL: func @integer_max(
// CHECK-NOT: vector.reduction
// CHECK: arith.maxsi %{{.*}} : vector<8xi32>
func.func @integer_max(%x: memref<?x?xi32>, %y: memref<?xi32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>],
                  iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x?xi32>) outs(%y : memref<?xi32>) {
  ^bb0(%a: i32, %o: i32):
    %0 = arith.maxsi %o, %a : i32
    linalg.yield %0 : i32
  }
  return
}

// -----

// Neighbours along a dimension are loaded as a vector only where the last dimension, though
// of extent 1, has the stride 1: vector.load asks for that.
// CHECK-LABEL: func @last_stride(
// CHECK-NOT: vector.load
// CHECK: memref.load %{{.*}} : memref<?x1xf32, strided<[1, 2]>>
// CHECK-LABEL: func @unit_stride(
// CHECK: vector.load %{{.*}} : memref<?x1xf32, strided<[1, 1]>>, vector<16xf32>
func.func @last_stride(%x: memref<?x1xf32, strided<[1, 2]>>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m) -> (m, 0)>, affine_map<(m) -> (m)>], iterator_types = ["parallel"]}
      ins(%x : memref<?x1xf32, strided<[1, 2]>>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = math.sqrt %a : f32
    linalg.yield %0 : f32
  }
  return
}
func.func @unit_stride(%x: memref<?x1xf32, strided<[1, 1]>>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m) -> (m, 0)>, affine_map<(m) -> (m)>], iterator_types = ["parallel"]}
      ins(%x : memref<?x1xf32, strided<[1, 1]>>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = math.sqrt %a : f32
    linalg.yield %0 : f32
  }
  return
}
