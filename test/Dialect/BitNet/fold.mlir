// RUN: bitnet-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func @pack_constant
// CHECK: arith.constant dense<-86> : tensor<1x1x4x64xi8>
func.func @pack_constant() -> tensor<1x1x4x64xi8> {
  %w = arith.constant dense<1> : tensor<64x16xi2>
  %p = bitnet.pack %w <u2, rows = 64, cols = 16> : tensor<64x16xi2> -> tensor<1x1x4x64xi8>
  return %p : tensor<1x1x4x64xi8>
}

// CHECK-LABEL: func @round_trip
// CHECK: arith.constant dense<{{\[\[}}-1, 0, 1], [1, 0, -1]]> : tensor<2x3xi2>
// CHECK-NOT: bitnet
func.func @round_trip() -> tensor<2x3xi2> {
  %w = arith.constant dense<[[-1, 0, 1], [1, 0, -1]]> : tensor<2x3xi2>
  %p = bitnet.pack %w <u2, rows = 2, cols = 3> : tensor<2x3xi2> -> tensor<1x1x4x64xi8>
  %u = bitnet.unpack %p <u2, rows = 2, cols = 3> : tensor<1x1x4x64xi8> -> tensor<2x3xi2>
  return %u : tensor<2x3xi2>
}

// CHECK-LABEL: func @inverse
// CHECK-SAME: %[[W:.*]]: tensor<2x3xi2>
// CHECK-NEXT: return %[[W]]
func.func @inverse(%w: tensor<2x3xi2>) -> tensor<2x3xi2> {
  %p = bitnet.pack %w <u2, rows = 2, cols = 3> : tensor<2x3xi2> -> tensor<1x1x4x64xi8>
  %u = bitnet.unpack %p <u2, rows = 2, cols = 3> : tensor<1x1x4x64xi8> -> tensor<2x3xi2>
  return %u : tensor<2x3xi2>
}
