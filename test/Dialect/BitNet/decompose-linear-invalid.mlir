// RUN: bitnet-opt %s --bitnet-decompose-linear --split-input-file --verify-diagnostics

func.func @untyped(%x: !onnx.unknown, %w: tensor<32x64xi2>) -> !onnx.unknown {
  // expected-error @+1 {{layer 'fc' has no type yet: run convert-onnx-to-linalg}}
  %y = bitnet.linear "fc" %x, %w : (!onnx.unknown, tensor<32x64xi2>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @axes(%x: tensor<2x4x64xf32>, %w: tensor<32x64xi2>) -> tensor<2x4x32xf32> {
  // expected-error @+1 {{layer 'fc': act_c1: the reduced axes must cover the whole row}}
  %y = bitnet.linear "fc" %x, %w
    act <divide, axes = [1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<2x4x64xf32>, tensor<32x64xi2>) -> tensor<2x4x32xf32>
  return %y : tensor<2x4x32xf32>
}

// -----

func.func @scaled_integers(%x: tensor<4x64xi8>, %w: tensor<32x64xi2>, %s: tensor<f32>) -> tensor<4x32xi32> {
  // expected-error @+1 {{layer 'fc': mm_c1: integer x needs ternary weights, no scale, no bias}}
  %y = bitnet.linear "fc" %x, %w scale %s : (tensor<4x64xi8>, tensor<32x64xi2>, tensor<f32>) -> tensor<4x32xi32>
  return %y : tensor<4x32xi32>
}
