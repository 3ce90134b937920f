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

// What the file says of an output is a hint.
// expected-warning @+1 {{output 'y' is declared as 'tensor<5xf32>' but the graph computes 'tensor<4xf32>'}}
func.func @main(%x: tensor<4xf32>) -> (tensor<5xf32> {onnx.value = #onnx.value<name = "y">}) {
  // expected-note @+1 {{computed here}}
  %y = onnx.node "Relu"(%x) opset 17 {} : (tensor<4xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// -----

// expected-error @+1 {{input 's' has elements of type '!onnx.string', which a caller cannot pass to a model}}
func.func @main(%s: tensor<4x!onnx.string> {onnx.value = #onnx.value<name = "s">}) -> tensor<4x!onnx.string> {
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
  // expected-error @+1 {{operator 'Exp' does not take elements of type 'i32' as input 1}}
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

// -----

// expected-error @+1 {{input 'q' has elements of type 'i4', which a caller cannot pass to a model}}
func.func @main(%q: tensor<4xi4> {onnx.value = #onnx.value<name = "q">}) -> !onnx.unknown {
  %y = onnx.node "Cast"(%q) opset 21 {to = 1} : (tensor<4xi4>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// expected-error @+1 {{input 'u' declares no shape (its type is 'tensor<*xf32>')}}
func.func @main(%u: tensor<*xf32> {onnx.value = #onnx.value<name = "u">}) -> !onnx.unknown {
  %y = onnx.node "Relu"(%u) opset 17 {} : (tensor<*xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// expected-error @+1 {{output 'z' has elements of type 'i4', which a model cannot give to its caller}}
func.func @main(%x: tensor<4xf32>) -> (!onnx.unknown {onnx.value = #onnx.value<name = "z">}) {
  %z = onnx.node "Cast"(%x) opset 21 {to = 22} : (tensor<4xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// All errors at once: a missing operator, and parameters of nodes that do not
// need its result.
// expected-error @+1 {{the model uses 1 unsupported operator}}
func.func @main(%x: tensor<3xf32>, %axes: tensor<1xi64>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  // expected-note @+1 {{operator 'NoSuchOp' at opset 17: 1 node}}
  %a = onnx.node "NoSuchOp"(%x) opset 17 {} : (tensor<3xf32>) -> !onnx.unknown
  %b = onnx.node "Relu"(%a) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  // expected-error @+1 {{operator 'ReduceSum' needs constant 'axes'}}
  %c = onnx.node "ReduceSum"(%x, %axes) opset 13 {} : (tensor<3xf32>, tensor<1xi64>) -> !onnx.unknown
  // expected-error @+1 {{operator 'Transpose' has a 'perm' that is no permutation of 1 dimensions}}
  %d = onnx.node "Transpose"(%x) opset 13 {perm = [1]} : (tensor<3xf32>) -> !onnx.unknown
  return %b, %c, %d : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Attributes that nobody reads are not ignored.
func.func @main(%x: tensor<3xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  // expected-error @+1 {{operator 'Relu' has no attribute 'slope' at opset 17}}
  %a = onnx.node "Relu"(%x) opset 17 {slope = 1.0 : f32} : (tensor<3xf32>) -> !onnx.unknown
  // expected-error @+1 {{operator 'Softmax' needs an integer as attribute 'axis'}}
  %b = onnx.node "Softmax"(%x) opset 17 {axis = 1.0 : f32} : (tensor<3xf32>) -> !onnx.unknown
  // expected-error @+1 {{operator 'Cast' needs the attribute 'to'}}
  %c = onnx.node "Cast"(%x) opset 17 {} : (tensor<3xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

func.func @main(%x: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{operator 'Relu' takes at most 1 inputs, got 2}}
  %a = onnx.node "Relu"(%x, %x) opset 17 {} : (tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  return %a : !onnx.unknown
}

// -----

// Lists of another kind, an input that is not there, and outputs that no version has.
func.func @main(%x: tensor<3xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  // expected-error @+1 {{operator 'Transpose' needs a list of integers as attribute 'perm'}}
  %a = onnx.node "Transpose"(%x) opset 17 {perm = [0.0 : f32]} : (tensor<3xf32>) -> !onnx.unknown
  // expected-error @+1 {{operator 'Add' needs at least 2 inputs, of which number 2 is missing}}
  %b = onnx.node "Add"(%x) opset 17 {} : (tensor<3xf32>) -> !onnx.unknown
  // expected-error @+1 {{operator 'Abs' has at most 1 outputs, got 2}}
  %c:2 = onnx.node "Abs"(%x) opset 17 {} : (tensor<3xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %a, %b, %c#0 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// A hint of another rank or element type.
// expected-warning @+2 {{output 'a' is declared as 'tensor<2x2xf32>' but the graph computes 'tensor<4xf32>'}}
// expected-warning @+1 {{output 'b' is declared as 'tensor<4xi32>' but the graph computes 'tensor<4xf32>'}}
func.func @main(%x: tensor<4xf32>) -> (tensor<2x2xf32> {onnx.value = #onnx.value<name = "a">}, tensor<4xi32> {onnx.value = #onnx.value<name = "b">}) {
  // expected-note @+1 {{computed here}}
  %a = onnx.node "Relu"(%x) opset 17 {} : (tensor<4xf32>) -> tensor<2x2xf32>
  // expected-note @+1 {{computed here}}
  %b = onnx.node "Exp"(%x) opset 17 {} : (tensor<4xf32>) -> tensor<4xi32>
  return %a, %b : tensor<2x2xf32>, tensor<4xi32>
}
