// RUN: bitnet-opt --convert-onnx-to-bitnet --split-input-file %s | FileCheck %s

// What a layer's weights, bias and shape are read from, and what is not read.

// One initializer with two zero points is two tensors of codes (F5); the same one twice
// is one.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[ZERO:.*]] = bitnet.constant "{{.*}}" dense<{{\[\[}}1, 0, 1, 0]{{.*}}> : tensor<2x4xi2>
// CHECK-DAG: %[[ONE:.*]] = bitnet.constant "{{.*}}" dense<{{\[\[}}0, -1, 0, -1]{{.*}}> : tensor<2x4xi2>
// CHECK: bitnet.linear {{.*}}, %[[ZERO]] act
// CHECK: bitnet.linear {{.*}}, %[[ONE]] act
// CHECK: bitnet.linear {{.*}}, %[[ZERO]] act
func.func @main(%x: tensor<?x4xi8>, %z: tensor<?x4xi8>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %w = onnx.constant "w" dense<[[1, 0], [0, 1], [1, 1], [0, 1]]> : tensor<4x2xi8> -> tensor<4x2xi8>
  %a = onnx.constant "a" dense<0> : tensor<i8> -> tensor<i8>
  %b = onnx.constant "b" dense<1> : tensor<i8> -> tensor<i8>
  %0 = onnx.node "MatMulInteger"(%x, %w, %a, %a) opset 17 {} : (tensor<?x4xi8>, tensor<4x2xi8>, tensor<i8>, tensor<i8>) -> !onnx.unknown
  %1 = onnx.node "MatMulInteger"(%x, %w, %a, %b) opset 17 {} : (tensor<?x4xi8>, tensor<4x2xi8>, tensor<i8>, tensor<i8>) -> !onnx.unknown
  %2 = onnx.node "MatMulInteger"(%z, %w, %a, %a) opset 17 {} : (tensor<?x4xi8>, tensor<4x2xi8>, tensor<i8>, tensor<i8>) -> !onnx.unknown
  return %0, %1, %2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// So it is with two tensors of scales.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[A:.*]] = bitnet.constant "{{.*}}" dense<{{.*}}5.000000e-01{{.*}}> : tensor<2
// CHECK-DAG: %[[B:.*]] = bitnet.constant "{{.*}}" dense<{{.*}}2.000000e+00{{.*}}> : tensor<2
// CHECK: bitnet.linear {{.*}} scale %[[A]]
// CHECK: bitnet.linear {{.*}} scale %[[B]]
func.func @main(%x: tensor<?x16xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %w = onnx.constant "w" dense<185> : tensor<2x1x4xui8> -> tensor<2x1x4xui8>
  %a = onnx.constant "a" dense<[0.5, 0.25]> : tensor<2xf32> -> tensor<2xf32>
  %b = onnx.constant "b" dense<[2.0, 4.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = onnx.node "MatMulNBits"(%x, %w, %a) opset 1 domain "com.microsoft" {K = 16 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64}
    : (tensor<?x16xf32>, tensor<2x1x4xui8>, tensor<2xf32>) -> !onnx.unknown
  %1 = onnx.node "MatMulNBits"(%x, %w, %b) opset 1 domain "com.microsoft" {K = 16 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64}
    : (tensor<?x16xf32>, tensor<2x1x4xui8>, tensor<2xf32>) -> !onnx.unknown
  return %0, %1 : !onnx.unknown, !onnx.unknown
}

// -----

// A bias that is no constant is added behind the layer, along the axis that it belongs to
// (F1): the filters of a convolution, the columns of a product.
// CHECK-LABEL: func.func @main
// CHECK: %[[C:.*]] = bitnet.linear "{{.*}}" %arg0, {{.*}} conv
// CHECK: onnx.node "AddInto"(%[[C]], %arg2) opset {{[0-9]+}} domain "bitnet.internal" {axis = 1 : i64, operator = "Conv"}
// CHECK: %[[M:.*]] = bitnet.linear "{{.*}}" %arg1,
// CHECK: onnx.node "AddInto"(%[[M]], %arg2) opset {{[0-9]+}} domain "bitnet.internal" {axis = -1 : i64, operator = "{{MatMul|Gemm|MatMulNBits}}"}
func.func @main(%x: tensor<1x1x2x2xf32>, %v: tensor<?x16xf32>, %bias: tensor<2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %f = onnx.constant "f" dense<[[[[1.0, -1.0]]], [[[0.0, 1.0]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
  %w = onnx.constant "w" dense<185> : tensor<2x1x4xui8> -> tensor<2x1x4xui8>
  %s = onnx.constant "s" dense<[0.5, 0.25]> : tensor<2xf32> -> tensor<2xf32>
  %0 = onnx.node "Conv"(%x, %f, %bias) opset 17 {} : (tensor<1x1x2x2xf32>, tensor<2x1x1x2xf32>, tensor<2xf32>) -> !onnx.unknown
  %1 = onnx.node "MatMulNBits"(%v, %w, %s, %bias) opset 1 domain "com.microsoft" present [1, 1, 1, 0, 0, 1]
    {K = 16 : i64, N = 2 : i64, bits = 2 : i64, block_size = 16 : i64}
    : (tensor<?x16xf32>, tensor<2x1x4xui8>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  return %0, %1 : !onnx.unknown, !onnx.unknown
}

// -----

// That of a Gemm broadcasts: [N], [1, N], [M, 1]; a constant of another form than the two
// first is no bias of a layer either.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = bitnet.linear "{{.*}}" %arg0, %{{[^ ]*}} : (
// CHECK: onnx.node "AddInto"(%[[A]], %arg1) opset {{[0-9]+}} domain "bitnet.internal" {operator = "Gemm"} :
// CHECK: bitnet.linear "{{.*}}" %arg0, %{{[^ ]*}} bias %{{[^ ]*}} : (
// CHECK: %[[B:.*]] = bitnet.linear "{{.*}}" %arg0, %{{[^ ]*}} : (
// CHECK: onnx.node "AddInto"(%[[B]], %{{.*}}) opset {{[0-9]+}} domain "bitnet.internal" {operator = "Gemm"} :
func.func @main(%x: tensor<2x4xf32>, %c: tensor<?x?xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %row = onnx.constant "row" dense<[[1.0, 2.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %column = onnx.constant "column" dense<[[1.0], [2.0]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %0 = onnx.node "Gemm"(%x, %w, %c) opset 17 {} : (tensor<2x4xf32>, tensor<4x2xf32>, tensor<?x?xf32>) -> !onnx.unknown
  %1 = onnx.node "Gemm"(%x, %w, %row) opset 17 {} : (tensor<2x4xf32>, tensor<4x2xf32>, tensor<1x2xf32>) -> !onnx.unknown
  %2 = onnx.node "Gemm"(%x, %w, %column) opset 17 {} : (tensor<2x4xf32>, tensor<4x2xf32>, tensor<2x1xf32>) -> !onnx.unknown
  return %0, %1, %2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// Products with constants that are no layers are named with the reason (F25). Vectors are
// none.
// CHECK: bitnet.layers = [
// CHECK-SAME: kind = float, rows = 4, cols = 2, bytes = {{[0-9]+}}, reason = "weights on the left of the product"
// CHECK-SAME: kind = float, rows = 2, cols = 4, bytes = {{[0-9]+}}, reason = "one matrix of weights per batch entry"
// CHECK-SAME: reason = "kernel_shape is not the shape of the weights"
// CHECK-LABEL: func.func @main
// CHECK-COUNT-3: onnx.node "MatMul"
// CHECK: onnx.node "Conv"
func.func @main(%x: tensor<2x?xf32>, %y: tensor<3x?x4xf32>, %z: tensor<1x2x8xf32>, %i: tensor<1x1x4x4xf32>)
    -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %left = onnx.constant "left" dense<1.0> : tensor<4x2xf32> -> tensor<4x2xf32>
  %heads = onnx.constant "heads" dense<1.0> : tensor<3x4x2xf32> -> tensor<3x4x2xf32>
  %vector = onnx.constant "vector" dense<1.0> : tensor<1x8x1xf32> -> tensor<1x8x1xf32>
  %filter = onnx.constant "filter" dense<1.0> : tensor<2x1x2x2xf32> -> tensor<2x1x2x2xf32>
  %0 = onnx.node "MatMul"(%left, %x) opset 17 {} : (tensor<4x2xf32>, tensor<2x?xf32>) -> !onnx.unknown
  %1 = onnx.node "MatMul"(%y, %heads) opset 17 {} : (tensor<3x?x4xf32>, tensor<3x4x2xf32>) -> !onnx.unknown
  %2 = onnx.node "MatMul"(%z, %vector) opset 17 {} : (tensor<1x2x8xf32>, tensor<1x8x1xf32>) -> !onnx.unknown
  %3 = onnx.node "Conv"(%i, %filter) opset 17 {kernel_shape = [3, 3]} : (tensor<1x1x4x4xf32>, tensor<2x1x2x2xf32>) -> !onnx.unknown
  return %0, %1, %2, %3 : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// What a file declares of the values between nodes is forgotten; of outputs it is kept
// beside them. A layer has the type that follows from its x, if that is known.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (!onnx.unknown {onnx.declared = tensor<7x3xf32>, onnx.value = #onnx.value<name = "y">}, tensor<?x2xf32> {onnx.declared = tensor<9x9xf32>}, !onnx.unknown)
// CHECK: %[[L:.*]] = bitnet.linear {{.*}} -> tensor<?x2xf32>
// CHECK: %[[Y:.*]] = onnx.node "Relu"(%[[L]]) opset 17 {} : (tensor<?x2xf32>) -> !onnx.unknown
// CHECK: bitnet.linear {{.*}} -> !onnx.unknown
func.func @main(%x: tensor<?x4xf32>) -> (tensor<7x3xf32> {onnx.value = #onnx.value<name = "y">}, tensor<9x9xf32>, !onnx.unknown) {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %0 = onnx.node "MatMul"(%x, %w) opset 17 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<9x9xf32>
  %1 = onnx.node "Relu"(%0) opset 17 {} : (tensor<9x9xf32>) -> tensor<7x3xf32>
  %2 = onnx.node "Abs"(%x) opset 17 {} : (tensor<?x4xf32>) -> tensor<9x9xf32>
  %3 = onnx.node "MatMul"(%2, %w) opset 17 {} : (tensor<9x9xf32>, tensor<4x2xf32>) -> !onnx.unknown
  return %1, %0, %3 : tensor<7x3xf32>, tensor<9x9xf32>, !onnx.unknown
}

// -----

// A node that has not the form of its operator is not read: its own lowering reports
// it. Nothing of it may be ignored.
// CHECK: bitnet.layers = []
// CHECK-LABEL: func.func @main
// CHECK: onnx.node "MatMul"({{.*}} {transB = 1 : i64}
// CHECK: onnx.node "MatMulInteger"
func.func @main(%x: tensor<?x2xf32>, %i: tensor<?x4xi8>, %z: tensor<i8>) -> (!onnx.unknown, !onnx.unknown) {
  %w = onnx.constant "w" dense<[[1.0, -1.0], [0.0, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %v = onnx.constant "v" dense<[[1, 0], [0, 1], [1, 1], [0, 1]]> : tensor<4x2xi8> -> tensor<4x2xi8>
  %three = onnx.constant "three" dense<0> : tensor<3xi8> -> tensor<3xi8>
  %0 = onnx.node "MatMul"(%x, %w) opset 17 {transB = 1 : i64} : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  %1 = onnx.node "MatMulInteger"(%i, %v, %z, %three) opset 17 {} : (tensor<?x4xi8>, tensor<4x2xi8>, tensor<i8>, tensor<3xi8>) -> !onnx.unknown
  return %0, %1 : !onnx.unknown, !onnx.unknown
}

// -----

// w_c3: groups are multiples of 16 columns (F25), of 48 columns, ...
// CHECK: granularity = "group"
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} scale %{{.*}} group 16 : (tensor<?x48xf32>, tensor<2x48xi2>, tensor<2x3xf32>)
func.func @main(%x: tensor<?x48xf32>) -> !onnx.unknown {
  %q = onnx.constant "q" dense<[[1, 0, -1, 1, 1, 1, 0, 1, -1, 1, 0, -1, -1, 1, -1, 0, 1, -1, -1, 1, 1, 1, -1, 0, -1, -1, -1, 0, -1, -1, 0, 1, -1, -1, -1, 1, 1, 0, 0, 1, 0, -1, -1, 0, 0, 1, -1, 1], [0, 1, -1, 0, 1, 0, -1, -1, 0, 1, 0, -1, 0, -1, 0, 1, 0, 1, 0, 1, -1, -1, -1, -1, 0, 0, 1, 1, 0, 0, -1, -1, 0, 0, 0, 0, -1, 1, 1, 1, 0, 0, 0, 1, 0, -1, 0, -1]]> : tensor<2x48xi8> -> tensor<2x48xi8>
  %s = onnx.constant "s" dense<[[0.25, 0.5, 0.75], [0.5, 1.0, 1.5]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %w = onnx.node "DequantizeLinear"(%q, %s) opset 21 {axis = 1 : i64, block_size = 16 : i64} : (tensor<2x48xi8>, tensor<2x3xf32>) -> !onnx.unknown
  %t = onnx.node "Transpose"(%w) opset 21 {perm = [1, 0]} : (!onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%x, %t) opset 21 {} : (tensor<?x48xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// ... and of 64, which could be two groups of 32.
// CHECK: granularity = "group"
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} scale %{{.*}} group 16 : (tensor<?x64xf32>, tensor<2x64xi2>, tensor<2x4xf32>)
func.func @main(%x: tensor<?x64xf32>) -> !onnx.unknown {
  %q = onnx.constant "q" dense<[[0, -1, 1, 1, 0, 1, 1, -1, -1, 0, 1, 1, -1, 1, 1, -1, -1, 0, 0, -1, 1, -1, -1, 0, 1, -1, -1, -1, -1, 1, -1, 1, 0, -1, 1, -1, -1, -1, 0, 0, -1, 0, 1, -1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, -1, -1, -1, -1, 0, -1, -1, -1, -1, 1], [0, -1, 1, -1, -1, 1, 0, -1, -1, 0, -1, 1, 1, 1, -1, 1, -1, -1, 1, 0, 0, 0, 0, 1, 0, -1, 0, -1, -1, 0, -1, -1, -1, -1, -1, 1, -1, -1, 0, 1, 0, 0, 0, -1, 1, 0, 0, 1, 1, 1, -1, -1, 1, 1, 1, 0, 1, -1, 1, -1, 1, 0, 0, 1]]> : tensor<2x64xi8> -> tensor<2x64xi8>
  %s = onnx.constant "s" dense<[[0.25, 0.5, 0.75, 1.0], [0.5, 1.0, 1.5, 2.0]]> : tensor<2x4xf32> -> tensor<2x4xf32>
  %w = onnx.node "DequantizeLinear"(%q, %s) opset 21 {axis = 1 : i64, block_size = 16 : i64} : (tensor<2x64xi8>, tensor<2x4xf32>) -> !onnx.unknown
  %t = onnx.node "Transpose"(%w) opset 21 {perm = [1, 0]} : (!onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%x, %t) opset 21 {} : (tensor<?x64xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Groups of 32 stay groups of 32.
// CHECK-LABEL: func.func @main
// CHECK: bitnet.linear {{.*}} scale %{{.*}} group 32 : (tensor<?x64xf32>, tensor<2x64xi2>, tensor<2x2xf32>)
func.func @main(%x: tensor<?x64xf32>) -> !onnx.unknown {
  %q = onnx.constant "q" dense<[[0, -1, 1, 1, 0, 1, 1, -1, -1, 0, 1, 1, -1, 1, 1, -1, -1, 0, 0, -1, 1, -1, -1, 0, 1, -1, -1, -1, -1, 1, -1, 1, 0, -1, 1, -1, -1, -1, 0, 0, -1, 0, 1, -1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, -1, -1, -1, -1, 0, -1, -1, -1, -1, 1], [0, -1, 1, -1, -1, 1, 0, -1, -1, 0, -1, 1, 1, 1, -1, 1, -1, -1, 1, 0, 0, 0, 0, 1, 0, -1, 0, -1, -1, 0, -1, -1, -1, -1, -1, 1, -1, -1, 0, 1, 0, 0, 0, -1, 1, 0, 0, 1, 1, 1, -1, -1, 1, 1, 1, 0, 1, -1, 1, -1, 1, 0, 0, 1]]> : tensor<2x64xi8> -> tensor<2x64xi8>
  %s = onnx.constant "s" dense<[[0.25, 0.5], [0.5, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %w = onnx.node "DequantizeLinear"(%q, %s) opset 21 {axis = 1 : i64, block_size = 32 : i64} : (tensor<2x64xi8>, tensor<2x2xf32>) -> !onnx.unknown
  %t = onnx.node "Transpose"(%w) opset 21 {perm = [1, 0]} : (!onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%x, %t) opset 21 {} : (tensor<?x64xf32>, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// output_dtype of DequantizeLinear: read where the product is rounded to a type that holds
// the scale, and left to the operator's own lowering where it is not (F14).
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = onnx.node "DequantizeLinear"({{.*}} {output_dtype = 10 : i64}
// CHECK: bitnet.linear {{.*}} : (tensor<?x2xf32>, tensor<2x2xi2>{{.*}})
// CHECK: onnx.node "MatMul"(%{{.*}}, %[[W]])
func.func @main(%x: tensor<?x2xf32>, %h: tensor<?x2xf16>) -> (!onnx.unknown, !onnx.unknown) {
  %q = onnx.constant "q" dense<[[1, -1], [0, 1]]> : tensor<2x2xi8> -> tensor<2x2xi8>
  %s = onnx.constant "s" dense<0.3> : tensor<f16> -> tensor<f16>
  %t = onnx.constant "t" dense<0.3> : tensor<f32> -> tensor<f32>
  %a = onnx.node "DequantizeLinear"(%q, %s) opset 23 {output_dtype = 1 : i64} : (tensor<2x2xi8>, tensor<f16>) -> !onnx.unknown
  %b = onnx.node "DequantizeLinear"(%q, %t) opset 23 {output_dtype = 10 : i64} : (tensor<2x2xi8>, tensor<f32>) -> !onnx.unknown
  %0 = onnx.node "MatMul"(%x, %a) opset 23 {} : (tensor<?x2xf32>, !onnx.unknown) -> !onnx.unknown
  %1 = onnx.node "MatMul"(%h, %b) opset 23 {} : (tensor<?x2xf16>, !onnx.unknown) -> !onnx.unknown
  return %0, %1 : !onnx.unknown, !onnx.unknown
}
