// RUN: bitnet-opt %s --bitnet-evaluate-constants --split-input-file | FileCheck %s --check-prefixes=CHECK,WEIGHTS
// RUN: bitnet-opt %s --bitnet-evaluate-constants=remaining=true --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,REST

// The example of the description.

// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[W:.*]] = onnx.constant "p" dense<[4.000000e+00, 2.700000e+01]> : tensor<2xf32>
// CHECK-SAME: onnx.origin = {p = 8 : i64}
// CHECK-NEXT: onnx.node "Mul"(%arg0, %[[W]])
// CHECK-NEXT: return
func.func @main(%x: tensor<?x2xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<[2.0, 3.0]> : tensor<2xf32> -> tensor<2xf32>
  %w = onnx.node "Pow"(%p, %p) opset 17 {} : (tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  %y = onnx.node "Mul"(%x, %w) opset 17 {} : (tensor<?x2xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Streams are left to recognition: what is run is the logarithm, then the power.

// CHECK-LABEL: func.func @main
// WEIGHTS-COUNT-1: onnx.node "Round"
// WEIGHTS-NEXT: onnx.node "Mul"
// REST: onnx.constant "w" dense<[{{.*}}, 8.000000e+00]>
// REST-NOT: onnx.node "Round"
// CHECK: return
func.func @main(%x: tensor<?x2xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[2.5, 3.0]> : tensor<2xf32> -> tensor<2xf32>
  %two = onnx.constant "two" dense<2.0> : tensor<f32> -> tensor<f32>
  %p = onnx.node "Pow"(%two, %w) opset 17 {} : (tensor<f32>, tensor<2xf32>) -> !onnx.unknown
  %r = onnx.node "Round"(%p) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %y = onnx.node "Mul"(%x, %r) opset 17 {} : (tensor<?x2xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A node that fails stays, with what it alone is computed of; what does not need it is evaluated.

// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[T:.*]] = onnx.constant "c" dense<[0.76159{{.*}}]> : tensor<2xf32>
// CHECK-DAG: onnx.constant "i" dense<5>
// CHECK-DAG: %[[G:.*]] = onnx.node "Gather"
// CHECK: onnx.node "Sum"(%arg0, %[[G]], %[[T]])
func.func @main(%x: tensor<?x2xf32>) -> !onnx.unknown {
  %c = onnx.constant "c" dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %i = onnx.constant "i" dense<5> : tensor<i64> -> tensor<i64>
  %g = onnx.node "Gather"(%c, %i) opset 17 {} : (tensor<2xf32>, tensor<i64>) -> !onnx.unknown
  %t = onnx.node "Tanh"(%c) opset 17 {} : (tensor<2xf32>) -> !onnx.unknown
  %y = onnx.node "Sum"(%x, %g, %t) opset 17 {} : (tensor<?x2xf32>, !onnx.unknown, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Bodies read constants, too; one that is all constants is evaluated as a whole.

// CHECK-LABEL: func.func @main
// CHECK: onnx.node "If"(%arg1)
// CHECK-NEXT: onnx.constant "c" dense<[1.000000e+00, 0.000000e+00]>
// CHECK-NEXT: onnx.node "Add"
// CHECK-NOT: onnx.node "Sin"
// CHECK: return
func.func @main(%x: tensor<2xf32>, %b: tensor<i1>) -> !onnx.unknown {
  %c = onnx.constant "c" dense<[0.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %z = onnx.constant "z" dense<[1.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = onnx.node "If"(%b) opset 17 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.unknown {
    %p = onnx.node "Pow"(%c, %c) opset 17 {} : (tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
    %q = onnx.node "Mod"(%p, %c) opset 17 {fmod = 1 : i64} : (!onnx.unknown, tensor<2xf32>) -> !onnx.unknown
    %s = onnx.node "Pow"(%z, %c) opset 17 {} : (tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
    %r = onnx.node "Add"(%x, %s) opset 17 {} : (tensor<2xf32>, !onnx.unknown) -> !onnx.unknown
    onnx.yield %r : !onnx.unknown
  }, {
    onnx.yield %x : tensor<2xf32>
  }
  return %y : !onnx.unknown
}

// -----

// What grows stays: three bytes of input must not become a megabyte of library.

// CHECK-LABEL: func.func @main
// CHECK: onnx.node "Tile"
// CHECK: return
func.func @main(%x: tensor<1024x1024xf32>) -> !onnx.unknown {
  %c = onnx.constant "c" dense<[[1.0, 2.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %n = onnx.constant "n" dense<[1024, 512]> : tensor<2xi64> -> tensor<2xi64>
  %t = onnx.node "Tile"(%c, %n) opset 17 {} : (tensor<1x2xf32>, tensor<2xi64>) -> !onnx.unknown
  %y = onnx.node "Add"(%x, %t) opset 17 {} : (tensor<1024x1024xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}
