// RUN: bitnet-opt %s | bitnet-opt | FileCheck %s

// CHECK-LABEL: @node
func.func @node(%x: tensor<?x4xf32>, %hi: tensor<f32>) -> tensor<?x4xf32> {
  // CHECK: onnx.node "Clip"(%{{.*}}, %{{.*}}) opset 13 present [1, 0, 1] {}
  %0 = onnx.node "Clip"(%x, %hi) opset 13 present [1, 0, 1] {} : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: @bodies
func.func @bodies(%c: tensor<i1>, %x: tensor<2xf32>) -> !onnx.unknown {
  // CHECK: onnx.node "If"
  // CHECK: onnx.yield %{{.*}} : tensor<2xf32>
  %0 = onnx.node "If"(%c) opset 13 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.unknown {
    onnx.yield %x : tensor<2xf32>
  }, {
    onnx.yield %x : tensor<2xf32>
  }
  return %0 : !onnx.unknown
}

// CHECK-LABEL: @constant
func.func @constant() -> tensor<1024x1024xui8> {
  // CHECK: onnx.constant "w" #bitnet.blob<"m.data", 64, 1048576> -> tensor<1024x1024xui8>
  %0 = onnx.constant "w" #bitnet.blob<"m.data", 64, 1048576> -> tensor<1024x1024xui8>
  return %0 : tensor<1024x1024xui8>
}
