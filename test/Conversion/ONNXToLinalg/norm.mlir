// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Mean, then the variance of centred values.
// CHECK-LABEL: func.func @main
// CHECK: arith.addf {{.*}} fastmath<reassoc,contract>
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK: arith.addf {{.*}} fastmath<reassoc,contract>
// CHECK: math.sqrt
// CHECK: return {{.*}} : tensor<1x?x8xf32>, tensor<1x?x1xf32>
func.func @main(%x: tensor<1x?x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "LayerNormalization"(%x, %s, %b) opset 17 {axis = -1, epsilon = 1.0e-5 : f32}
    : (tensor<1x?x8xf32>, tensor<8xf32>, tensor<8xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#2 : !onnx.unknown, !onnx.unknown
}

// -----

// No mean is subtracted.
// CHECK-LABEL: func.func @main
// CHECK-NOT: arith.subf
// CHECK: math.sqrt
// CHECK: return
func.func @main(%x: tensor<2x8xf32>, %s: tensor<8xf32>) -> !onnx.unknown {
  %y = onnx.node "RMSNormalization"(%x, %s) opset 23 {} : (tensor<2x8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// ONNX Runtime writes its own operator into the default domain.
// CHECK-LABEL: func.func @main
// CHECK-NOT: arith.subf
// CHECK: math.sqrt
// CHECK: return
func.func @main(%x: tensor<2x8xf32>, %s: tensor<8xf32>) -> !onnx.unknown {
  %y = onnx.node "SimplifiedLayerNormalization"(%x, %s) opset 20 {axis = -1, epsilon = 1.0e-6 : f32, stash_type = 1}
    : (tensor<2x8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Result 3 is input + skip + bias.
// CHECK-LABEL: func.func @main
// CHECK: arith.addf
// CHECK: %[[T:.*]] = arith.addf
// CHECK: linalg.yield %[[T]]
// CHECK: math.sqrt
// CHECK: return {{.*}} : tensor<1x3x8xf32>, tensor<1x3x8xf32>
func.func @main(%x: tensor<1x3x8xf32>, %k: tensor<1x3x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:4 = onnx.node "SkipLayerNormalization"(%x, %k, %s, %b) opset 1 domain "com.microsoft" present [1, 1, 1, 0, 1] {epsilon = 1.0e-12 : f32}
    : (tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<8xf32>, tensor<8xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#3 : !onnx.unknown, !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: arith.addf
// CHECK: math.sqrt
// CHECK: return {{.*}} : tensor<1x3x8xf32>, tensor<1x3x8xf32>
func.func @main(%x: tensor<1x3x8xf32>, %k: tensor<1x3x8xf32>, %s: tensor<8xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:4 = onnx.node "SkipSimplifiedLayerNormalization"(%x, %k, %s) opset 1 domain "com.microsoft" {epsilon = 1.0e-5 : f32}
    : (tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<8xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#3 : !onnx.unknown, !onnx.unknown
}

// -----

// One factor per channel is computed first.
// CHECK-LABEL: func.func @main
// CHECK: math.sqrt
// CHECK: linalg.yield
// CHECK: arith.subf
// CHECK: return {{.*}} : tensor<2x3x4x4xf32>
func.func @main(%x: tensor<2x3x4x4xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>, %m: tensor<3xf32>, %v: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "BatchNormalization"(%x, %s, %b, %m, %v) opset 15 {epsilon = 1.0e-5 : f32}
    : (tensor<2x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK: math.sqrt
func.func @main(%x: tensor<2x3x4x4xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "InstanceNormalization"(%x, %s, %b) opset 6 {} : (tensor<2x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 18: one scale per group.
// CHECK-LABEL: func.func @main
// CHECK: tensor.expand_shape {{.*}} into tensor<2x3x2x4x4xf32>
// CHECK: return {{.*}} : tensor<2x6x4x4xf32>
func.func @main(%x: tensor<2x6x4x4xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "GroupNormalization"(%x, %s, %b) opset 18 {num_groups = 3} : (tensor<2x6x4x4xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 21: one scale per channel.
// CHECK-LABEL: func.func @main
// CHECK: tensor.expand_shape {{.*}} into tensor<3x2x1x1xf32>
// CHECK: return {{.*}} : tensor<2x6x4x4xf32>
func.func @main(%x: tensor<2x6x4x4xf32>, %s: tensor<6xf32>, %b: tensor<6xf32>) -> !onnx.unknown {
  %y = onnx.node "GroupNormalization"(%x, %s, %b) opset 21 {num_groups = 3} : (tensor<2x6x4x4xf32>, tensor<6xf32>, tensor<6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The skip norms of com.microsoft have another default for epsilon than ONNX's (F9).
// CHECK-LABEL: func.func @main
// CHECK-DAG: arith.constant {{9.99.*E-13|1.000000e-12}} : f32
// CHECK-NOT: E-6 : f32
// CHECK: return
func.func @main(%x: tensor<1x3x8xf32>, %k: tensor<1x3x8xf32>, %s: tensor<8xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %a = onnx.node "SkipLayerNormalization"(%x, %k, %s) opset 1 domain "com.microsoft" {}
    : (tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<8xf32>) -> !onnx.unknown
  %b = onnx.node "SkipSimplifiedLayerNormalization"(%x, %k, %s) opset 1 domain "com.microsoft" {}
    : (tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}
