// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// uint8 by its sign, the difference exact in i32.
// CHECK-LABEL: func.func @main
// CHECK: arith.extui {{.*}} : i8 to i32
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf
func.func @main(%x: tensor<3x4xui8>, %s: tensor<f32>, %z: tensor<ui8>) -> !onnx.unknown {
  %y = onnx.node "DequantizeLinear"(%x, %s, %z) opset 13 {} : (tensor<3x4xui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Opset 21: blocks along the axis.
// CHECK-LABEL: func.func @main
// CHECK: arith.divui
// CHECK: arith.mulf
func.func @main(%x: tensor<3x8xi8>, %s: tensor<3x2xf32>) -> !onnx.unknown {
  %y = onnx.node "DequantizeLinear"(%x, %s) opset 21 {axis = 1, block_size = 4} : (tensor<3x8xi8>, tensor<3x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Rounds half to even, saturates to int8.
// CHECK-LABEL: func.func @main
// CHECK: arith.divf
// CHECK: math.roundeven
// CHECK: %[[LOW:.*]] = arith.constant -1.280000e+02
// CHECK: arith.maxnumf %{{.*}}, %[[LOW]]
// CHECK: %[[HIGH:.*]] = arith.constant 1.270000e+02
// CHECK: arith.minnumf %{{.*}}, %[[HIGH]]
// CHECK: return {{.*}} : tensor<3x4xi8>
func.func @main(%x: tensor<3x4xf32>, %s: tensor<4xf32>, %z: tensor<4xi8>) -> !onnx.unknown {
  %y = onnx.node "QuantizeLinear"(%x, %s, %z) opset 13 {axis = 1} : (tensor<3x4xf32>, tensor<4xf32>, tensor<4xi8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: arith.maximumf
// CHECK: arith.minimumf
// CHECK: return {{.*}} : tensor<3x4xi8>, tensor<f32>, tensor<i8>
func.func @main(%x: tensor<3x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "DynamicQuantizeLinear"(%x) opset 11 {} : (tensor<3x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Opset 23: output_dtype is the type of the result; the product is rounded once (F14).
// CHECK-LABEL: func.func @main
// CHECK: arith.mulf
// CHECK: return {{.*}} : tensor<3x4xf16>, tensor<3x4xi16>
func.func @main(%x: tensor<3x4xi8>, %s: tensor<f32>, %y: tensor<3x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %a = onnx.node "DequantizeLinear"(%x, %s) opset 23 {output_dtype = 10 : i64} : (tensor<3x4xi8>, tensor<f32>) -> !onnx.unknown
  %b = onnx.node "QuantizeLinear"(%y, %s) opset 23 {output_dtype = 5 : i64, precision = 1 : i64} : (tensor<3x4xf32>, tensor<f32>) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}
