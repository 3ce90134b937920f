// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// com.microsoft: [B, S, H * D], halves; positions select rows of the tables.
// CHECK-LABEL: func.func @main
// CHECK: cf.assert %{{.*}}, "{{.*}}: index out of range"
// CHECK: arith.subf
// CHECK: arith.addf
// CHECK: return {{.*}} : tensor<1x?x32xf32>
func.func @main(%x: tensor<1x?x32xf32>, %p: tensor<1x?xi64>, %c: tensor<64x4xf32>, %s: tensor<64x4xf32>) -> !onnx.unknown {
  %y = onnx.node "RotaryEmbedding"(%x, %p, %c, %s) opset 1 domain "com.microsoft" {interleaved = 0, num_heads = 4}
    : (tensor<1x?x32xf32>, tensor<1x?xi64>, tensor<64x4xf32>, tensor<64x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// One position: a window of the tables.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[3, 0] [2, 4] [1, 1]
// CHECK-NOT: cf.assert
// CHECK: return {{.*}} : tensor<1x4x2x8xf32>
func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<64x4xf32>, %s: tensor<64x4xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<3> : tensor<1xi64> -> tensor<1xi64>
  %y = onnx.node "RotaryEmbedding"(%x, %p, %c, %s) opset 1 domain "com.microsoft" {}
    : (tensor<1x4x2x8xf32>, tensor<1xi64>, tensor<64x4xf32>, tensor<64x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// ONNX 23: tables may come per position; interleaved pairs are strided.
// CHECK-LABEL: func.func @main
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0, 1] [1, 4, 2, 4] [1, 1, 1, 2]
// CHECK: return {{.*}} : tensor<1x4x2x8xf32>
func.func @main(%x: tensor<1x4x2x8xf32>, %c: tensor<1x2x4xf32>, %s: tensor<1x2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "RotaryEmbedding"(%x, %c, %s) opset 23 {interleaved = 1}
    : (tensor<1x4x2x8xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
