// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

func.func @mixed(%x: memref<4xf32>, %i: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expects tensors or memrefs, not both}}
  %y = bitnet.dispatch layer ins(%x : memref<4xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: memref<4xf32>, %o: tensor<4xf32>):
    bitnet.yield %o : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @arguments(%x: tensor<4xf32>, %i: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expects one argument of the body for each of its 2 operands, got 1}}
  %y = bitnet.dispatch layer ins(%x : tensor<4xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%o: tensor<4xf32>):
    bitnet.yield %o : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @types(%x: tensor<3xf32>, %i: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{argument 0 of the body is 'tensor<5xf32>' but its operand 'tensor<3xf32>'}}
  %y = bitnet.dispatch layer ins(%x : tensor<3xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: tensor<5xf32>, %o: tensor<4xf32>):
    bitnet.yield %o : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @yield(%i: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{yields  but has results of types 'tensor<4xf32>'}}
  %y = bitnet.dispatch layer outs(%i : tensor<4xf32>) {
  ^bb0(%o: tensor<4xf32>):
    bitnet.yield
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @swap(%i: tensor<4xf32>, %j: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // expected-error @+1 {{yields the argument of another operand as result 0}}
  %y:2 = bitnet.dispatch layer outs(%i, %j : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%o: tensor<4xf32>, %p: tensor<4xf32>):
    bitnet.yield %p, %o : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %y#0, %y#1 : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @captured(%x: f32, %i: tensor<4xf32>) -> tensor<4xf32> {
  // expected-note @+1 {{required by region isolation constraints}}
  %y = bitnet.dispatch layer outs(%i : tensor<4xf32>) {
  ^bb0(%o: tensor<4xf32>):
    // expected-error @+1 {{using value defined outside the region}}
    %r = linalg.fill ins(%x : f32) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @results(%i: tensor<4xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{expected type of operand #0 ('tensor<4xf32>') to match type of corresponding result ('tensor<8xf32>')}}
  %y = bitnet.dispatch layer outs(%i : tensor<4xf32>) {
  ^bb0(%o: tensor<4xf32>):
    %r = tensor.empty() : tensor<8xf32>
    bitnet.yield %r : tensor<8xf32>
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
