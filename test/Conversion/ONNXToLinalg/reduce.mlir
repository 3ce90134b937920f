// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Only the accumulating add may be reassociated; 16-bit sums are f32 (act_c3).
// CHECK-LABEL: func.func @main
// CHECK: linalg.fill {{.*}} outs(%{{.*}} : tensor<2x1xf32>)
// CHECK: arith.addf %{{.*}}, %{{.*}} fastmath<reassoc,contract> : f32
// CHECK: arith.divf %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @main(%x: tensor<2x4xf16>) -> !onnx.unknown {
  %z = onnx.node "ReduceMean"(%x) opset 17 {axes = [-1]} : (tensor<2x4xf16>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// ReduceSum: axes are an attribute up to opset 12, an input from 13 on.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<4xf32>, tensor<2xf32>)
func.func @main(%x: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %axes = onnx.constant "axes" dense<[1]> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.node "ReduceSum"(%x) opset 11 {axes = [0], keepdims = 0} : (tensor<2x4xf32>) -> !onnx.unknown
  %b = onnx.node "ReduceSum"(%x, %axes) opset 13 {keepdims = 0} : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}

// -----

// ReduceMax: an attribute up to opset 17, an input from 18 on; NaN propagates.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<1x4xf32>, tensor<2x1xf32>)
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: arith.maximumf
// CHECK: arith.maximumf
func.func @main(%x: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %axes = onnx.constant "axes" dense<[1]> : tensor<1xi64> -> tensor<1xi64>
  %a = onnx.node "ReduceMax"(%x) opset 13 {axes = [0]} : (tensor<2x4xf32>) -> !onnx.unknown
  %b = onnx.node "ReduceMax"(%x, %axes) opset 18 {} : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}

// -----

// Without axes everything is reduced, unless noop_with_empty_axes.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>) -> (tensor<f32>, tensor<2x4xf32>)
// CHECK: return %{{.*}}, %[[X]]
func.func @main(%x: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %a = onnx.node "ReduceSum"(%x) opset 13 {keepdims = 0} : (tensor<2x4xf32>) -> !onnx.unknown
  %b = onnx.node "ReduceSum"(%x) opset 13 {noop_with_empty_axes = 1} : (tensor<2x4xf32>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}

// -----

// The last axes that are reduced together are one row (mm_c3); other axes stay what they are.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x3x5x?xf32>) -> (tensor<2xf32>, tensor<1x3x1x1xf32>, tensor<2x3x?xf32>)
// CHECK: %[[ALL:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0], [1, 2, 3]] : tensor<2x3x5x?xf32> into tensor<2x?xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[ALL]] : tensor<2x?xf32>)
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0], [1], [2, 3]] : tensor<2x3x5x?xf32> into
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "reduction"]} ins(%[[ROWS]] : tensor<2x3x?xf32>)
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction", "parallel"]} ins(%[[X]] :
func.func @main(%x: tensor<2x3x5x?xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "ReduceSum"(%x) opset 11 {axes = [3, 1, 2], keepdims = 0} : (tensor<2x3x5x?xf32>) -> !onnx.unknown
  %b = onnx.node "ReduceSum"(%x) opset 11 {axes = [0, 2, 3]} : (tensor<2x3x5x?xf32>) -> !onnx.unknown
  %c = onnx.node "ReduceSum"(%x) opset 11 {axes = [2], keepdims = 0} : (tensor<2x3x5x?xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Long float sums are accumulated in f64 (w_c1).
// CHECK-LABEL: func.func @main
// CHECK: arith.addf %{{.*}} fastmath<reassoc,contract> : f64
// CHECK: arith.truncf %{{.*}} : f64 to f32
func.func @main(%x: tensor<512x1024xf32>) -> !onnx.unknown {
  %a = onnx.node "ReduceMean"(%x) opset 13 {keepdims = 0} : (tensor<512x1024xf32>) -> !onnx.unknown
  return %a : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: linalg.generic
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, i64
// CHECK: return %{{.*}} : tensor<2xi64>
func.func @main(%x: tensor<2x4xf32>) -> !onnx.unknown {
  %a = onnx.node "ArgMax"(%x) opset 13 {axis = 1, keepdims = 0} : (tensor<2x4xf32>) -> !onnx.unknown
  return %a : !onnx.unknown
}

// -----

// noop_with_empty_axes sums nothing up, but what happens to each element happens (F9).
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>
// CHECK-NOT: "reduction"
// CHECK: arith.mulf
// CHECK: math.absf
// CHECK: math.log
// CHECK-NOT: "reduction"
// CHECK: return %{{.*}}, %{{.*}}, %{{.*}}, %[[X]] :
func.func @main(%x: tensor<2x3xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "ReduceSumSquare"(%x) opset 18 {noop_with_empty_axes = 1 : i64} : (tensor<2x3xf32>) -> !onnx.unknown
  %b = onnx.node "ReduceL1"(%x) opset 18 {noop_with_empty_axes = 1 : i64} : (tensor<2x3xf32>) -> !onnx.unknown
  %c = onnx.node "ReduceLogSum"(%x) opset 18 {noop_with_empty_axes = 1 : i64} : (tensor<2x3xf32>) -> !onnx.unknown
  %d = onnx.node "ReduceSum"(%x) opset 18 {noop_with_empty_axes = 1 : i64} : (tensor<2x3xf32>) -> !onnx.unknown
  return %a, %b, %c, %d : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Unsigned numbers are no negative ones.
// CHECK-LABEL: func.func @main
// CHECK-NOT: math.absi
// CHECK: arith.uitofp
// CHECK: arith.fptoui
func.func @main(%x: tensor<2x4xui32>) -> (!onnx.unknown, !onnx.unknown) {
  %a = onnx.node "ReduceL1"(%x) opset 17 {axes = [-1]} : (tensor<2x4xui32>) -> !onnx.unknown
  %b = onnx.node "ReduceLogSum"(%x) opset 17 {axes = [-1]} : (tensor<2x4xui32>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}
