// RUN: bitnet-opt %s --bitnet-quantize-linears --split-input-file --verify-diagnostics

// w_c6: never a silent NaN.
func.func @nan(%x: tensor<?x2xf32>) -> tensor<?x1xf32> {
  %w = bitnet.constant "model.fc.weight" dense<[[0x7FC00000, 1.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  // expected-error @+1 {{w_c6: weights 'model.fc.weight' hold a NaN or an infinity and cannot be quantized}}
  %y = bitnet.linear "fc" %x, %w : (tensor<?x2xf32>, tensor<1x2xf32>) -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

// w_c1: all codes are 0, so is the product.
func.func @zeros(%x: tensor<?x2xf32>) -> tensor<?x1xf32> {
  %w = arith.constant dense<0.0> : tensor<1x2xf32>
  // expected-warning @+1 {{w_c1: weights 'fc' are all zero}}
  %y = bitnet.linear "fc" %x, %w : (tensor<?x2xf32>, tensor<1x2xf32>) -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}
