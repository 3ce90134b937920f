// RUN: bitnet-opt %s --bitnet-pack-weights --verify-diagnostics

// w_c5: -2 fits i2 but is no ternary weight.
func.func @minus_two(%x: tensor<4x16xi8>, %init: tensor<4x1xi32>) -> tensor<4x1xi32> {
  %w = arith.constant dense<-2> : tensor<1x16xi2>
  // expected-error @+1 {{w_c5: codes hold -2, which is not ternary}}
  %a = bitnet.matmul ins(%x, %w : tensor<4x16xi8>, tensor<1x16xi2>) outs(%init : tensor<4x1xi32>) -> tensor<4x1xi32>
  return %a : tensor<4x1xi32>
}
