// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

// Parameters of the wrong length or rank are errors where that is known (F24), also where the
// axis is 1 and numpy would broadcast.

func.func @main(%x: tensor<?x1xf32>, %s: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'LayerNormalization': the sizes of scale and its input differ: 3 and 1}}
  %y = onnx.node "LayerNormalization"(%x, %s) opset 17 {} : (tensor<?x1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<?x1xf32>, %s: tensor<1xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'LayerNormalization': the sizes of bias and its input differ: 3 and 1}}
  %y = onnx.node "LayerNormalization"(%x, %s, %b) opset 17 {} : (tensor<?x1xf32>, tensor<1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Conv': the length of bias and dimension 1 differ: 3 and 1}}
  %y = onnx.node "Conv"(%x, %w, %b) opset 17 {} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>, %b: tensor<1x1xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Conv' needs a bias of rank 1, got rank 2}}
  %y = onnx.node "Conv"(%x, %w, %b) opset 17 {} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>, tensor<1x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x1x4xf32>, %s: tensor<1xf32>, %m: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'BatchNormalization': the length of mean and dimension 1 differ: 3 and 1}}
  %y = onnx.node "BatchNormalization"(%x, %s, %s, %m, %s) opset 15 {}
    : (tensor<2x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<3xf32>, tensor<1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x1x4xf32>, %s: tensor<3xf32>, %b: tensor<1xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'InstanceNormalization': the length of scale and dimension 1 differ: 3 and 1}}
  %y = onnx.node "InstanceNormalization"(%x, %s, %b) opset 6 {} : (tensor<2x1x4xf32>, tensor<3xf32>, tensor<1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%a: tensor<1x4xf32>, %b: tensor<4x1xf32>, %c: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Gemm': the sizes of C and its input differ: 3 and 1}}
  %y = onnx.node "Gemm"(%a, %b, %c) opset 13 {} : (tensor<1x4xf32>, tensor<4x1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%a: tensor<1x4xf32>, %b: tensor<4x1xf32>, %c: tensor<1x1x1xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Gemm' has a C of rank 3 for a tensor of rank 2}}
  %y = onnx.node "Gemm"(%a, %b, %c) opset 13 {} : (tensor<1x4xf32>, tensor<4x1xf32>, tensor<1x1x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x1xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.BiasGelu': the length of bias and dimension 1 differ: 3 and 1}}
  %y = onnx.node "BiasGelu"(%x, %b) opset 1 domain "com.microsoft" {} : (tensor<2x1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<f32>, %b: tensor<1xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.FastGelu' needs rank 1 or more}}
  %y = onnx.node "FastGelu"(%x, %b) opset 1 domain "com.microsoft" {} : (tensor<f32>, tensor<1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x1xf32>, %k: tensor<2x1xf32>, %s: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.SkipLayerNormalization': the length of parameter and dimension 1 differ: 3 and 1}}
  %y = onnx.node "SkipLayerNormalization"(%x, %k, %s) opset 1 domain "com.microsoft" {}
    : (tensor<2x1xf32>, tensor<2x1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x8xf32>, %k: tensor<2x8xf32>, %s: tensor<8xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.SkipLayerNormalization': the sizes of skip and its input differ: 2 and 1}}
  %y = onnx.node "SkipLayerNormalization"(%x, %k, %s) opset 1 domain "com.microsoft" {}
    : (tensor<1x8xf32>, tensor<2x8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3x1xi8>, %s: tensor<4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'DequantizeLinear': the length of scale and dimension 1 differ: 4 and 1}}
  %y = onnx.node "DequantizeLinear"(%x, %s) opset 13 {axis = 1 : i64} : (tensor<3x1xi8>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3x4xf32>, %s: tensor<4xf32>, %z: tensor<i8>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'QuantizeLinear': scale and zero point differ in rank: 1 and 0}}
  %y = onnx.node "QuantizeLinear"(%x, %s, %z) opset 13 {axis = 1 : i64} : (tensor<3x4xf32>, tensor<4xf32>, tensor<i8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3x4xi8>, %s: tensor<4xf32>, %z: tensor<3xi8>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'DequantizeLinear': sizes of scale and zero point differ: 4 and 3}}
  %y = onnx.node "DequantizeLinear"(%x, %s, %z) opset 13 {axis = 1 : i64} : (tensor<3x4xi8>, tensor<4xf32>, tensor<3xi8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%a: tensor<3x4xui8>, %b: tensor<4x5xi8>, %z: tensor<4xui8>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MatMulInteger': numbers of zero points and rows differ: 4 and 3}}
  %y = onnx.node "MatMulInteger"(%a, %b, %z) opset 10 {} : (tensor<3x4xui8>, tensor<4x5xi8>, tensor<4xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%a: tensor<4xui8>, %b: tensor<4x5xi8>, %z: tensor<2xui8>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MatMulInteger' has several zero points for a vector}}
  %y = onnx.node "MatMulInteger"(%a, %b, %z) opset 10 {} : (tensor<4xui8>, tensor<4x5xi8>, tensor<2xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<?x16xf32>, %w: tensor<2x1x8xui8>, %s: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.MatMulNBits': numbers of scales and blocks differ: 3 and 2}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) opset 1 domain "com.microsoft" {K = 16 : i64, N = 2 : i64, bits = 4 : i64, block_size = 16 : i64}
    : (tensor<?x16xf32>, tensor<2x1x8xui8>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<?x16xf32>, %w: tensor<2x1x8xui8>, %s: tensor<2xf32>, %z: tensor<3xui8>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.MatMulNBits': numbers of zero points and blocks differ: 3 and 2}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s, %z) opset 1 domain "com.microsoft" {K = 16 : i64, N = 2 : i64, bits = 4 : i64, block_size = 16 : i64}
    : (tensor<?x16xf32>, tensor<2x1x8xui8>, tensor<2xf32>, tensor<3xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<?x16xf32>, %w: tensor<1x1x8xui8>, %s: tensor<1xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.MatMulNBits': the length of bias and dimension 1 differ: 3 and 1}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s, %b) opset 1 domain "com.microsoft" present [1, 1, 1, 0, 0, 1]
    {K = 16 : i64, N = 1 : i64, bits = 4 : i64, block_size = 16 : i64}
    : (tensor<?x16xf32>, tensor<1x1x8xui8>, tensor<1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<1x2x4xf32>, %s: tensor<1x2x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding': sizes of the two tables differ: 4 and 3}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %s) opset 23 {} : (tensor<1x4x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<1x2x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding': the head size and twice the tables' width differ: 8 and 6}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %c) opset 23 {} : (tensor<1x4x2x8xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<64x4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding' needs tables of rank 3 without position_ids}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %c) opset 23 {} : (tensor<1x4x2x8xf32>, tensor<64x4xf32>, tensor<64x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<1x3x4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding': the sizes of table and its input differ: 3 and 2}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %c) opset 23 {} : (tensor<1x4x2x8xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<1x64x4xf32>, %p: tensor<1x2xi64>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding' needs tables of rank 2 with position_ids}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %c, %p) opset 23 {}
    : (tensor<1x4x2x8xf32>, tensor<1x64x4xf32>, tensor<1x64x4xf32>, tensor<1x2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<64x4xf32>, %p: tensor<3x2xi64>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding': the sizes of position_ids and its input differ: 3 and 1}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %c, %p) opset 23 {}
    : (tensor<1x4x2x8xf32>, tensor<64x4xf32>, tensor<64x4xf32>, tensor<3x2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x4xf32>, %b: tensor<2x4xi32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'bitnet.internal.AddInto' adds elements of type 'i32' to 'f32'}}
  %y = onnx.node "AddInto"(%x, %b) opset 17 domain "bitnet.internal" {} : (tensor<2x4xf32>, tensor<2x4xi32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x1xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'bitnet.internal.AddInto': the length of bias and dimension 1 differ: 4 and 1}}
  %y = onnx.node "AddInto"(%x, %b) opset 17 domain "bitnet.internal" {axis = -1 : i64} : (tensor<2x1xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<4x4xf32>, %s: tensor<1x2xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'QuantizeLinear': the sizes of scale and its input differ: 1 and 4}}
  %y = onnx.node "QuantizeLinear"(%x, %s) opset 21 {axis = 1, block_size = 2}
    : (tensor<4x4xf32>, tensor<1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<4x4xi8>, %s: tensor<5x2xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'DequantizeLinear': the sizes of scale and its input differ: 5 and 4}}
  %y = onnx.node "DequantizeLinear"(%x, %s) opset 21 {axis = 1, block_size = 2}
    : (tensor<4x4xi8>, tensor<5x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x6xf32>, %c: tensor<1x2x4xf32>, %s: tensor<1x2x4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding': the head size is less than rotary_embedding_dim: 6 and 8}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %s) opset 23 {rotary_embedding_dim = 8}
    : (tensor<1x4x2x6xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x2x16xf32>, %c: tensor<1x2x4xf32>, %s: tensor<1x2x4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'RotaryEmbedding' needs num_heads of 1 or more, got -2}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %s) opset 23 {num_heads = -2}
    : (tensor<1x2x16xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<5x4xf32>, %s: tensor<5x4xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<[[0, -1]]> : tensor<1x2xi64> -> tensor<1x2xi64>
  // expected-error @+1 {{operator 'RotaryEmbedding' has an index out of range}}
  %y = onnx.node "RotaryEmbedding"(%x, %c, %s, %p) opset 23 {}
    : (tensor<1x4x2x8xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<1x2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<5x4xf32>, %s: tensor<5x4xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<9223372036854775807> : tensor<1xi64> -> tensor<1xi64>
  // expected-error @+1 {{operator 'com.microsoft.RotaryEmbedding': position out of range: 9223372036854775807 and 3}}
  %y = onnx.node "RotaryEmbedding"(%x, %p, %c, %s) opset 1 domain "com.microsoft" {}
    : (tensor<1x4x2x8xf32>, tensor<1xi64>, tensor<5x4xf32>, tensor<5x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x16xf32>, %b: tensor<2x2x4xui8>, %s: tensor<4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.MatMulNBits' needs a block_size that is a power of two and at least 16, got 8}}
  %y = onnx.node "MatMulNBits"(%x, %b, %s) opset 1 domain "com.microsoft" {N = 2, K = 16, bits = 4, block_size = 8}
    : (tensor<2x16xf32>, tensor<2x2x4xui8>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x24xf32>, %b: tensor<2x1x12xui8>, %s: tensor<2xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'com.microsoft.MatMulNBits' needs a block_size that is a power of two and at least 16, got 24}}
  %y = onnx.node "MatMulNBits"(%x, %b, %s) opset 1 domain "com.microsoft" {N = 2, K = 24, bits = 4, block_size = 24}
    : (tensor<2x24xf32>, tensor<2x1x12xui8>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x4x3xf32>, %s: tensor<2x2xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'GroupNormalization' needs a scale of rank 1, got rank 2}}
  %y = onnx.node "GroupNormalization"(%x, %s, %b) opset 21 {num_groups = 2}
    : (tensor<2x4x3xf32>, tensor<2x2xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<2x4x3xf32>, %s: tensor<2xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'GroupNormalization': the length of bias and the number of groups differ: 4 and 2}}
  %y = onnx.node "GroupNormalization"(%x, %s, %b) opset 18 {num_groups = 2}
    : (tensor<2x4x3xf32>, tensor<2xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
