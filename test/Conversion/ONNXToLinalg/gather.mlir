// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Run-time indices are checked once, before anything is read.
// CHECK-LABEL: func.func @main
// CHECK: linalg.generic
// CHECK: arith.cmpi ult
// CHECK: cf.assert %{{.*}}, "{{.*}}: index out of range"
// CHECK: linalg.generic
// CHECK: tensor.extract
// CHECK: return {{.*}} : tensor<1x?x6xf32>
func.func @main(%x: tensor<5x6xf32>, %i: tensor<1x?xi64>) -> !onnx.unknown {
  %y = onnx.node "Gather"(%x, %i) opset 13 {axis = 0} : (tensor<5x6xf32>, tensor<1x?xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// One constant index is a view, without a check.
// CHECK-LABEL: func.func @main
// CHECK-NOT: cf.assert
// CHECK: tensor.extract_slice %{{.*}}[0, 4] [5, 1] [1, 1]
// CHECK: return {{.*}} : tensor<5xf32>
func.func @main(%x: tensor<5x6xf32>) -> !onnx.unknown {
  %i = onnx.constant "i" dense<-2> : tensor<i64> -> tensor<i64>
  %y = onnx.node "Gather"(%x, %i) opset 13 {axis = 1} : (tensor<5x6xf32>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Of a constant that is widened only what is gathered is widened.
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = bitnet.constant "w" {{.*}} -> tensor<5x6xbf16>
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<?x6xf32>)
// CHECK: %[[V:.*]] = tensor.extract %[[W]]
// CHECK: arith.extf %[[V]] : bf16 to f32
// CHECK: tensor.extract_slice %[[W]][4, 0] [1, 6] [1, 1] : tensor<5x6xbf16>
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<6xbf16>)
// CHECK: return
func.func @main(%i: tensor<?xi64>) -> (!onnx.unknown, !onnx.unknown) {
  %w = bitnet.constant "w" #bitnet.blob<"w.data", 0, 60> -> tensor<5x6xbf16>
  %wide = onnx.node "Cast"(%w) opset 13 {to = 1 : i64} : (tensor<5x6xbf16>) -> tensor<5x6xf32>
  %last = onnx.constant "last" dense<-1> : tensor<i64> -> tensor<i64>
  %y = onnx.node "Gather"(%wide, %i) opset 13 {axis = 0} : (tensor<5x6xf32>, tensor<?xi64>) -> !onnx.unknown
  %z = onnx.node "Gather"(%wide, %last) opset 13 {axis = 0} : (tensor<5x6xf32>, tensor<i64>) -> !onnx.unknown
  return %y, %z : !onnx.unknown, !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<4x6xf32>
// CHECK: cf.assert
// CHECK: tensor.extract %[[X]][%{{.*}}, %{{.*}}]
// CHECK: return {{.*}} : tensor<4x3xf32>
func.func @main(%x: tensor<4x6xf32>, %i: tensor<4x3xi64>) -> !onnx.unknown {
  %y = onnx.node "GatherElements"(%x, %i) opset 13 {axis = 1} : (tensor<4x6xf32>, tensor<4x3xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Index tuples; each component has its own bound.
// CHECK-LABEL: func.func @main
// CHECK-COUNT-2: cf.assert
// CHECK: return {{.*}} : tensor<3x2xi1>
func.func @main(%x: tensor<4x6x2xi1>, %i: tensor<3x2xi64>) -> !onnx.unknown {
  %y = onnx.node "GatherND"(%x, %i) opset 13 {batch_dims = 0} : (tensor<4x6x2xi1>, tensor<3x2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: linalg.index 2
// CHECK: arith.select
// CHECK: return {{.*}} : tensor<2x3x5xf32>
func.func @main(%i: tensor<2x3xi64>, %v: tensor<2xf32>) -> !onnx.unknown {
  %d = onnx.constant "d" dense<5> : tensor<i64> -> tensor<i64>
  %y = onnx.node "OneHot"(%i, %d, %v) opset 11 {} : (tensor<2x3xi64>, tensor<i64>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
