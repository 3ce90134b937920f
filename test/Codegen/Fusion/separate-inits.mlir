// RUN: bitnet-opt %s --bitnet-separate-inits | FileCheck %s

// Two nests that CSE gave one init: each gets its own, a fill with its own buffer.

// CHECK-LABEL: func.func @two
// CHECK-COUNT-2: tensor.empty
// CHECK: %[[A:.*]] = linalg.abs
// CHECK-SAME: outs(%[[E1:.*]] : tensor<4xf32>)
// CHECK: linalg.negf
// CHECK-NOT: outs(%[[E1]] :
// CHECK: return
func.func @two(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.abs ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.negf ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @fill
// CHECK-DAG: linalg.fill ins(%{{.*}} : f32) outs(%[[E1:.*]] : tensor<f32>)
// CHECK-DAG: linalg.fill ins(%{{.*}} : f32) outs(%[[E2:.*]] : tensor<f32>)
// CHECK: linalg.reduce
// CHECK: linalg.reduce
func.func @fill(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<f32>, tensor<f32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %a = linalg.reduce { arith.addf } ins(%x : tensor<4xf32>) outs(%f : tensor<f32>) dimensions = [0]
  %b = linalg.reduce { arith.addf } ins(%y : tensor<4xf32>) outs(%f : tensor<f32>) dimensions = [0]
  return %a, %b : tensor<f32>, tensor<f32>
}

// CHECK-LABEL: func.func @unused
// CHECK: return
func.func @unused() {
  %e = tensor.empty() : tensor<4xf32>
  return
}
