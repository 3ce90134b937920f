// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// act_c3: 16-bit floats are computed in f32 and rounded once.
// CHECK-LABEL: func.func @main
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: arith.addf %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK-NEXT: linalg.yield
func.func @main(%x: tensor<4xbf16>, %y: tensor<4xbf16>) -> !onnx.unknown {
  %z = onnx.node "Add"(%x, %y) opset 17 {} : (tensor<4xbf16>, tensor<4xbf16>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// The sign of the ONNX type picks the integer operation.
// CHECK-LABEL: func.func @main
// CHECK: arith.maxui
// CHECK: arith.minsi
// CHECK: arith.cmpi ult
func.func @main(%x: tensor<4xui8>, %y: tensor<4xi8>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Max"(%x, %x) opset 17 {} : (tensor<4xui8>, tensor<4xui8>) -> !onnx.unknown
  %b = onnx.node "Min"(%y, %y) opset 17 {} : (tensor<4xi8>, tensor<4xi8>) -> !onnx.unknown
  %c = onnx.node "Less"(%x, %x) opset 17 {} : (tensor<4xui8>, tensor<4xui8>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Integer division by zero and by -1 never reaches arith.divsi.
// CHECK-LABEL: func.func @main
// CHECK: %[[SAFE:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK: arith.divsi %{{.*}}, %{{.*}} : i32
// CHECK: arith.select
func.func @main(%x: tensor<4xi32>, %y: tensor<4xi32>) -> !onnx.unknown {
  %z = onnx.node "Div"(%x, %y) opset 17 {} : (tensor<4xi32>, tensor<4xi32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Constant powers need no pow.
// CHECK-LABEL: func.func @main
// CHECK: arith.mulf
// CHECK: math.sqrt
// CHECK: math.powf
func.func @main(%x: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %two = onnx.constant "two" dense<2.0> : tensor<f32> -> tensor<f32>
  %half = onnx.constant "half" dense<0.5> : tensor<f32> -> tensor<f32>
  %a = onnx.node "Pow"(%x, %two) opset 17 {} : (tensor<4xf32>, tensor<f32>) -> !onnx.unknown
  %b = onnx.node "Pow"(%x, %half) opset 17 {} : (tensor<4xf32>, tensor<f32>) -> !onnx.unknown
  %c = onnx.node "Pow"(%x, %x) opset 17 {} : (tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Clip-6: bounds are attributes, the largest finite number by default.
// CHECK-LABEL: func.func @main
// CHECK: %[[LOW:.*]] = arith.constant -1.000000e+00 : f32
// CHECK: %[[HIGH:.*]] = arith.constant 3.40282347E+38 : f32
// CHECK: arith.maximumf %{{.*}}, %[[LOW]]
// CHECK: arith.minimumf %{{.*}}, %[[HIGH]]
func.func @main(%x: tensor<4xf32>) -> !onnx.unknown {
  %z = onnx.node "Clip"(%x) opset 10 {min = -1.0 : f32} : (tensor<4xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Clip-11: bounds are inputs, either may be absent.
// CHECK-LABEL: func.func @main
// CHECK-NOT: arith.maximumf
// CHECK: arith.minimumf
func.func @main(%x: tensor<4xf32>, %hi: tensor<f32>) -> !onnx.unknown {
  %z = onnx.node "Clip"(%x, %hi) opset 13 present [1, 0, 1] {} : (tensor<4xf32>, tensor<f32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Floats out of an integer's range saturate; NaN gives the minimum (act_c2).
// CHECK-LABEL: func.func @main
// CHECK: arith.maxnumf
// CHECK: arith.minnumf
// CHECK: arith.fptosi %{{.*}} : f32 to i8
func.func @main(%x: tensor<4xf32>) -> !onnx.unknown {
  %z = onnx.node "Cast"(%x) opset 17 {to = 3} : (tensor<4xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Round is half to even (act_c1).
// CHECK-LABEL: func.func @main
// CHECK: math.roundeven
func.func @main(%x: tensor<4xf32>) -> !onnx.unknown {
  %z = onnx.node "Round"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Both forms of Gelu; BiasGelu of com.microsoft adds first.
// CHECK-LABEL: func.func @main
// CHECK: math.erf
// CHECK: math.tanh
// CHECK: arith.addf
// CHECK: math.erf
func.func @main(%x: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Gelu"(%x) opset 20 {} : (tensor<4xf32>) -> !onnx.unknown
  %b = onnx.node "Gelu"(%x) opset 20 {approximate = "tanh"} : (tensor<4xf32>) -> !onnx.unknown
  %c = onnx.node "BiasGelu"(%x, %x) opset 1 domain "com.microsoft" {} : (tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Rows of the table of activations: attributes or the defaults of the schema.
// CHECK-LABEL: func.func @main
// CHECK: math.expm1
// CHECK: arith.constant 2.500000e-01
// CHECK: math.expm1
// CHECK: arith.cmpf olt
// CHECK: arith.constant 0.166666672
// CHECK: arith.minimumf
// CHECK: arith.maximumf
// CHECK: math.log1p
// CHECK: arith.cmpf ogt
func.func @main(%x: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Elu"(%x) opset 22 {} : (tensor<4xf32>) -> !onnx.unknown
  %b = onnx.node "Elu"(%x) opset 22 {alpha = 2.500000e-01 : f32} : (tensor<4xf32>) -> !onnx.unknown
  %c = onnx.node "HardSwish"(%x) opset 14 {} : (tensor<4xf32>) -> !onnx.unknown
  %d = onnx.node "Softplus"(%x) opset 7 {} : (tensor<4xf32>) -> !onnx.unknown
  %e = onnx.node "ThresholdedRelu"(%x) opset 10 {} : (tensor<4xf32>) -> !onnx.unknown
  return %a, %b, %c, %d, %e : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Inverse hyperbolic functions by formulas that neither cancel near 0 nor overflow; outside
// of its domain acosh is NaN (F16).
// CHECK-LABEL: func.func @main
// CHECK: math.log1p
// CHECK: math.copysign
// CHECK: %[[BELOW:.*]] = arith.cmpf olt, %{{.*}}, %{{.*}} : f32
// CHECK: %[[NAN:.*]] = arith.constant 0x7FC00000 : f32
// CHECK: arith.select %[[BELOW]], %[[NAN]],
// CHECK: math.log1p
// CHECK: math.copysign
// CHECK-NOT: math.{{asinh|acosh|atanh}}
func.func @main(%x: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Asinh"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
  %b = onnx.node "Acosh"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
  %c = onnx.node "Atanh"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Numbers that differ by more than an i64 holds.
// CHECK-LABEL: func.func @main
// CHECK-DAG: arith.constant dense<9223372036854775807> : tensor<2xi64>
// CHECK-DAG: arith.constant dense<[false, true]> : tensor<2xi1>
// CHECK-DAG: arith.constant dense<[-9223372036854775808, 0]> : tensor<2xi64>
func.func @main() -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %p = onnx.constant "p" dense<[9223372036854775807, -9223372036854775808]> : tensor<2xi64> -> tensor<2xi64>
  %q = onnx.constant "q" dense<[-9223372036854775808, 9223372036854775807]> : tensor<2xi64> -> tensor<2xi64>
  %r = onnx.constant "r" dense<[-1, -9223372036854775808]> : tensor<2xi64> -> tensor<2xi64>
  %a = onnx.node "Max"(%p, %q) opset 13 {} : (tensor<2xi64>, tensor<2xi64>) -> !onnx.unknown
  %b = onnx.node "Less"(%p, %q) opset 13 {} : (tensor<2xi64>, tensor<2xi64>) -> !onnx.unknown
  %c = onnx.node "Div"(%q, %r) opset 14 {} : (tensor<2xi64>, tensor<2xi64>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}
