// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Scales, biases and zero points belong to an axis: lengths that are only known at run time
// are checked, because numpy's broadcasting would make the result grow where the axis is 1
// (F24).

// CHECK-LABEL: func.func @main
// CHECK-DAG: cf.assert %{{.*}}, "Conv: the length of bias and dimension 1 differ"
// CHECK-DAG: cf.assert %{{.*}}, "InstanceNormalization: the length of scale and dimension 1 differ"
// CHECK-DAG: cf.assert %{{.*}}, "{{.*}}BiasGelu: the length of bias and dimension 3 differ"
// CHECK: return {{.*}} : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>, %v: tensor<?xf32>, %u: tensor<2xf32>, %t: tensor<?xf32>, %r: tensor<?xf32>)
    -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a = onnx.node "Conv"(%x, %w, %v) opset 17 {} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<?xf32>) -> !onnx.unknown
  %b = onnx.node "InstanceNormalization"(%x, %t, %u) opset 17 {} : (tensor<1x2x4x4xf32>, tensor<?xf32>, tensor<2xf32>) -> !onnx.unknown
  %c = onnx.node "BiasGelu"(%x, %r) opset 1 domain "com.microsoft" {} : (tensor<1x2x4x4xf32>, tensor<?xf32>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// What may broadcast to the tensor, but not change it, is as long or 1.
// CHECK-LABEL: func.func @main
// CHECK-DAG: cf.assert %{{.*}}, "LayerNormalization: the scale does not broadcast to its input"
// CHECK-DAG: cf.assert %{{.*}}, "Gemm: the C does not broadcast to its input"
// CHECK-DAG: cf.assert %{{.*}}, "PRelu: the slope does not broadcast to its input"
// CHECK: return {{.*}} : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>, %s: tensor<?xf32>, %c: tensor<?xf32>, %p: tensor<?xf32>)
    -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %0 = onnx.node "LayerNormalization"(%x, %s) opset 17 {} : (tensor<?x4xf32>, tensor<?xf32>) -> !onnx.unknown
  %1 = onnx.node "Gemm"(%x, %w, %c) opset 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>, tensor<?xf32>) -> !onnx.unknown
  %2 = onnx.node "PRelu"(%x, %p) opset 17 {} : (tensor<?x4xf32>, tensor<?xf32>) -> !onnx.unknown
  return %0, %1, %2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// AddInto of bitnet.internal, which convert-onnx-to-bitnet leaves behind: along an axis, or
// whatever broadcasts.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x2x4xf32>, %[[V:.*]]: tensor<2xf32>, %[[U:.*]]: tensor<2x1xf32>
// CHECK: %[[C:.*]] = tensor.expand_shape %[[V]] {{.*}} into tensor<2x1xf32>
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[C]] :
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[U]] :
// CHECK: arith.addf
// CHECK: return {{.*}} : tensor<1x2x4xf32>, tensor<1x2x4xf32>
func.func @main(%x: tensor<1x2x4xf32>, %v: tensor<2xf32>, %u: tensor<2x1xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %0 = onnx.node "AddInto"(%x, %v) opset 17 domain "bitnet.internal" {axis = 1 : i64} : (tensor<1x2x4xf32>, tensor<2xf32>) -> !onnx.unknown
  %1 = onnx.node "AddInto"(%x, %u) opset 17 domain "bitnet.internal" {} : (tensor<1x2x4xf32>, tensor<2x1xf32>) -> !onnx.unknown
  return %0, %1 : !onnx.unknown, !onnx.unknown
}

// -----

// Scales of a quantizer whose number is only known at run time may be one for all.
// CHECK-LABEL: func.func @main
// CHECK: cf.assert %{{.*}}, "DequantizeLinear: the scale does not broadcast to its input"
// CHECK: return {{.*}} : tensor<3x4xf32>
func.func @main(%x: tensor<3x4xi8>, %s: tensor<?xf32>) -> !onnx.unknown {
  %y = onnx.node "DequantizeLinear"(%x, %s) opset 17 {axis = 1 : i64} : (tensor<3x4xi8>, tensor<?xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Zero points are as many as rows or columns, or one.
// CHECK-LABEL: func.func @main
// CHECK-DAG: cf.assert %{{.*}}, "MatMulInteger: numbers of zero points and rows differ"
// CHECK-DAG: cf.assert %{{.*}}, "MatMulInteger: numbers of zero points and columns differ"
// CHECK: return {{.*}} : tensor<3x5xi32>
func.func @main(%a: tensor<3x4xui8>, %b: tensor<4x5xi8>, %za: tensor<?xui8>, %zb: tensor<?xi8>) -> !onnx.unknown {
  %y = onnx.node "MatMulInteger"(%a, %b, %za, %zb) opset 10 {} : (tensor<3x4xui8>, tensor<4x5xi8>, tensor<?xui8>, tensor<?xi8>) -> !onnx.unknown
  return %y : !onnx.unknown
}
