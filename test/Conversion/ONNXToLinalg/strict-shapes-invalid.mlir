// RUN: bitnet-opt %s --convert-onnx-to-linalg=strict-shapes=true --split-input-file --verify-diagnostics

// With strict-shapes, what a file declares of its outputs is a promise (F8): another size,
// rank or type than the graph computes is an error that names both.

// expected-error @+1 {{output 'y' is declared as 'tensor<5xf32>' but the graph computes 'tensor<4xf32>'}}
func.func @main(%x: tensor<4xf32>) -> (tensor<5xf32> {onnx.value = #onnx.value<name = "y">}) {
  // expected-note @+1 {{computed here}}
  %y = onnx.node "Relu"(%x) opset 17 {} : (tensor<4xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// -----

// expected-error @+1 {{output 'y' is declared as 'tensor<2x2xf32>' but the graph computes 'tensor<?xf32>'}}
func.func @main(%x: tensor<?xf32>) -> (tensor<2x2xf32> {onnx.value = #onnx.value<name = "y">}) {
  // expected-note @+1 {{computed here}}
  %y = onnx.node "Relu"(%x) opset 17 {} : (tensor<?xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// Signs count.
// expected-error @+1 {{output 'y' is declared as 'tensor<4xi8>' but the graph computes 'tensor<4xui8>'}}
func.func @main(%x: tensor<4xui8>) -> (tensor<4xi8> {onnx.value = #onnx.value<name = "y">}) {
  // expected-note @+1 {{computed here}}
  %y = onnx.node "Identity"(%x) opset 17 {} : (tensor<4xui8>) -> tensor<4xi8>
  return %y : tensor<4xi8>
}

// -----

// What convert-onnx-to-bitnet has kept beside a value is the declaration, too.
// expected-error @+1 {{output 'y' is declared as 'tensor<5xf32>' but the graph computes 'tensor<4xf32>'}}
func.func @main(%x: tensor<4xf32>) -> (!onnx.unknown {onnx.declared = tensor<5xf32>, onnx.value = #onnx.value<name = "y">}) {
  // expected-note @+1 {{computed here}}
  %y = onnx.node "Relu"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
