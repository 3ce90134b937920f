// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Unpacked, scaled per block, then multiplied with [N, K] rows.
// CHECK-LABEL: func.func @main
// CHECK: arith.shrui
// CHECK: arith.andi
// CHECK: tensor<6x32xf32>
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: return {{.*}} : tensor<?x6xf32>
func.func @main(%x: tensor<?x32xf32>, %b: tensor<6x2x8xui8>, %s: tensor<12xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMulNBits"(%x, %b, %s) opset 1 domain "com.microsoft" {N = 6, K = 32, bits = 4, block_size = 16}
    : (tensor<?x32xf32>, tensor<6x2x8xui8>, tensor<12xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
