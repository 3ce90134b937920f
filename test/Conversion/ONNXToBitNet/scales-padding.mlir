// RUN: bitnet-opt --convert-onnx-to-bitnet --split-input-file %s | FileCheck %s

// Codes that a scale of the graph, here the mean of a sample, multiplies back: the scale acts after
// the product. It may be NaN, which padding is not (act_c2), so no window may be of padding alone.

// Pads of 1 around windows of 2 x 2.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} act <codes
// CHECK: onnx.node "Mul"
func.func @main(%x: tensor<?x1x?x?xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[[[1.0, -1.0], [0.0, 1.0]]]]> : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x1x?x?xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMean"(%0) opset 17 {axes = [1, 2, 3]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Div"(%x, %1) opset 17 {} : (tensor<?x1x?x?xf32>, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Round"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Clip"(%3, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %1) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "Conv"(%5, %w) opset 17 {pads = [1, 0, 0, 0]} : (!onnx.unknown, tensor<1x1x2x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Pads of 2: the product reads floats.
// CHECK-LABEL: func.func @main
// CHECK: %[[X:.+]] = onnx.node "Mul"
// CHECK: bitnet.linear "{{.*}}" %[[X]]
// CHECK-NOT: act <
// CHECK: return
func.func @main(%x: tensor<?x1x?x?xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" dense<[[[[1.0, -1.0], [0.0, 1.0]]]]> : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
  %low = onnx.constant "low" dense<-128.0> : tensor<f32> -> tensor<f32>
  %high = onnx.constant "high" dense<127.0> : tensor<f32> -> tensor<f32>
  %0 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x1x?x?xf32>) -> !onnx.unknown
  %1 = onnx.node "ReduceMean"(%0) opset 17 {axes = [1, 2, 3]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.node "Div"(%x, %1) opset 17 {} : (tensor<?x1x?x?xf32>, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.node "Round"(%2) opset 17 {} : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.node "Clip"(%3, %low, %high) opset 17 {} : (!onnx.unknown, tensor<f32>, tensor<f32>) -> !onnx.unknown
  %5 = onnx.node "Mul"(%4, %1) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "Conv"(%5, %w) opset 17 {pads = [2, 0, 0, 0]} : (!onnx.unknown, tensor<1x1x2x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
