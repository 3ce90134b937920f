// RUN: bitnet-opt --convert-onnx-to-bitnet --split-input-file %s | FileCheck %s

// A quantizer is read through a cast only when every number passes it as it is (F6). One
// quantizer, with a pair of casts after some of its steps.

// Without a cast.
// CHECK-LABEL: func.func @main
// CHECK-NOT: onnx.node
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1], qmax = 127, eps = {{9.99.*}}E-6 : f64, low = -128, high = 127>
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMax"(%0) opset 17 {axes = [-1]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Clip"(%1, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %3 = onnx.node "Reciprocal"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Mul"(%3, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Mul"(%x, %4) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %6 = onnx.node "Round"(%5) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Clip"(%6, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %8 = onnx.node "Div"(%7, %4) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%8, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Casts that change no number: bf16 holds the codes, which are whole numbers of [-128, 127],
// f64 holds what f32 holds.
// CHECK-LABEL: func.func @main
// CHECK-NOT: onnx.node
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1], qmax = 127, eps = {{9.99.*}}E-6 : f64, low = -128, high = 127>
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMax"(%0) opset 17 {axes = [-1]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Cast"(%1) opset 17 {to = 11 : i64} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Cast"(%2) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Clip"(%3, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Reciprocal"(%4) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %6 = onnx.node "Mul"(%5, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %7 = onnx.node "Cast"(%6) opset 17 {to = 11 : i64} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Cast"(%7) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %9 = onnx.node "Mul"(%x, %8) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %10 = onnx.node "Cast"(%9) opset 17 {to = 11 : i64} : (!onnx.unknown) -> !onnx.unknown
  %11 = onnx.node "Cast"(%10) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %12 = onnx.node "Round"(%11) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %13 = onnx.node "Clip"(%12, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %14 = onnx.node "Cast"(%13) opset 17 {to = 16 : i64} : (!onnx.unknown) -> !onnx.unknown
  %15 = onnx.node "Cast"(%14) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %16 = onnx.node "Div"(%15, %8) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %17 = onnx.node "Cast"(%16) opset 17 {to = 11 : i64} : (!onnx.unknown) -> !onnx.unknown
  %18 = onnx.node "Cast"(%17) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%18, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A product that is rounded to bf16 before it is rounded to a code may give another code: the
// graph computes the codes.
// CHECK-LABEL: func.func @main
// CHECK: onnx.node "Cast"({{.*}} {to = 16 : i64}
// CHECK: onnx.node "Round"
// CHECK: bitnet.linear {{.*}} act <codes,
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMax"(%0) opset 17 {axes = [-1]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Clip"(%1, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %3 = onnx.node "Reciprocal"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Mul"(%3, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Mul"(%x, %4) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %6 = onnx.node "Cast"(%5) opset 17 {to = 16 : i64} : (!onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Cast"(%6) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Round"(%7) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %9 = onnx.node "Clip"(%8, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %10 = onnx.node "Div"(%9, %4) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%10, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// So may a scale.
// CHECK-LABEL: func.func @main
// CHECK: onnx.node "Cast"({{.*}} {to = 10 : i64}
// CHECK: onnx.node "Round"
// CHECK: bitnet.linear {{.*}} act <codes,
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMax"(%0) opset 17 {axes = [-1]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Clip"(%1, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %3 = onnx.node "Reciprocal"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Mul"(%3, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Cast"(%4) opset 17 {to = 10 : i64} : (!onnx.unknown) -> !onnx.unknown
  %6 = onnx.node "Cast"(%5) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Mul"(%x, %6) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Round"(%7) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %9 = onnx.node "Clip"(%8, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %10 = onnx.node "Div"(%9, %6) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%10, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// f16 has no room for all whole numbers; that the bounds come later does not help.
// CHECK-LABEL: func.func @main
// CHECK: %[[R:.*]] = onnx.node "Round"
// CHECK: onnx.node "Cast"(%[[R]]) {{.*}} {to = 10 : i64}
// CHECK-NOT: act <reciprocal_mul
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMax"(%0) opset 17 {axes = [-1]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Clip"(%1, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %3 = onnx.node "Reciprocal"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Mul"(%3, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Mul"(%x, %4) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %6 = onnx.node "Round"(%5) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Cast"(%6) opset 17 {to = 10 : i64} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Cast"(%7) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %9 = onnx.node "Clip"(%8, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %10 = onnx.node "Div"(%9, %4) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%10, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The largest of rounded magnitudes is not that of the values themselves.
// CHECK-LABEL: func.func @main
// CHECK: onnx.node "Cast"({{.*}} {to = 16 : i64}
// CHECK: onnx.node "ReduceMax"
// CHECK: bitnet.linear {{.*}} act <codes,
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "Cast"(%0) opset 17 {to = 16 : i64} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Cast"(%1) opset 17 {to = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "ReduceMax"(%2) opset 17 {axes = [-1]} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Clip"(%3, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Reciprocal"(%4) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %6 = onnx.node "Mul"(%5, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %7 = onnx.node "Mul"(%x, %6) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Round"(%7) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %9 = onnx.node "Clip"(%8, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %10 = onnx.node "Div"(%9, %6) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%10, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
