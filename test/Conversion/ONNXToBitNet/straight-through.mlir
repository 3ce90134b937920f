// RUN: bitnet-opt --convert-onnx-to-bitnet --split-input-file %s 2> %t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK <%t

// Which residues of training x + (q - x) are read as q (F4): those that lead into a
// product with weights, here ones that no pass computes. The others are what the graph computes, which differs from q in its last
// bits and where x is not finite.
// REMARK-COUNT-3: remark: read 1 straight-through residue x + (q - x) as q
// REMARK: remark: read 3 straight-through residues x + (q - x) as q
// REMARK: remark: read 1 straight-through residue x + (q - x) as q
// REMARK-NOT: remark

// One reader is a product, the other one an output.
// CHECK-LABEL: func.func @main
// CHECK: %[[Q:.*]] = onnx.node "Round"
// CHECK: %[[D:.*]] = onnx.node "Sub"(%[[Q]],
// CHECK: %[[R:.*]] = onnx.node "Add"(%{{.*}}, %[[D]])
// CHECK: %[[Y:.*]] = onnx.node "MatMul"(%[[Q]],
// CHECK: return %[[Y]], %[[R]]
func.func @main(%x: tensor<?x8xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %c = onnx.constant "w" dense<0.5> : tensor<8x4xf32> -> tensor<8x4xf32>
  %w = onnx.node "Exp"(%c) opset 17 {} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %q = onnx.node "Round"(%x) opset 17 {} : (tensor<?x8xf32>) -> !onnx.unknown
  %d = onnx.node "Sub"(%q, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %r = onnx.node "Add"(%x, %d) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%r, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %y, %r : !onnx.unknown, !onnx.unknown
}

// -----

// What moves or scales the value may come between. x - (x - q) is the same.
// CHECK-LABEL: func.func @main
// CHECK: %[[Q:.*]] = onnx.node "Round"
// CHECK-NOT: onnx.node "Sub"
// CHECK: %[[T:.*]] = onnx.node "Transpose"(%[[Q]])
// CHECK: %[[S:.*]] = onnx.node "Mul"(%[[T]],
// CHECK: onnx.node "Gemm"(%[[S]],
func.func @main(%x: tensor<8x3xf32>, %s: tensor<f32>) -> !onnx.unknown {
  %c = onnx.constant "w" dense<0.5> : tensor<8x4xf32> -> tensor<8x4xf32>
  %w = onnx.node "Exp"(%c) opset 17 {} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %q = onnx.node "Round"(%x) opset 17 {} : (tensor<8x3xf32>) -> !onnx.unknown
  %d = onnx.node "Sub"(%x, %q) opset 17 {} : (tensor<8x3xf32>, !onnx.unknown) -> !onnx.unknown
  %r = onnx.node "Sub"(%x, %d) opset 17 {} : (tensor<8x3xf32>, !onnx.unknown) -> !onnx.unknown
  %t = onnx.node "Transpose"(%r) opset 17 {perm = [1, 0]} : (!onnx.unknown) -> !onnx.unknown
  %m = onnx.node "Mul"(%t, %s) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %y = onnx.node "Gemm"(%m, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The shape of q is that of x and more: it was computed from x element by element, here
// with a scale per row.
// CHECK-LABEL: func.func @main
// CHECK: %[[Q:.*]] = onnx.node "Div"
// CHECK-NOT: onnx.node "Sub"
// CHECK: onnx.node "MatMul"(%[[Q]],
func.func @main(%x: tensor<?x8xf32>, %s: tensor<?x1xf32>) -> !onnx.unknown {
  %c = onnx.constant "w" dense<0.5> : tensor<8x4xf32> -> tensor<8x4xf32>
  %w = onnx.node "Exp"(%c) opset 17 {} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %m = onnx.node "Mul"(%x, %s) opset 17 {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> !onnx.unknown
  %o = onnx.node "Round"(%m) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %q = onnx.node "Div"(%o, %s) opset 17 {} : (!onnx.unknown, tensor<?x1xf32>) -> !onnx.unknown
  %d = onnx.node "Sub"(%q, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %r = onnx.node "Add"(%d, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %y = onnx.node "MatMul"(%r, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// All products count.
// CHECK-LABEL: func.func @main
// CHECK-NOT: onnx.node "Sub"
// CHECK: onnx.node "Conv"
// CHECK: onnx.node "ConvTranspose"
// CHECK: onnx.node "Einsum"
// CHECK-NOT: onnx.node "Sub"
func.func @main(%x: tensor<1x2x8xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %c = onnx.constant "w" dense<0.5> : tensor<2x2x3xf32> -> tensor<2x2x3xf32>
  %w = onnx.node "Exp"(%c) opset 17 {} : (tensor<2x2x3xf32>) -> tensor<2x2x3xf32>
  %q = onnx.node "Sign"(%x) opset 17 {} : (tensor<1x2x8xf32>) -> !onnx.unknown
  %d = onnx.node "Sub"(%q, %x) opset 17 {} : (!onnx.unknown, tensor<1x2x8xf32>) -> !onnx.unknown
  %a = onnx.node "Add"(%x, %d) opset 17 {} : (tensor<1x2x8xf32>, !onnx.unknown) -> !onnx.unknown
  %b = onnx.node "Add"(%x, %d) opset 17 {} : (tensor<1x2x8xf32>, !onnx.unknown) -> !onnx.unknown
  %e = onnx.node "Add"(%x, %d) opset 17 {} : (tensor<1x2x8xf32>, !onnx.unknown) -> !onnx.unknown
  %0 = onnx.node "Conv"(%a, %w) opset 17 {} : (!onnx.unknown, tensor<2x2x3xf32>) -> !onnx.unknown
  %1 = onnx.node "ConvTranspose"(%b, %w) opset 17 {} : (!onnx.unknown, tensor<2x2x3xf32>) -> !onnx.unknown
  %2 = onnx.node "Einsum"(%e, %w) opset 17 {equation = "abc,bde->ade"} : (!onnx.unknown, tensor<2x2x3xf32>) -> !onnx.unknown
  return %0, %1, %2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Not read as q: q of something else, which x may make larger; q of a part of x; what
// was never rounded; and an x that is another one.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = onnx.node "Add"(%arg0, %{{.*}})
// CHECK: %[[B:.*]] = onnx.node "Add"(%arg0, %{{.*}})
// CHECK: %[[C:.*]] = onnx.node "Add"(%arg0, %{{.*}})
// CHECK: %[[D:.*]] = onnx.node "Add"(%arg0, %{{.*}})
// CHECK: onnx.node "MatMul"(%[[A]],
// CHECK: onnx.node "MatMul"(%[[B]],
// CHECK: onnx.node "MatMul"(%[[C]],
// CHECK: onnx.node "MatMul"(%[[D]],
func.func @main(%x: tensor<?x8xf32>, %other: tensor<?x8xf32>)
    -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %c = onnx.constant "w" dense<0.5> : tensor<8x4xf32> -> tensor<8x4xf32>
  %w = onnx.node "Exp"(%c) opset 17 {} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %q0 = onnx.node "Round"(%other) opset 17 {} : (tensor<?x8xf32>) -> !onnx.unknown
  %d0 = onnx.node "Sub"(%q0, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %r0 = onnx.node "Add"(%x, %d0) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %max = onnx.node "ReduceMax"(%x) opset 17 {axes = [-1]} : (tensor<?x8xf32>) -> !onnx.unknown
  %q1 = onnx.node "Round"(%max) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %d1 = onnx.node "Sub"(%q1, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %r1 = onnx.node "Add"(%x, %d1) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %q2 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x8xf32>) -> !onnx.unknown
  %d2 = onnx.node "Sub"(%q2, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %r2 = onnx.node "Add"(%x, %d2) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %q3 = onnx.node "Round"(%x) opset 17 {} : (tensor<?x8xf32>) -> !onnx.unknown
  %d3 = onnx.node "Sub"(%q3, %other) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %r3 = onnx.node "Add"(%x, %d3) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %0 = onnx.node "MatMul"(%r0, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  %1 = onnx.node "MatMul"(%r1, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  %2 = onnx.node "MatMul"(%r2, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  %3 = onnx.node "MatMul"(%r3, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %0, %1, %2, %3 : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// An activation in between has another use for the value than its codes.
// CHECK-LABEL: func.func @main
// CHECK: %[[R:.*]] = onnx.node "Add"
// CHECK: %[[P:.*]] = onnx.node "Relu"(%[[R]])
// CHECK: onnx.node "MatMul"(%[[P]],
func.func @main(%x: tensor<?x8xf32>) -> !onnx.unknown {
  %c = onnx.constant "w" dense<0.5> : tensor<8x4xf32> -> tensor<8x4xf32>
  %w = onnx.node "Exp"(%c) opset 17 {} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %q = onnx.node "Round"(%x) opset 17 {} : (tensor<?x8xf32>) -> !onnx.unknown
  %d = onnx.node "Sub"(%q, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %r = onnx.node "Add"(%x, %d) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %p = onnx.node "Relu"(%r) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%p, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A product of two activations is no layer.
// CHECK-LABEL: func.func @main
// CHECK: %[[D:.*]] = onnx.node "Sub"(%arg0,
// CHECK: %[[R:.*]] = onnx.node "Sub"(%arg0, %[[D]])
// CHECK: onnx.node "MatMul"(%[[R]], %arg1)
func.func @main(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>) -> !onnx.unknown {
  %q = onnx.node "Round"(%x) opset 17 {} : (tensor<?x8xf32>) -> !onnx.unknown
  %d = onnx.node "Sub"(%x, %q) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %r = onnx.node "Sub"(%x, %d) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%r, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Weights of training are residues, too.
// CHECK-LABEL: func.func @main
// CHECK-NOT: onnx.node "Sub"
// CHECK: bitnet.linear
func.func @main(%x: tensor<?x8xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<0.3> : tensor<8x4xf32> -> tensor<8x4xf32>
  %s = onnx.constant "s" dense<0.3> : tensor<f32> -> tensor<f32>
  %n = onnx.node "Div"(%w, %s) opset 17 {} : (tensor<8x4xf32>, tensor<f32>) -> !onnx.unknown
  %o = onnx.node "Round"(%n) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %q = onnx.node "Mul"(%o, %s) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %d = onnx.node "Sub"(%q, %w) opset 17 {} : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  %r = onnx.node "Add"(%w, %d) opset 17 {} : (tensor<8x4xf32>, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%x, %r) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}
