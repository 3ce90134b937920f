// RUN: bitnet-opt %s --bitnet-pack-weights --split-input-file | FileCheck %s

// Layout u2: byte 4r+j of a chunk, field f: code + 1 of row r, k = 4f + j.
// Row 0 is -1 except k = 1 (f 0, j 1: 0) and k = 6 (f 1, j 2: 1); rows 1.. are padding.
// CHECK-LABEL: func @layout
// CHECK-SAME: %[[X:.*]]: tensor<?x16xi8>
// CHECK: %[[P:.*]] = bitnet.constant "w" dense<"0x00010800555555{{(55)+}}"> : tensor<1x1x4x64xi8> packing <u2, rows = 1, cols = 16>
// CHECK: %[[SUMS:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[X]]
// CHECK: arith.extsi {{.*}} : i8 to i32
// CHECK: %[[ACC:.*]] = bitnet.matmul ins(%[[X]], %[[P]], %[[SUMS]] : tensor<?x16xi8>, tensor<1x1x4x64xi8>, tensor<?xi32>)
// CHECK-SAME: outs(%{{.*}} : tensor<?x64xi32>) packing <u2, rows = 1, cols = 16>
// CHECK: tensor.extract_slice %[[ACC]][0, 0] [%{{.*}}, 1] [1, 1] : tensor<?x64xi32> to tensor<?x1xi32>
func.func @layout(%x: tensor<?x16xi8>, %init: tensor<?x1xi32>) -> tensor<?x1xi32> {
  %w = bitnet.constant "w" dense<[[-1, 0, -1, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1]]> : tensor<1x16xi2> -> tensor<1x16xi2>
  %acc = bitnet.matmul ins(%x, %w : tensor<?x16xi8>, tensor<1x16xi2>) outs(%init : tensor<?x1xi32>) -> tensor<?x1xi32>
  return %acc : tensor<?x1xi32>
}

// -----

// K is padded with zero codes; two products of one x share its sums; two
// products with one weight share its bytes.
// CHECK-LABEL: func @shared
// CHECK-COUNT-1: bitnet.constant
// CHECK-NOT: bitnet.constant
// CHECK-COUNT-1: linalg.generic
// CHECK: tensor.pad %{{.*}} low[0, 0] high[0, 12]
// CHECK: bitnet.matmul ins(%{{.*}} : tensor<4x32xi8>
// CHECK-NOT: linalg.generic
// CHECK: bitnet.matmul ins(%{{.*}} : tensor<4x32xi8>
func.func @shared(%x: tensor<4x20xi8>, %init: tensor<4x64xi32>) -> (tensor<4x64xi32>, tensor<4x64xi32>) {
  %w = arith.constant dense<1> : tensor<64x20xi2>
  %a = bitnet.matmul ins(%x, %w : tensor<4x20xi8>, tensor<64x20xi2>) outs(%init : tensor<4x64xi32>) -> tensor<4x64xi32>
  %b = bitnet.matmul ins(%x, %w : tensor<4x20xi8>, tensor<64x20xi2>) outs(%init : tensor<4x64xi32>) -> tensor<4x64xi32>
  return %a, %b : tensor<4x64xi32>, tensor<4x64xi32>
}

// -----

// w_c3: sums per group; the padded accumulator has three axes.
// CHECK-LABEL: func @groups
// CHECK: tensor.expand_shape %{{.*}} output_shape [4, 2, 32] : tensor<4x64xi8> into tensor<4x2x32xi8>
// CHECK: outs(%{{.*}} : tensor<2x4xi32>)
// CHECK: bitnet.matmul ins({{.*}}, tensor<2x4xi32>) outs(%{{.*}} : tensor<2x4x64xi32>) packing <u2, rows = 3, cols = 64> group 32
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0] [2, 4, 3] [1, 1, 1]
func.func @groups(%x: tensor<4x64xi8>, %init: tensor<2x4x3xi32>) -> tensor<2x4x3xi32> {
  %w = arith.constant dense<1> : tensor<3x64xi2>
  %a = bitnet.matmul ins(%x, %w : tensor<4x64xi8>, tensor<3x64xi2>) outs(%init : tensor<2x4x3xi32>) group 32 -> tensor<2x4x3xi32>
  return %a : tensor<2x4x3xi32>
}

// -----

// Float activations need no sums.
// CHECK-LABEL: func @float_activations
// CHECK: bitnet.matmul ins(%{{.*}}, %{{.*}} : tensor<4x16xf32>, tensor<1x1x4x64xi8>) outs(
func.func @float_activations(%x: tensor<4x16xf32>, %init: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %w = arith.constant dense<1> : tensor<64x16xi2>
  %a = bitnet.matmul ins(%x, %w : tensor<4x16xf32>, tensor<64x16xi2>) outs(%init : tensor<4x64xf32>) -> tensor<4x64xf32>
  return %a : tensor<4x64xf32>
}

// -----

// Weights that are not constant stay as they are.
// CHECK-LABEL: func @not_constant
// CHECK: bitnet.matmul ins(%{{.*}} : tensor<4x16xi8>, tensor<64x16xi2>)
func.func @not_constant(%x: tensor<4x16xi8>, %w: tensor<64x16xi2>, %init: tensor<4x64xi32>) -> tensor<4x64xi32> {
  %a = bitnet.matmul ins(%x, %w : tensor<4x16xi8>, tensor<64x16xi2>) outs(%init : tensor<4x64xi32>) -> tensor<4x64xi32>
  return %a : tensor<4x64xi32>
}

// -----

// Larger weights are packed into a buffer of the compiler.
// CHECK-LABEL: func @blob
// CHECK: bitnet.constant #bitnet.blob<"<memory:{{[0-9]+}}>", 0, 16384> packing <u2, rows = 256, cols = 256>
func.func @blob(%x: tensor<4x256xi8>, %init: tensor<4x256xi32>) -> tensor<4x256xi32> {
  %w = arith.constant dense<1> : tensor<256x256xi2>
  %a = bitnet.matmul ins(%x, %w : tensor<4x256xi8>, tensor<256x256xi2>) outs(%init : tensor<4x256xi32>) -> tensor<4x256xi32>
  return %a : tensor<4x256xi32>
}
