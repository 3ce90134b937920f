// RUN: bitnet-opt %s --convert-onnx-to-linalg | FileCheck %s

// In the file two int4 share a byte; in memory each has its own.
// CHECK-LABEL: func.func @main
// CHECK: %[[BYTES:.*]] = bitnet.constant "w" {{.*}} -> tensor<8192xi8>
// CHECK: tensor.extract %[[BYTES]]
// CHECK: arith.shrui
// CHECK: arith.trunci {{.*}} : i8 to i4
// CHECK: arith.extsi {{.*}} : i4 to i32
func.func @main(%s: tensor<f32>) -> !onnx.unknown {
  %w = onnx.constant "w" #bitnet.blob<"weights.data", 0, 8192> -> tensor<128x128xi4>
  %y = onnx.node "DequantizeLinear"(%w, %s) opset 21 {} : (tensor<128x128xi4>, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
