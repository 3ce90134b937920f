// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Opset 11: everything from 'axis' (default 1) on is normalised together.
// CHECK-LABEL: func.func @main
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]}
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]}
// CHECK: arith.addf {{.*}} fastmath<reassoc,contract>
// One division for each sum.
// CHECK: arith.divf
// CHECK-NEXT: linalg.yield
// CHECK-NEXT: -> tensor<2x1xf32>
// CHECK: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK-NEXT: -> tensor<2x12xf32>
func.func @main(%x: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Softmax"(%x) opset 11 {} : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 13: only 'axis' (default -1).
// CHECK-LABEL: func.func @main
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK: arith.maximumf
func.func @main(%x: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Softmax"(%x) opset 13 {} : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: math.log
// CHECK: arith.truncf {{.*}} : f32 to f16
func.func @main(%x: tensor<2x4xf16>) -> !onnx.unknown {
  %y = onnx.node "LogSoftmax"(%x) opset 13 {axis = -1} : (tensor<2x4xf16>) -> !onnx.unknown
  return %y : !onnx.unknown
}
