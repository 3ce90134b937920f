// RUN: rm -rf %t && mkdir %t && cd %t && truncate -s 272629760 large.bin
// RUN: bitnet-opt %s --bitnet-pack-weights=packing=1.6 --split-input-file | FileCheck %s --check-prefixes=CHECK,BASE3
// RUN: bitnet-opt %s --bitnet-pack-weights=packing=2.0 --split-input-file | FileCheck %s --check-prefixes=CHECK,U2
// RUN: bitnet-opt %s --bitnet-pack-weights --split-input-file | FileCheck %s --check-prefixes=CHECK,U2
// RUN: bitnet-opt %s --bitnet-pack-weights=fast-packings=u1_6 --split-input-file | FileCheck %s --check-prefixes=CHECK,FAST
// RUN: not bitnet-opt %s --bitnet-pack-weights=packing=1.5 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not bitnet-opt %s --bitnet-pack-weights=fast-packings=u2,u3 2>&1 | FileCheck %s --check-prefix=NONE
// BAD: '1.5' is not one of auto, 2.0, 1.6
// NONE: 'u3' is not one of u2, u1_6

// Row 0: 1 at k = 0, -1 at k = 4 (1 - 3: sign and 2); 1 at k = 20, in the second chunk.
// K is padded to 40 columns, N to 32 rows; the records say what was chosen.
// BASE3: module attributes {bitnet.layers = [#bitnet.layer<"fc", kind = ternary, rows = 1, cols = 21, bytes = 84, packing = <u1_6, rows = 1, cols = 21>>]}
// U2: module attributes {bitnet.layers = [#bitnet.layer<"fc", kind = ternary, rows = 1, cols = 21, bytes = 84, packing = <u2, rows = 1, cols = 21>>]}
// CHECK-LABEL: func @small
// BASE3: bitnet.constant "w" dense<"0x82{{0+}}01{{0+}}"> : tensor<1x2x2x64xi8> packing <u1_6, rows = 1, cols = 21>
// BASE3: tensor.pad %{{.*}} low[0, 0] high[0, 19]
// BASE3: bitnet.matmul ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x40xi8>, tensor<1x2x2x64xi8>, tensor<?xi32>)
// BASE3-SAME: outs(%{{.*}} : tensor<?x32xi32>) packing <u1_6, rows = 1, cols = 21>
// U2: packing <u2, rows = 1, cols = 21>
// Caches hold so few weights: 2 bits are decoded faster.
// FAST: packing <u2, rows = 1, cols = 21>
module attributes {bitnet.layers = [#bitnet.layer<"fc", kind = ternary, rows = 1, cols = 21, bytes = 84>]} {
  func.func @small(%x: tensor<?x21xi8>, %init: tensor<?x1xi32>) -> tensor<?x1xi32> {
    %w = bitnet.constant "w" dense<[[1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]> : tensor<1x21xi2> -> tensor<1x21xi2>
    %acc = bitnet.matmul ins(%x, %w : tensor<?x21xi8>, tensor<1x21xi2>) outs(%init : tensor<?x1xi32>) {bitnet.layer = "fc"} -> tensor<?x1xi32>
    return %acc : tensor<?x1xi32>
  }
}

// -----

// A token must fetch these from memory: the fewer bytes win, if decoding keeps up.
// CHECK-LABEL: func @large
// BASE3: packing <u1_6, rows = 65536, cols = 16640>
// U2: packing <u2, rows = 65536, cols = 16640>
// FAST: packing <u1_6, rows = 65536, cols = 16640>
func.func @large(%x: tensor<1x16640xi8>, %init: tensor<1x65536xi32>) -> tensor<1x65536xi32> {
  %w = bitnet.constant "w" #bitnet.blob<"large.bin", 0, 272629760> -> tensor<65536x16640xi2>
  %acc = bitnet.matmul ins(%x, %w : tensor<1x16640xi8>, tensor<65536x16640xi2>) outs(%init : tensor<1x65536xi32>) -> tensor<1x65536xi32>
  return %acc : tensor<1x65536xi32>
}

// -----

// w_c3: a wish that does not fit gives way, and the record says why.
// BASE3: packing = <u2, rows = 3, cols = 64>, note = "groups of 32 do not fit chunks of 20 columns (w_c3)"
// CHECK-LABEL: func @groups
// CHECK: packing <u2, rows = 3, cols = 64> group 32
module attributes {bitnet.layers = [#bitnet.layer<"fc", kind = ternary, rows = 3, cols = 64, bytes = 768>]} {
  func.func @groups(%x: tensor<4x64xi8>, %init: tensor<2x4x3xi32>) -> tensor<2x4x3xi32> {
    %w = bitnet.constant "w" dense<1> : tensor<3x64xi2> -> tensor<3x64xi2>
    %a = bitnet.matmul ins(%x, %w : tensor<4x64xi8>, tensor<3x64xi2>) outs(%init : tensor<2x4x3xi32>) group 32 {bitnet.layer = "fc"} -> tensor<2x4x3xi32>
    return %a : tensor<2x4x3xi32>
  }
}

// -----

// BASE3: packing = <u2, rows = 64, cols = 16>, note = "activations are not int8"
// CHECK-LABEL: func @float_activations
// CHECK: packing <u2, rows = 64, cols = 16>
module attributes {bitnet.layers = [#bitnet.layer<"fc", kind = ternary, rows = 64, cols = 16, bytes = 4096>]} {
  func.func @float_activations(%x: tensor<4x16xf32>, %init: tensor<4x64xf32>) -> tensor<4x64xf32> {
    %w = bitnet.constant "w" dense<1> : tensor<64x16xi2> -> tensor<64x16xi2>
    %a = bitnet.matmul ins(%x, %w : tensor<4x16xf32>, tensor<64x16xi2>) outs(%init : tensor<4x64xf32>) {bitnet.layer = "fc"} -> tensor<4x64xf32>
    return %a : tensor<4x64xf32>
  }
}

// -----

// One weight under two packings is stored twice.
// CHECK-LABEL: func @both
// BASE3-DAG: packing <u2, rows = 32, cols = 32> -> tensor<1x2x4x64xi8>
// BASE3-DAG: packing <u1_6, rows = 32, cols = 32> -> tensor<1x2x2x64xi8>
func.func @both(%x: tensor<4x32xi8>, %f: tensor<4x32xf32>, %i: tensor<4x32xi32>, %g: tensor<4x32xf32>) -> (tensor<4x32xi32>, tensor<4x32xf32>) {
  %w = bitnet.constant "w" dense<1> : tensor<32x32xi2> -> tensor<32x32xi2>
  %a = bitnet.matmul ins(%x, %w : tensor<4x32xi8>, tensor<32x32xi2>) outs(%i : tensor<4x32xi32>) -> tensor<4x32xi32>
  %b = bitnet.matmul ins(%f, %w : tensor<4x32xf32>, tensor<32x32xi2>) outs(%g : tensor<4x32xf32>) -> tensor<4x32xf32>
  return %a, %b : tensor<4x32xi32>, tensor<4x32xf32>
}
