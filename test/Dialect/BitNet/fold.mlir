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

// Base 3, least digit first: 1 - 3 + 0 - 27 + 81 = 52 at the byte of k = 0, 4, ...;
// its negative in row 1 has bit 7 set; all 1 is 121.
// CHECK-LABEL: func @pack_base3
// CHECK: arith.constant dense<"0x34000000B479{{(00)+}}"> : tensor<1x1x2x64xi8>
func.func @pack_base3() -> tensor<1x1x2x64xi8> {
  %w = arith.constant dense<[[1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0],
                             [-1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0]]> : tensor<2x20xi2>
  %p = bitnet.pack %w <u1_6, rows = 2, cols = 20> : tensor<2x20xi2> -> tensor<1x1x2x64xi8>
  return %p : tensor<1x1x2x64xi8>
}

// CHECK-LABEL: func @round_trip_base3
// CHECK: arith.constant dense<{{\[\[}}-1, 0, 1], [1, 0, -1]]> : tensor<2x3xi2>
// CHECK-NOT: bitnet
func.func @round_trip_base3() -> tensor<2x3xi2> {
  %w = arith.constant dense<[[-1, 0, 1], [1, 0, -1]]> : tensor<2x3xi2>
  %p = bitnet.pack %w <u1_6, rows = 2, cols = 3> : tensor<2x3xi2> -> tensor<1x1x2x64xi8>
  %u = bitnet.unpack %p <u1_6, rows = 2, cols = 3> : tensor<1x1x2x64xi8> -> tensor<2x3xi2>
  return %u : tensor<2x3xi2>
}

// The inverse needs one packing on both sides.
// CHECK-LABEL: func @two_packings
// CHECK: bitnet.unpack
// CHECK: bitnet.pack
func.func @two_packings(%q: tensor<1x1x2x64xi8>) -> (tensor<1x1x4x64xi8>, tensor<2x3xi2>) {
  %u = bitnet.unpack %q <u1_6, rows = 2, cols = 3> : tensor<1x1x2x64xi8> -> tensor<2x3xi2>
  %p = bitnet.pack %u <u2, rows = 2, cols = 3> : tensor<2x3xi2> -> tensor<1x1x4x64xi8>
  return %p, %u : tensor<1x1x4x64xi8>, tensor<2x3xi2>
}
