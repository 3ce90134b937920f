// The training form (B1): weights and activations quantized in the graph, both
// with a straight-through residue, opset 17 spelling.
// RUN: bitnet-opt --convert-onnx-to-bitnet %s 2> %t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// REMARK: remark: read 2 straight-through residues x + (q - x) as q
// CHECK: bitnet.layers = [#bitnet.layer<"fc.weight", kind = ternary, rows = 2, cols = 8, bytes = 64, granularity = "tensor", act = "reciprocal_mul">]
// w_c1: mean|w| = 1, codes are round-half-even(w) clamped.
// CHECK: %[[CODES:.*]] = bitnet.constant "fc.weight" dense<{{\[\[}}1, -1, 0, 0, 1, 1, -1, -1], [1, 1, -1, 0, -1, 1, 1, 1]]> : tensor<2x8xi2>
// CHECK-NOT: onnx.node
// act_c1, mm_c2: the raw activations enter the layer; the scale of the weights is 1.
// CHECK: bitnet.linear "fc.weight" %arg0, %[[CODES]] act <reciprocal_mul, axes = [-1], qmax = 127, eps = {{9.99.*}}E-6 : f64, low = -128, high = 127> : (tensor<?x8xf32>, tensor<2x8xi2>) -> tensor<?x2xf32>
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant "fc.weight" dense<[[1.5, -1.5, 0.5, -0.5, 2.0, 0.75, -0.75, -0.75],
                                        [1.0, 1.0, -1.0, 0.25, -1.0, 0.75, 1.25, 1.5]]> : tensor<2x8xf32> -> tensor<2x8xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %c127 = onnx.constant "c127" dense<127.0> : tensor<f32> -> tensor<f32>
  %cm128 = onnx.constant "cm128" dense<-128.0> : tensor<f32> -> tensor<f32>
  %one = onnx.constant "one" dense<1.0> : tensor<f32> -> tensor<f32>
  %mone = onnx.constant "mone" dense<-1.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x8xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMax"(%0) opset 17 {axes = [-1], keepdims = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Clip"(%1, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %3 = onnx.node "Reciprocal"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %s = onnx.node "Mul"(%3, %c127) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %4 = onnx.node "Mul"(%x, %s) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Round"(%4) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %6 = onnx.node "Clip"(%5, %cm128, %c127) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %7 = onnx.node "Div"(%6, %s) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Sub"(%7, %x) opset 17 {} : (!onnx.unknown, tensor<?x8xf32>) -> !onnx.unknown
  %9 = onnx.node "Add"(%x, %8) opset 17 {} : (tensor<?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %10 = onnx.node "Abs"(%w) opset 17 {} : (tensor<2x8xf32>) -> !onnx.unknown
  %11 = onnx.node "ReduceMean"(%10) opset 17 {keepdims = 0 : i64} : (!onnx.unknown) -> !onnx.unknown
  %12 = onnx.node "Clip"(%11, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %13 = onnx.node "Reciprocal"(%12) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %14 = onnx.node "Mul"(%w, %13) opset 17 {} : (tensor<2x8xf32>, !onnx.unknown) -> !onnx.unknown
  %15 = onnx.node "Round"(%14) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %16 = onnx.node "Clip"(%15, %mone, %one) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %17 = onnx.node "Div"(%16, %13) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %18 = onnx.node "Sub"(%17, %w) opset 17 {} : (!onnx.unknown, tensor<2x8xf32>) -> !onnx.unknown
  %19 = onnx.node "Add"(%w, %18) opset 17 {} : (tensor<2x8xf32>, !onnx.unknown) -> !onnx.unknown
  %20 = onnx.node "Transpose"(%19) opset 17 {perm = [1, 0]} : (!onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%9, %20) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
