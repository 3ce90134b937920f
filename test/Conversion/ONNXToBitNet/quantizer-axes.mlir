// RUN: bitnet-opt --convert-onnx-to-bitnet --split-input-file %s | FileCheck %s

// A quantizer whose axes count from the front is one over rows only where operators tell
// the rank of x; what a file declares of values between nodes may be stale.

// An input says its rank.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1],
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMax"(%0) opset 17 {axes = [1]} : (!onnx.unknown) -> !onnx.unknown
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

// So does an operator that keeps it, whatever is declared of its result.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1],
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Relu"(%x) opset 17 {} : (tensor<?x4xf32>) -> tensor<1x2x3xf32>
  %1 = onnx.node "Abs"(%0) opset 17 {} : (tensor<1x2x3xf32>) -> !onnx.unknown
  %2 = onnx.node "ReduceMax"(%1) opset 17 {axes = [1]} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Clip"(%2, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %4 = onnx.node "Reciprocal"(%3) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %6 = onnx.node "Mul"(%0, %5) opset 17 {} : (tensor<1x2x3xf32>, !onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Round"(%6) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Clip"(%7, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %9 = onnx.node "Div"(%8, %5) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%9, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Axis 1 of what a Reshape makes of it is not the last one, though the file declares so.
// CHECK-LABEL: func.func @main
// CHECK: onnx.node "ReduceMax"
// CHECK-NOT: act <reciprocal_mul
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %shape = onnx.constant "shape" dense<[-1, 2, 4]> : tensor<3xi64> -> tensor<3xi64>
  %0 = onnx.node "Reshape"(%x, %shape) opset 17 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x4xf32>
  %1 = onnx.node "Abs"(%0) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %2 = onnx.node "ReduceMax"(%1) opset 17 {axes = [1]} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Clip"(%2, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %4 = onnx.node "Reciprocal"(%3) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %6 = onnx.node "Mul"(%0, %5) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Round"(%6) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Clip"(%7, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %9 = onnx.node "Div"(%8, %5) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%9, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Axis 2 is.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1],
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %shape = onnx.constant "shape" dense<[-1, 2, 4]> : tensor<3xi64> -> tensor<3xi64>
  %0 = onnx.node "Reshape"(%x, %shape) opset 17 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x4xf32>
  %1 = onnx.node "Abs"(%0) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %2 = onnx.node "ReduceMax"(%1) opset 17 {axes = [2]} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Clip"(%2, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %4 = onnx.node "Reciprocal"(%3) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %6 = onnx.node "Mul"(%0, %5) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Round"(%6) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Clip"(%7, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %9 = onnx.node "Div"(%8, %5) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%9, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The length of a computed shape tells it, too.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1],
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %four = onnx.constant "four" dense<[4]> : tensor<1xi64> -> tensor<1xi64>
  %0 = onnx.node "Shape"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %1 = onnx.node "Concat"(%0, %four) opset 17 {axis = 0 : i64} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %2 = onnx.node "Reshape"(%x, %1) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Abs"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "ReduceMax"(%3) opset 17 {axes = [2]} : (!onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Clip"(%4, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %6 = onnx.node "Reciprocal"(%5) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Mul"(%6, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %8 = onnx.node "Mul"(%2, %7) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %9 = onnx.node "Round"(%8) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %10 = onnx.node "Clip"(%9, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %11 = onnx.node "Div"(%10, %7) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%11, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// An operator with another rule: the product of a vector and a matrix has one dimension less.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1],
func.func @main(%v: tensor<8xf32>, %m: tensor<2x8x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "MatMul"(%v, %m) opset 17 {} : (tensor<8xf32>, tensor<2x8x4xf32>) -> !onnx.unknown
  %1 = onnx.node "Abs"(%0) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "ReduceMax"(%1) opset 17 {axes = [1]} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Clip"(%2, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %4 = onnx.node "Reciprocal"(%3) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %6 = onnx.node "Mul"(%0, %5) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Round"(%6) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Clip"(%7, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %9 = onnx.node "Div"(%8, %5) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%9, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Nobody knows what an operator of another domain gives.
// CHECK-LABEL: func.func @main
// CHECK: onnx.node "ReduceMax"
// CHECK-NOT: act <reciprocal_mul
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Foo"(%x) opset 17 domain "other" {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = onnx.node "Abs"(%0) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %2 = onnx.node "ReduceMax"(%1) opset 17 {axes = [1]} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Clip"(%2, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %4 = onnx.node "Reciprocal"(%3) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %6 = onnx.node "Mul"(%0, %5) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Round"(%6) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Clip"(%7, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %9 = onnx.node "Div"(%8, %5) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%9, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Counted from the end the last axis is what it is.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} act <reciprocal_mul, axes = [-1],
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %eps = onnx.constant "eps" dense<1.0e-05> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Foo"(%x) opset 17 domain "other" {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = onnx.node "Abs"(%0) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %2 = onnx.node "ReduceMax"(%1) opset 17 {axes = [-1]} : (!onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Clip"(%2, %eps) opset 17 present [1, 1, 0] {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %4 = onnx.node "Reciprocal"(%3) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %high) opset 17 {} : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %6 = onnx.node "Mul"(%0, %5) opset 17 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %7 = onnx.node "Round"(%6) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.node "Clip"(%7, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %9 = onnx.node "Div"(%8, %5) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%9, %w) opset 17 {} : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
