// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

// Windows that ONNX does not define.

func.func @main(%x: tensor<1x1x8xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MaxPool' needs pads that are not negative}}
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], pads = [-1, 0]} : (tensor<1x1x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'AveragePool' needs pads that are not negative}}
  %y = onnx.node "AveragePool"(%x) opset 12 {kernel_shape = [3], pads = [0, -1]} : (tensor<1x1x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>, %w: tensor<1x1x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Conv' needs pads that are not negative}}
  %y = onnx.node "Conv"(%x, %w) opset 11 {pads = [-1, -1]} : (tensor<1x1x8xf32>, tensor<1x1x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MaxPool' needs a kernel of positive sizes}}
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [0]} : (tensor<1x1x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>, %w: tensor<1x1x0xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Conv' needs a kernel of positive sizes}}
  %y = onnx.node "Conv"(%x, %w) opset 11 {} : (tensor<1x1x8xf32>, tensor<1x1x0xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>, %w: tensor<1x1x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Conv': kernel_shape and the weights' sizes differ: 2 and 3}}
  %y = onnx.node "Conv"(%x, %w) opset 11 {kernel_shape = [2]} : (tensor<1x1x8xf32>, tensor<1x1x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>, %w: tensor<1x1x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Conv' has a kernel_shape of 2 sizes for 1 spatial dimensions}}
  %y = onnx.node "Conv"(%x, %w) opset 11 {kernel_shape = [3, 3]} : (tensor<1x1x8xf32>, tensor<1x1x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MaxPool' needs kernel sizes and pads of at most 2147483647}}
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], pads = [4611686018427387904, 4611686018427387904]} : (tensor<1x1x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8xf32>, %w: tensor<1x1x3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Conv' needs dilations of at most 2147483647}}
  %y = onnx.node "Conv"(%x, %w) opset 11 {dilations = [9223372036854775807]} : (tensor<1x1x8xf32>, tensor<1x1x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @main(%x: tensor<1x1x8x8xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'MaxPool' has sizes of more than 72057594037927936 elements: 1 x 1 x 2147483655 x 2147483655}}
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3, 3], pads = [2147483647, 2147483647, 0, 0]} : (tensor<1x1x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
