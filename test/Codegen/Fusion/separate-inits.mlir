// RUN: bitnet-opt %s --bitnet-separate-inits | FileCheck %s

// Two nests that CSE gave one init: each gets its own, a fill with its own buffer.

// CHECK-LABEL: func.func @two
// CHECK-NEXT: %[[E:.*]] = tensor.empty
// CHECK-NEXT: linalg.abs {{.*}} outs(%[[E]] : tensor<4xf32>)
// CHECK-NEXT: %[[F:.*]] = tensor.empty
// CHECK-NEXT: linalg.negf {{.*}} outs(%[[F]] : tensor<4xf32>)
// CHECK-NEXT: return
func.func @two(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.abs ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.negf ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @fill
// CHECK: %[[E:.*]] = tensor.empty
// CHECK-NEXT: %[[F:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%[[E]] : tensor<f32>)
// CHECK-NEXT: linalg.reduce {{.*}} outs(%[[F]] : tensor<f32>)
// CHECK: %[[E2:.*]] = tensor.empty
// CHECK-NEXT: %[[F2:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%[[E2]] : tensor<f32>)
// CHECK-NEXT: linalg.reduce {{.*}} outs(%[[F2]] : tensor<f32>)
func.func @fill(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<f32>, tensor<f32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %a = linalg.reduce { arith.addf } ins(%x : tensor<4xf32>) outs(%f : tensor<f32>) dimensions = [0]
  %b = linalg.reduce { arith.addf } ins(%y : tensor<4xf32>) outs(%f : tensor<f32>) dimensions = [0]
  return %a, %b : tensor<f32>, tensor<f32>
}

// The only use moves it, too, but not into a loop, whose steps would all write it.

// CHECK-LABEL: func.func @late
// CHECK: linalg.abs
// CHECK: tensor.empty
// CHECK-NEXT: linalg.negf
func.func @late(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %f = tensor.empty() : tensor<4xf32>
  %a = linalg.abs ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.negf ins(%a : tensor<4xf32>) outs(%f : tensor<4xf32>) -> tensor<4xf32>
  return %b : tensor<4xf32>
}

// CHECK-LABEL: func.func @loop
// CHECK: linalg.fill
// CHECK: scf.for
// CHECK-NOT: linalg.fill
// CHECK: return
func.func @loop(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%y = %x) -> tensor<4xf32> {
    %s = linalg.add ins(%y, %f : tensor<4xf32>, tensor<4xf32>) outs(%y : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %s : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// CHECK-LABEL: func.func @unused
// CHECK: return
func.func @unused() {
  %e = tensor.empty() : tensor<4xf32>
  return
}
