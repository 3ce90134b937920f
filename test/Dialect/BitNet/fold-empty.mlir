// RUN: bitnet-opt %s --split-input-file --bitnet-fold-empty --canonicalize | FileCheck %s

// Whatever would compute it: a tensor without elements is there already.
// CHECK-LABEL: func @values
// CHECK-DAG: %[[A:.*]] = tensor.empty() : tensor<0x4xf32>
// CHECK-DAG: %[[B:.*]] = tensor.empty() : tensor<3x0xf32>
// CHECK: return %[[A]], %[[B]]
func.func @values(%x: tensor<0x4xf32>, %m: tensor<3x4xf32>, %c: i1) -> (tensor<0x4xf32>, tensor<3x0xf32>) {
  %a = scf.if %c -> tensor<0x4xf32> {
    %e = math.exp %x : tensor<0x4xf32>
    scf.yield %e : tensor<0x4xf32>
  } else {
    scf.yield %x : tensor<0x4xf32>
  }
  %b = tensor.extract_slice %m[0, 1] [3, 0] [1, 1] : tensor<3x4xf32> to tensor<3x0xf32>
  return %a, %b : tensor<0x4xf32>, tensor<3x0xf32>
}

// -----

// A sum over nothing is what it starts with, and what is computed from it stays.
// CHECK-LABEL: func @sum
// CHECK-SAME: %[[INIT:[a-z0-9]+]]: tensor<4xf32>
// CHECK-NOT: linalg.reduce
// CHECK: %[[Y:.*]] = math.exp %[[INIT]]
// CHECK: return %[[Y]]
func.func @sum(%x: tensor<0x4xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  %s = linalg.reduce ins(%x : tensor<0x4xf32>) outs(%init : tensor<4xf32>) dimensions = [0]
    (%a: f32, %b: f32) {
      %sum = arith.addf %a, %b : f32
      linalg.yield %sum : f32
    }
  %y = math.exp %s : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @insert
// CHECK-SAME: %{{.*}}: tensor<0x4xf32>, %[[TO:[a-z0-9]+]]: tensor<?x4xf32>
// CHECK-NEXT: return %[[TO]]
func.func @insert(%piece: tensor<0x4xf32>, %to: tensor<?x4xf32>, %at: index) -> tensor<?x4xf32> {
  %r = tensor.insert_slice %piece into %to[%at, 0] [0, 4] [1, 1] : tensor<0x4xf32> into tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// Calls may do more than compute, and sizes that are not known may be anything.
// CHECK-LABEL: func @kept
// CHECK: call @other
// CHECK: math.exp
func.func private @other(tensor<0xf32>) -> tensor<0xf32>
func.func @kept(%x: tensor<0xf32>, %y: tensor<?xf32>) -> (tensor<0xf32>, tensor<?xf32>) {
  %a = func.call @other(%x) : (tensor<0xf32>) -> tensor<0xf32>
  %b = math.exp %y : tensor<?xf32>
  return %a, %b : tensor<0xf32>, tensor<?xf32>
}

// -----

// One extent of 0 is enough; the others are computed from the operands.
// CHECK-LABEL: func @dynamic
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<?x0xf32>, %[[Y:[a-z0-9]+]]: tensor<?x?xf32>, %[[N:[a-z0-9]+]]: index
// CHECK-NOT: linalg.generic
// CHECK-NOT: tensor.extract_slice
// CHECK-DAG: %[[ROWS:.*]] = tensor.dim %[[X]], %c0
// CHECK-DAG: %[[A:.*]] = tensor.empty(%[[ROWS]]) : tensor<?x0xf32>
// CHECK-DAG: %[[B:.*]] = tensor.empty(%[[N]]) : tensor<?x0xf32>
// CHECK: return %[[A]], %[[B]]
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @dynamic(%x: tensor<?x0xf32>, %y: tensor<?x?xf32>, %n: index) -> (tensor<?x0xf32>, tensor<?x0xf32>) {
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x0xf32>) outs(%x : tensor<?x0xf32>) {
  ^bb0(%in: f32, %out: f32):
    %e = math.exp %in : f32
    linalg.yield %e : f32
  } -> tensor<?x0xf32>
  %b = tensor.extract_slice %y[0, 0] [%n, 0] [1, 1] : tensor<?x?xf32> to tensor<?x0xf32>
  return %a, %b : tensor<?x0xf32>, tensor<?x0xf32>
}

// -----

// A layer of nothing is nothing, as many rows as it may have in other dimensions.
// CHECK-LABEL: func @layer
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<0x?x64xf32>
// CHECK-NOT: bitnet.linear
// CHECK: %[[N:.*]] = tensor.dim %[[X]], %c1
// CHECK: %[[Y:.*]] = tensor.empty(%[[N]]) : tensor<0x?x2xf32>
// CHECK: return %[[Y]]
func.func @layer(%x: tensor<0x?x64xf32>, %w: tensor<2x64xi2>) -> tensor<0x?x2xf32> {
  %y = bitnet.linear "fc" %x, %w act <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<0x?x64xf32>, tensor<2x64xi2>) -> tensor<0x?x2xf32>
  return %y : tensor<0x?x2xf32>
}

