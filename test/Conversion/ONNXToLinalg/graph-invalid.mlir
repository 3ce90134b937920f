// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

// All unsupported operators are listed at once.
// expected-error @+1 {{the model uses 3 unsupported operators}}
func.func @main(%x: tensor<4xf32>) -> !onnx.unknown {
  // expected-note @+1 {{operator 'NoSuchOp' at opset 17: 2 nodes, no lowering for this operator}}
  %0 = onnx.node "NoSuchOp"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
  %1 = onnx.node "NoSuchOp"(%0) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  // expected-note @+1 {{operator 'com.acme.Add' at opset 1: 1 node, no lowering for this operator}}
  %2 = onnx.node "Add"(%1, %x) opset 1 domain "com.acme" {} : (!onnx.unknown, tensor<4xf32>) -> !onnx.unknown
  // expected-note @+1 {{operator 'Add' at opset 6: 1 node, supported from opset 7}}
  %3 = onnx.node "Add"(%2, %x) opset 6 {} : (!onnx.unknown, tensor<4xf32>) -> !onnx.unknown
  return %3 : !onnx.unknown
}

// -----

// expected-error @+1 {{output 'y' is declared as 'tensor<5xf32>' but the graph computes 'tensor<4xf32>'}}
func.func @main(%x: tensor<4xf32>) -> (tensor<5xf32> {onnx.name = "y"}) {
  %y = onnx.node "Relu"(%x) opset 17 {} : (tensor<4xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// -----

// expected-error @+1 {{input 's' has the unsupported type 'tensor<4x!onnx.string>'}}
func.func @main(%s: tensor<4x!onnx.string> {onnx.name = "s"}) -> tensor<4x!onnx.string> {
  return %s : tensor<4x!onnx.string>
}

// -----

func.func @main(%x: tensor<3xf32>, %y: tensor<4xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Add' cannot broadcast extents 3 and 4}}
  %z = onnx.node "Add"(%x, %y) opset 17 {} : (tensor<3xf32>, tensor<4xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>, %y: tensor<3xi32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Add' mixes elements of type 'f32' and 'i32'}}
  %z = onnx.node "Add"(%x, %y) opset 17 {} : (tensor<3xf32>, tensor<3xi32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xi32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Exp' does not take elements of type 'i32'}}
  %z = onnx.node "Exp"(%x) opset 17 {} : (tensor<3xi32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Cast' casts to the unsupported element type 8}}
  %z = onnx.node "Cast"(%x) opset 17 {to = 8} : (tensor<3xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>, %axes: tensor<1xi64>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'ReduceSum' needs constant 'axes'}}
  %z = onnx.node "ReduceSum"(%x, %axes) opset 13 {} : (tensor<3xf32>, tensor<1xi64>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'ReduceMax' has axis 1 but rank 1}}
  %z = onnx.node "ReduceMax"(%x) opset 17 {axes = [1]} : (tensor<3xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}
