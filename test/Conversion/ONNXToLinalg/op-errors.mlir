// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg --verify-diagnostics

func.func @main(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MatMul' inner dimensions differ: 3 and 4}}
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
  // expected-error @+1 {{operator 'PRelu' has a slope that is larger than its input}}
  %y = onnx.node "PRelu"(%x, %slope) opset 16 {} : (tensor<2x1xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>, %slope: tensor<2x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'PRelu' has a slope that is larger than its input}}
  %y = onnx.node "PRelu"(%x, %slope) opset 16 {} : (tensor<3xf32>, tensor<2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
