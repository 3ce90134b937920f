// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// Opset 2: pads and value are attributes.
// CHECK-LABEL: func.func @main
// CHECK: %[[V:.*]] = arith.constant 2.000000e+00 : f32
// CHECK: tensor.pad %{{.*}} low[1, 0] high[2, 1]
// CHECK: tensor.yield %[[V]]
// CHECK: return {{.*}} : tensor<6x5xf32>
func.func @main(%x: tensor<3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Pad"(%x) opset 2 {pads = [1, 0, 2, 1], value = 2.0 : f32} : (tensor<3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 11: pads are an input; negative ones cut.
// CHECK-LABEL: func.func @main
// CHECK: %[[CUT:.*]] = tensor.extract_slice %{{.*}}[1, 0] [2, 3] [1, 1]
// CHECK: tensor.pad %[[CUT]] low[0, 0] high[2, 0]
func.func @main(%x: tensor<3x4xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<[-1, 0, 2, -1]> : tensor<4xi64> -> tensor<4xi64>
  %y = onnx.node "Pad"(%x, %p) opset 13 {} : (tensor<3x4xf32>, tensor<4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 18: axes are an input. edge, reflect and wrap read the source.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf32>
// CHECK: linalg.generic
// CHECK: tensor.extract %[[X]]
// CHECK: return {{.*}} : tensor<3x7xf32>
func.func @main(%x: tensor<3x4xf32>) -> !onnx.unknown {
  %p = onnx.constant "p" dense<[1, 2]> : tensor<2xi64> -> tensor<2xi64>
  %a = onnx.constant "a" dense<-1> : tensor<1xi64> -> tensor<1xi64>
  %y = onnx.node "Pad"(%x, %p, %a) opset 18 present [1, 1, 0, 1] {mode = "reflect"}
    : (tensor<3x4xf32>, tensor<2xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>
// CHECK: linalg.generic
// CHECK: tensor.extract %[[X]]
// CHECK: return {{.*}} : tensor<4x9xf32>
func.func @main(%x: tensor<2x3xf32>) -> !onnx.unknown {
  %r = onnx.constant "r" dense<[2, 3]> : tensor<2xi64> -> tensor<2xi64>
  %y = onnx.node "Tile"(%x, %r) opset 13 {} : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// What a run cannot cut away, an axis without elements to repeat and a size beyond all memory
// end it; an axis that is not padded may be empty.
// CHECK-LABEL: func.func @main
// CHECK-DAG: cf.assert %{{.*}}, "Pad: it cuts more away than there is"
// CHECK-DAG: cf.assert %{{.*}}, "Pad: an empty dimension has no elements to repeat"
// CHECK-DAG: cf.assert %{{.*}}, "Pad: a size is negative or too large"
// CHECK-NOT: cf.assert
func.func @main(%x: tensor<?x4xf32>, %y: tensor<?x?xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %p = onnx.constant "p" dense<[-2, 0, -1, 0]> : tensor<4xi64> -> tensor<4xi64>
  %q = onnx.constant "q" dense<[0, 1, 0, 0]> : tensor<4xi64> -> tensor<4xi64>
  %a = onnx.node "Pad"(%x, %p) opset 13 {} : (tensor<?x4xf32>, tensor<4xi64>) -> !onnx.unknown
  %b = onnx.node "Pad"(%y, %q) opset 13 {mode = "edge"} : (tensor<?x?xf32>, tensor<4xi64>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}
