// RUN: bitnet-opt %s --bitnet-quantize-linears --split-input-file | FileCheck %s --check-prefixes=CHECK,MEAN
// RUN: bitnet-opt %s --bitnet-quantize-linears=method=absmean_plus_eps --split-input-file | FileCheck %s --check-prefixes=CHECK,EPS
// RUN: bitnet-opt %s --bitnet-quantize-linears=method=sign --split-input-file | FileCheck %s --check-prefixes=CHECK,SIGN
// RUN: bitnet-opt %s --bitnet-quantize-linears="include=f* exclude=*1" --split-input-file | FileCheck %s --check-prefix=SOME

// w_c1: mean|W| = 1, so 0.5 is a tie and rounds to the even 0; 1.5 is 2, clamped.
// w_c2: mean W = 0.25; 0.25 - 0.25 = 0 is not positive: -1.
// CHECK-LABEL: module @tie
// MEAN: bitnet.constant "w" dense<{{\[\[}}0, -1, 0, 1, -1, 1, 0, 1]]>
// MEAN: dense<1.000000e+00> : tensor<f32>
// EPS: bitnet.constant "w" dense<{{\[\[}}0, -1, 0, 1, -1, 1, 0, 1]]>
// EPS: dense<1.000000e+00> : tensor<f32>
// SIGN: bitnet.constant "w" dense<{{\[\[}}1, -1, -1, 1, -1, 1, -1, 1]]>
// SIGN: dense<1.000000e+00> : tensor<f32>
// CHECK: bitnet.linear "fc1" {{.*}} act <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.000000e-05 : f64, low = -128, high = 127>
// SOME-LABEL: module @tie
// SOME: bitnet.linear "fc1" %{{[^ ]*}}, %{{[^ ]*}} :
module @tie attributes {bitnet.layers = [#bitnet.layer<"fc1", kind = float, rows = 1, cols = 8, bytes = 32, reason = "float weights">]} {
  func.func @main(%x: tensor<?x8xf32>) -> tensor<?x1xf32> {
    %w = bitnet.constant "w" dense<[[0.5, -1.5, -0.5, 1.5, -1.0, 2.0, 0.25, 0.75]]> : tensor<1x8xf32> -> tensor<1x8xf32>
    %y = bitnet.linear "fc1" %x, %w : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x1xf32>
    return %y : tensor<?x1xf32>
  }
}

// -----

// The report says what was done.
// CHECK: bitnet.layers = [#bitnet.layer<"fc2", kind = {{ternary|binary}}, rows = 1, cols = 8, bytes = 32, reason = "quantized on request: {{absmean|absmean_plus_eps|sign}}", granularity = "tensor", act = "reciprocal_mul">]
// SOME: kind = ternary
module attributes {bitnet.layers = [#bitnet.layer<"fc2", kind = float, rows = 1, cols = 8, bytes = 32, reason = "float weights">]} {
  func.func @main(%x: tensor<?x8xf32>) -> tensor<?x1xf32> {
    %w = arith.constant dense<[[0.5, -1.5, -0.5, 1.5, -1.0, 2.0, 0.25, 0.75]]> : tensor<1x8xf32>
    %y = bitnet.linear "fc2" %x, %w : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x1xf32>
    return %y : tensor<?x1xf32>
  }
}

// -----

// A convolution is quantized per sample. bf16 weights are read as they are.
// CHECK-LABEL: func @conv
// CHECK: bitnet.linear "f" {{.*}} act <reciprocal_mul, axes = [1, 2, 3]
func.func @conv(%x: tensor<?x2x4x4xbf16>) -> tensor<?x1x3x3xbf16> {
  %w = arith.constant dense<[[0.5, -1.5, -0.5, 1.5, -1.0, 2.0, 0.25, 0.75]]> : tensor<1x8xbf16>
  %y = bitnet.linear "f" %x, %w conv <kernel = [2, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0]>
    : (tensor<?x2x4x4xbf16>, tensor<1x8xbf16>) -> tensor<?x1x3x3xbf16>
  return %y : tensor<?x1x3x3xbf16>
}

// -----

// quantize_weights of constants is evaluated even where no layer is named.
// CHECK-LABEL: func @op
// CHECK-NOT: bitnet.quantize_weights
// CHECK: return
// SOME-LABEL: func @op
// SOME: bitnet.constant dense<{{\[\[}}1, -1, 1, 0]]> : tensor<1x4xi2>
func.func @op() -> (tensor<1x4xi2>, tensor<f32>) {
  %w = arith.constant dense<[[2.0, -1.0, 0.5, 0.0]]> : tensor<1x4xf32>
  %t, %s = bitnet.quantize_weights %w absmean : tensor<1x4xf32> -> tensor<1x4xi2>, tensor<f32>
  return %t, %s : tensor<1x4xi2>, tensor<f32>
}
