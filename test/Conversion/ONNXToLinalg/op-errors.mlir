// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg --verify-diagnostics

func.func @main(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MatMul': inner dimensions differ: 3 and 4}}
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<2x3xf32>, tensor<4x5xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<5x6xf32>) -> !onnx.unknown {
  %i = onnx.constant "i" dense<6> : tensor<1xi64> -> tensor<1xi64>
  // expected-error @+1 {{operator 'Gather' has an index out of range}}
  %y = onnx.node "Gather"(%x, %i) opset 13 {axis = 1} : (tensor<5x6xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x4x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  // expected-error @+1 {{operator 'MaxPool' does not support the output Indices}}
  %y:2 = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [2, 2]} : (tensor<1x1x4x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Transpose' has a 'perm' that is no permutation of 2 dimensions}}
  %y = onnx.node "Transpose"(%x) opset 13 {perm = [0, 0]} : (tensor<2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x3xi32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Mish' does not take elements of type 'i32'}}
  %y = onnx.node "Mish"(%x) opset 18 {} : (tensor<2x3xi32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x1xf32>, %slope: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'PRelu': the sizes of slope and its input differ: 3 and 1}}
  %y = onnx.node "PRelu"(%x, %slope) opset 16 {} : (tensor<2x1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>, %slope: tensor<2x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'PRelu' has a slope of rank 2 for a tensor of rank 1}}
  %y = onnx.node "PRelu"(%x, %slope) opset 16 {} : (tensor<3xf32>, tensor<2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  // expected-error @+1 {{operator 'Split' has num_outputs 3 but 2 outputs}}
  %y:2 = onnx.node "Split"(%x) opset 18 {axis = 0, num_outputs = 3} : (tensor<2xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

func.func @main(%x: tensor<5xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  // expected-error @+1 {{operator 'Split' cannot split a dimension into 4 pieces of which only the last is smaller}}
  %y:4 = onnx.node "Split"(%x) opset 18 {axis = 0, num_outputs = 4} : (tensor<5xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2, %y#3 : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

func.func @main(%x: tensor<2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  // expected-error @+1 {{operator 'Split' has the size -1}}
  %y:2 = onnx.node "Split"(%x) opset 11 {axis = 0, split = [3, -1]} : (tensor<2xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// -----

// The training form, before opset 14 by its outputs alone (F15).
func.func @main(%x: tensor<2x3x4xf32>, %s: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'BatchNormalization' supports inference only: it has 5 outputs, as in training, but not one}}
  %y:5 = onnx.node "BatchNormalization"(%x, %s, %s, %s, %s) opset 9 {}
    : (tensor<2x3x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
    -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0 : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x6x4xf32>, %s: tensor<6xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'GroupNormalization' supports only stash_type 1 (float)}}
  %y = onnx.node "GroupNormalization"(%x, %s, %s) opset 21 {num_groups = 3, stash_type = 16} : (tensor<2x6x4xf32>, tensor<6xf32>, tensor<6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%c: tensor<2xi1>, %x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'If' needs a condition of one element, got 'tensor<2xi1>'}}
  %y = onnx.node "If"(%c) opset 17 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<2xi1>) -> !onnx.unknown {
    onnx.yield %x : tensor<3xf32>
  }, {
    onnx.yield %x : tensor<3xf32>
  }
  return %y : !onnx.unknown
}

// -----

// 8-bit floats and what else no lowering computes with (F20).
func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  %q = onnx.constant "q" dense<1.0> : tensor<3xf8E4M3FN> -> tensor<3xf8E4M3FN>
  %s = onnx.constant "s" dense<1.0> : tensor<f32> -> tensor<f32>
  // expected-error @+1 {{operator 'DequantizeLinear' does not take elements of type 'f8E4M3FN' as input 1}}
  %y = onnx.node "DequantizeLinear"(%q, %s) opset 19 {} : (tensor<3xf8E4M3FN>, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3x4xi8>, %s: tensor<f32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'DequantizeLinear' supports only floats of 16 bits and more as its output_dtype}}
  %y = onnx.node "DequantizeLinear"(%x, %s) opset 23 {output_dtype = 17 : i64} : (tensor<3x4xi8>, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3x4xf32>, %s: tensor<f32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'QuantizeLinear' supports only the precision of its input}}
  %y = onnx.node "QuantizeLinear"(%x, %s) opset 23 {precision = 16 : i64} : (tensor<3x4xf32>, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3x4xf32>, %s: tensor<f32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'QuantizeLinear' supports only integer results of up to 16 bits}}
  %y = onnx.node "QuantizeLinear"(%x, %s) opset 23 {output_dtype = 17 : i64} : (tensor<3x4xf32>, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<?x16xf32>, %w: tensor<2x1x8xui8>, %s: tensor<2xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.MatMulNBits' does not support prepacked weights}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) opset 1 domain "com.microsoft" {K = 16 : i64, N = 2 : i64, bits = 4 : i64, block_size = 16 : i64, weight_prepacked = 1 : i64}
    : (tensor<?x16xf32>, tensor<2x1x8xui8>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// What a lowering does not read of a node is not ignored, where no schema says what the
// operator has, either.
func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'bitnet.internal.AddInto' does not support the attribute 'beta'}}
  %y = onnx.node "AddInto"(%x, %x) opset 17 domain "bitnet.internal" {axis = 0 : i64, beta = 2.0 : f32} : (tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main() -> !onnx.unknown {
  %s = onnx.constant "s" dense<[2, -1]> : tensor<2xi64> -> tensor<2xi64>
  // expected-error @+1 {{operator 'ConstantOfShape' has the size -1}}
  %y = onnx.node "ConstantOfShape"(%s) opset 9 {} : (tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<[4294967296, 4294967296]> : tensor<2xi64> -> tensor<2xi64>
  // expected-error @+1 {{operator 'Expand' has sizes of more than 72057594037927936 elements: 4294967296 x 4294967296}}
  %y = onnx.node "Expand"(%x, %s) opset 13 {} : (tensor<1xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<i32>) -> !onnx.unknown {
  %d = onnx.constant "d" dense<0> : tensor<i32> -> tensor<i32>
  // expected-error @+1 {{operator 'Range' has a step of 0}}
  %y = onnx.node "Range"(%x, %x, %d) opset 11 {} : (tensor<i32>, tensor<i32>, tensor<i32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<?x?xf32>) -> !onnx.unknown {
  %s = onnx.constant "s" dense<[1, 0]> : tensor<2xi64> -> tensor<2xi64>
  %a = onnx.constant "a" dense<[1, -1]> : tensor<2xi64> -> tensor<2xi64>
  // expected-error @+1 {{operator 'Slice' repeats axis -1}}
  %y = onnx.node "Slice"(%x, %s, %s, %a) opset 13 {} : (tensor<?x?xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Pad': it cuts more away than there is: 3 and 4}}
  %y = onnx.node "Pad"(%x) opset 2 {pads = [-2, -2]} : (tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<0xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Pad': an empty dimension has no elements to repeat: 0 and 1}}
  %y = onnx.node "Pad"(%x) opset 2 {pads = [1, 0], mode = "edge"} : (tensor<0xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x3xf32>, %i: tensor<1xi64>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'GatherND' needs batch_dims from 0 on that are fewer than the dimensions of data and indices, got -1 for 1}}
  %y = onnx.node "GatherND"(%x, %i) opset 13 {batch_dims = -1} : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x3xf32>, %i: tensor<1xi64>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'GatherND' needs batch_dims from 0 on that are fewer than the dimensions of data and indices, got 1 for 1}}
  %y = onnx.node "GatherND"(%x, %i) opset 13 {batch_dims = 1} : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%i: tensor<2xi64>, %v: tensor<3xf32>) -> !onnx.unknown {
  %d = onnx.constant "d" dense<4> : tensor<i64> -> tensor<i64>
  // expected-error @+1 {{operator 'OneHot': the number of values and 2 differ: 3 and 2}}
  %y = onnx.node "OneHot"(%i, %d, %v) opset 11 {} : (tensor<2xi64>, tensor<i64>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%i: tensor<2xi64>, %v: tensor<1x2xf32>) -> !onnx.unknown {
  %d = onnx.constant "d" dense<4> : tensor<i64> -> tensor<i64>
  // expected-error @+1 {{operator 'OneHot' needs values of rank 1, got rank 2}}
  %y = onnx.node "OneHot"(%i, %d, %v) opset 11 {} : (tensor<2xi64>, tensor<i64>, tensor<1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%i: tensor<2xi64>, %v: tensor<2xf32>) -> !onnx.unknown {
  %d = onnx.constant "d" dense<-3> : tensor<i64> -> tensor<i64>
  // expected-error @+1 {{operator 'OneHot': the depth is less than 1: -3 and 1}}
  %y = onnx.node "OneHot"(%i, %d, %v) opset 11 {} : (tensor<2xi64>, tensor<i64>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%i: tensor<2xi64>, %v: tensor<2xf32>) -> !onnx.unknown {
  %d = onnx.constant "d" dense<5.000000e-01> : tensor<f32> -> tensor<f32>
  // expected-error @+1 {{operator 'OneHot': the depth is less than 1: 0 and 1}}
  %y = onnx.node "OneHot"(%i, %d, %v) opset 11 {} : (tensor<2xi64>, tensor<f32>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<?xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Pad' has a pad of 9223372036854775807 elements, supports at most 1099511627776}}
  %y = onnx.node "Pad"(%x) opset 2 {pads = [9223372036854775807, 9223372036854775807]}
    : (tensor<?xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Pad' has a pad of -9223372036854775808 elements, supports at most 1099511627776}}
  %y = onnx.node "Pad"(%x) opset 2 {pads = [-9223372036854775808, 0]} : (tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Pad': it reflects more elements than there are: 3 and 3}}
  %y = onnx.node "Pad"(%x) opset 2 {pads = [0, 3], mode = "reflect"} : (tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3x3xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<0> : tensor<4xi64> -> tensor<4xi64>
  %a = onnx.constant "a" dense<[0, -2]> : tensor<2xi64> -> tensor<2xi64>
  // expected-error @+1 {{operator 'Pad' has axis 0 twice}}
  %y = onnx.node "Pad"(%x, %p, %a) opset 18 present [1, 1, 0, 1] {}
    : (tensor<3x3xf32>, tensor<4xi64>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<1> : tensor<2xi64> -> tensor<2xi64>
  %v = onnx.constant "v" dense<1> : tensor<i64> -> tensor<i64>
  // expected-error @+1 {{operator 'Pad' mixes elements of type 'f32' and 'i64', inputs 1 and 3}}
  %y = onnx.node "Pad"(%x, %p, %v) opset 13 {} : (tensor<3xf32>, tensor<2xi64>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x2xi32>, %w: tensor<2x2xi32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Gemm' supports only a whole 'alpha' for integers, got 5.000000e-01}}
  %y = onnx.node "Gemm"(%x, %w) opset 13 {alpha = 5.000000e-01 : f32}
    : (tensor<2x2xi32>, tensor<2x2xi32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x6x2x2xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'DepthToSpace': the number of channels and a multiple of 4 differ: 6 and 4}}
  %y = onnx.node "DepthToSpace"(%x) opset 13 {blocksize = 2 : i64} : (tensor<1x6x2x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<4x4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'SpaceToDepth' needs an input of rank 4, got rank 2}}
  %y = onnx.node "SpaceToDepth"(%x) opset 13 {blocksize = 2 : i64} : (tensor<4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
