// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: linalg.transpose ins({{.*}} : tensor<2x3x4xf32>) {{.*}} permutation = [2, 0, 1]
func.func @main(%x: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Transpose"(%x) opset 13 {perm = [2, 0, 1]} : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Without 'perm' all dimensions are reversed.
// CHECK-LABEL: func.func @main
// CHECK: linalg.transpose {{.*}} permutation = [1, 0]
func.func @main(%x: tensor<2x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Transpose"(%x) opset 13 {} : (tensor<2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Dynamic extents add up: past + seq.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[A:.*]]: tensor<1x?x8xf32>, %[[B:.*]]: tensor<1x?x8xf32>
// CHECK-DAG: %[[DA:.*]] = tensor.dim %[[A]]
// CHECK-DAG: %[[DB:.*]] = tensor.dim %[[B]]
// CHECK: arith.addi %[[DA]], %[[DB]]
// CHECK: return {{.*}} : tensor<1x?x8xf32>
func.func @main(%a: tensor<1x?x8xf32>, %b: tensor<1x?x8xf32>) -> !onnx.unknown {
  %y = onnx.node "Concat"(%a, %b) opset 13 {axis = -2} : (tensor<1x?x8xf32>, tensor<1x?x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Lists of integers stay lists: the target shape is read as scalars.
// CHECK-LABEL: func.func @main
// CHECK: tensor.from_elements
// CHECK-NOT: linalg.generic
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %c = onnx.constant "c" dense<[2, 2]> : tensor<2xi64> -> tensor<2xi64>
  %i = onnx.constant "i" dense<[0]> : tensor<1xi64> -> tensor<1xi64>
  %s = onnx.node "Shape"(%x) opset 13 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %d = onnx.node "Gather"(%s, %i) opset 13 {axis = 0} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %y = onnx.node "Concat"(%d, %c) opset 13 {axis = 0} : (!onnx.unknown, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 11: sizes are an attribute; without it all parts are equal.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [2, 1] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[0, 1] [2, 3] [1, 1]
func.func @main(%x: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "Split"(%x) opset 11 {axis = 1, split = [1, 3]} : (tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

// Opset 13: sizes are an input.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [2, 1] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[0, 1] [2, 3] [1, 1]
func.func @main(%x: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %s = onnx.constant "s" dense<[1, 3]> : tensor<2xi64> -> tensor<2xi64>
  %y:2 = onnx.node "Split"(%x, %s) opset 13 {axis = 1} : (tensor<2x4xf32>, tensor<2xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

// Opset 18: num_outputs; the last part may be smaller.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0] [3] [1]
// CHECK: tensor.extract_slice %{{.*}}[3] [3] [1]
// CHECK: tensor.extract_slice %{{.*}}[6] [1] [1]
func.func @main(%x: tensor<7xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "Split"(%x) opset 18 {axis = 0, num_outputs = 3} : (tensor<7xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Bufferization looks at every pair of insertions into one tensor: long lists are joined in
// parts of 16 (F13), here one of 16 and one of 4, in their order, and the parts are copied.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[FIRST:[a-z0-9]+]]: tensor<2xf32>, {{.*}}, %[[LAST:[a-z0-9]+]]: tensor<2xf32>)
// CHECK: %[[A:.*]] = tensor.empty() : tensor<32xf32>
// CHECK: tensor.insert_slice %[[FIRST]] into %[[A]][0] [2] [1]
// CHECK-COUNT-14: tensor.insert_slice
// CHECK: %[[HEAD:.*]] = tensor.insert_slice %{{.*}}[30] [2] [1]
// CHECK: %[[B:.*]] = tensor.empty() : tensor<8xf32>
// CHECK: tensor.insert_slice %{{.*}} into %[[B]][0] [2] [1]
// CHECK-COUNT-2: tensor.insert_slice
// CHECK: %[[TAIL:.*]] = tensor.insert_slice %[[LAST]] into %{{.*}}[6] [2] [1]
// CHECK: %[[ALL:.*]] = tensor.concat dim(0) %[[HEAD]], %[[TAIL]] : (tensor<32xf32>, tensor<8xf32>) -> tensor<40xf32>
// CHECK: return %[[ALL]]
func.func @main(%x0: tensor<2xf32>, %x1: tensor<2xf32>, %x2: tensor<2xf32>, %x3: tensor<2xf32>, %x4: tensor<2xf32>, %x5: tensor<2xf32>, %x6: tensor<2xf32>, %x7: tensor<2xf32>, %x8: tensor<2xf32>, %x9: tensor<2xf32>, %x10: tensor<2xf32>, %x11: tensor<2xf32>, %x12: tensor<2xf32>, %x13: tensor<2xf32>, %x14: tensor<2xf32>, %x15: tensor<2xf32>, %x16: tensor<2xf32>, %x17: tensor<2xf32>, %x18: tensor<2xf32>, %x19: tensor<2xf32>) -> !onnx.unknown {
  %y = onnx.node "Concat"(%x0, %x1, %x2, %x3, %x4, %x5, %x6, %x7, %x8, %x9, %x10, %x11, %x12, %x13, %x14, %x15, %x16, %x17, %x18, %x19) opset 13 {axis = 0 : i64}
    : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Equal pieces of an extent that is only known at run time: if it is too short for all but
// the last one, there are no such pieces.
// CHECK-LABEL: func.func @main
// CHECK: %[[SIZE:.*]] = arith.divsi
// CHECK: %[[BEFORE:.*]] = arith.muli %[[SIZE]],
// CHECK: %[[MINUS:.*]] = arith.muli %[[BEFORE]],
// CHECK: %[[LAST:.*]] = arith.addi %{{.*}}, %[[MINUS]]
// CHECK: %[[FITS:.*]] = arith.cmpi sge, %[[LAST]], %c0
// CHECK: cf.assert %[[FITS]], "Split: the dimension is too short for its pieces"
// CHECK-COUNT-3: tensor.extract_slice
func.func @main(%x: tensor<?xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "Split"(%x) opset 18 {axis = 0, num_outputs = 3} : (tensor<?xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Channels become blocks of pixels. Depth, column, row: the axes of a block are in front of
// the channels that are left; the views copy nothing.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x12x2x5xf32>
// CHECK: %[[SPLIT:.*]] = tensor.expand_shape %[[X]] {{\[\[}}0], [1, 2, 3], [4], [5]] {{.*}} into tensor<1x2x2x3x2x5xf32>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[SPLIT]] : {{.*}}) outs(%{{.*}} : tensor<1x3x2x2x5x2xf32>) permutation = [0, 3, 4, 1, 5, 2]
// CHECK: %[[Y:.*]] = tensor.collapse_shape %[[T]] {{\[\[}}0], [1], [2, 3], [4, 5]] : tensor<1x3x2x2x5x2xf32> into tensor<1x3x4x10xf32>
// CHECK: return %[[Y]]
func.func @main(%x: tensor<1x12x2x5xf32>) -> !onnx.unknown {
  %y = onnx.node "DepthToSpace"(%x) opset 13 {blocksize = 2 : i64} : (tensor<1x12x2x5xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Column, row, depth: behind them. A block of one pixel moves nothing.
// CHECK-LABEL: func.func @main
// CHECK: linalg.transpose {{.*}} permutation = [0, 1, 4, 2, 5, 3]
// CHECK-NOT: linalg.transpose
// CHECK: return
func.func @main(%x: tensor<1x12x2x5xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y = onnx.node "DepthToSpace"(%x) opset 11 {blocksize = 2 : i64, mode = "CRD"} : (tensor<1x12x2x5xf32>) -> !onnx.unknown
  %z = onnx.node "DepthToSpace"(%x) opset 1 {blocksize = 1 : i64} : (tensor<1x12x2x5xf32>) -> !onnx.unknown
  return %y, %z : !onnx.unknown, !onnx.unknown
}

// -----

// The reverse. What is known late is checked late.
// CHECK-LABEL: func.func @main
// CHECK: cf.assert %{{.*}}, "SpaceToDepth: {{.*}}the height and a multiple of 2{{.*}}"
// CHECK: cf.assert %{{.*}}, "SpaceToDepth: {{.*}}the width and a multiple of 2{{.*}}"
// CHECK: linalg.transpose {{.*}} permutation = [0, 3, 5, 1, 2, 4]
// CHECK: return %{{.*}} : tensor<?x12x?x?xi8>
func.func @main(%x: tensor<?x3x?x?xi8>) -> !onnx.unknown {
  %y = onnx.node "SpaceToDepth"(%x) opset 13 {blocksize = 2 : i64} : (tensor<?x3x?x?xi8>) -> !onnx.unknown
  return %y : !onnx.unknown
}