// -----

// A piece that is only known to be empty at run time is inserted, one with other
// open extents is not.
// CHECK-LABEL: func @pieces
// CHECK-SAME: %{{.*}}: tensor<0x?xf32>, %[[MAYBE:[a-z0-9]+]]: tensor<?x4xf32>, %[[TO:[a-z0-9]+]]: tensor<?x4xf32>
// CHECK-COUNT-1: tensor.insert_slice %[[MAYBE]] into %[[TO]]
// CHECK-NOT: tensor.insert_slice
func.func @pieces(%piece: tensor<0x?xf32>, %maybe: tensor<?x4xf32>, %to: tensor<?x4xf32>, %n: index, %m: index) -> tensor<?x4xf32> {
  %0 = tensor.insert_slice %maybe into %to[0, 0] [%n, 4] [1, 1] : tensor<?x4xf32> into tensor<?x4xf32>
  %1 = tensor.insert_slice %piece into %0[%n, 0] [0, %m] [1, 1] : tensor<0x?xf32> into tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

// No elements also where the axis without any is collapsed with one of run-time length.
// CHECK-LABEL: func.func @collapsed
// CHECK: %[[E:.+]] = tensor.empty() : tensor<0x3xf32>
// CHECK: %[[R:.+]] = tensor.cast %[[E]] : tensor<0x3xf32> to tensor<?x3xf32>
// CHECK: return %[[R]]
func.func @collapsed(%x: tensor<?x0x3xf32>) -> tensor<?x3xf32> {
  %y = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x0x3xf32> into tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

// The other axes keep their lengths, which are of the run.
// CHECK-LABEL: func.func @collapsed_twice
// CHECK: %[[N:.+]] = arith.muli
// CHECK: tensor.empty(%[[N]]) : tensor<0x?xf32>
func.func @collapsed_twice(%x: tensor<?x0x?x?xf32>) -> tensor<?x?xf32> {
  %y = tensor.collapse_shape %x [[0, 1], [2, 3]] : tensor<?x0x?x?xf32> into tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// Extents of a padded tensor are sums, not affine maps, which no later pass of this stage takes.
// CHECK-LABEL: func.func @padded
// CHECK-NOT: affine
// CHECK: %[[N:.+]] = arith.addi
// CHECK: tensor.empty(%[[N]]) : tensor<0x?xf32>
func.func @padded(%x: tensor<0x?xf32>, %v: f32) -> tensor<0x?xf32> {
  %y = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %v : f32
  } : tensor<0x?xf32> to tensor<0x?xf32>
  return %y : tensor<0x?xf32>
}
