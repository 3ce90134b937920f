// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// [K, N]: n is the innermost loop.
// CHECK-DAG: #[[L:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: #[[R:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
// CHECK-DAG: #[[O:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-LABEL: func.func @main
// CHECK: linalg.generic {indexing_maps = [#[[L]], #[[R]], #[[O]]], iterator_types = ["parallel", "parallel", "reduction", "parallel"]}
// CHECK: %[[P:.*]] = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK: arith.addf %{{.*}}, %[[P]] fastmath<reassoc,contract> : f32
// CHECK: return {{.*}} : tensor<2x?x5xf32>
func.func @main(%a: tensor<2x?x4xf32>, %b: tensor<4x5xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<2x?x4xf32>, tensor<4x5xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Batches broadcast.
// CHECK-DAG: affine_map<(d0, d1, d2, d3, d4) -> (d0, 0, d2, d3)>
// CHECK-DAG: affine_map<(d0, d1, d2, d3, d4) -> (d1, d3, d4)>
// CHECK-LABEL: func.func @main
// CHECK: return {{.*}} : tensor<2x5x3x6xf32>
func.func @main(%a: tensor<2x1x3x4xf32>, %b: tensor<5x4x6xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<2x1x3x4xf32>, tensor<5x4x6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// act_c3: 16-bit floats accumulate in f32 and are rounded once.
// CHECK-LABEL: func.func @main
// CHECK: arith.extf {{.*}} : bf16 to f32
// CHECK: arith.addf {{.*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to bf16
// CHECK: return {{.*}} : tensor<3x5xbf16>
func.func @main(%a: tensor<3x4xbf16>, %b: tensor<4x5xbf16>) -> !onnx.unknown {
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<3x4xbf16>, tensor<4x5xbf16>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Vectors: the scalar product.
// CHECK-LABEL: func.func @main
// CHECK: return {{.*}} : tensor<f32>
func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: arith.muli {{.*}} : i32
// CHECK: arith.addi {{.*}} : i32
func.func @main(%a: tensor<3x4xi32>, %b: tensor<4x5xi32>) -> !onnx.unknown {
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<3x4xi32>, tensor<4x5xi32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// [N, K]: k is the innermost loop, rows of the weight are the outermost.
// CHECK-DAG: affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: affine_map<(d0, d1, d2) -> (d1, d0)>
// CHECK-LABEL: func.func @main
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: linalg.generic
// CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK: arith.addf %{{.*}}, %{{.*}} : f32
func.func @main(%a: tensor<?x4xf32>, %b: tensor<5x4xf32>, %c: tensor<5xf32>) -> !onnx.unknown {
  %y = onnx.node "Gemm"(%a, %b, %c) opset 13 {transB = 1 : i64, beta = 2.0 : f32}
    : (tensor<?x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// C is optional from opset 11 on.
// CHECK-LABEL: func.func @main
// CHECK: return {{.*}} : tensor<3x5xf32>
func.func @main(%a: tensor<4x3xf32>, %b: tensor<4x5xf32>) -> !onnx.unknown {
  %y = onnx.node "Gemm"(%a, %b) opset 11 {transA = 1 : i64} : (tensor<4x3xf32>, tensor<4x5xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: %[[ALPHA:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: arith.mulf %{{.*}}, %[[ALPHA]]
func.func @main(%a: tensor<2x3x4xf32>, %b: tensor<5x4xf32>) -> !onnx.unknown {
  %y = onnx.node "FusedMatMul"(%a, %b) opset 1 domain "com.microsoft" {transB = 1 : i64, alpha = 0.5 : f32}
    : (tensor<2x3x4xf32>, tensor<5x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Signs come from the ONNX types: A is uint8, B int8.
// CHECK-LABEL: func.func @main
// CHECK: arith.extui {{.*}} : i8 to i32
// CHECK: arith.extsi {{.*}} : i8 to i32
// CHECK: arith.subi
// CHECK: return {{.*}} : tensor<3x5xi32>
func.func @main(%a: tensor<3x4xui8>, %b: tensor<4x5xi8>, %za: tensor<ui8>) -> !onnx.unknown {
  %y = onnx.node "MatMulInteger"(%a, %b, %za) opset 10 {} : (tensor<3x4xui8>, tensor<4x5xi8>, tensor<ui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Constants that are transposed for a product are read where they are; what runs
// make is still transposed.
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = bitnet.constant "w" {{.*}} -> tensor<5x4xf32>
// CHECK: %[[T:.*]] = linalg.transpose ins(%{{.*}} : tensor<6x5xf32>)
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[NK]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%{{.*}}, %[[W]] : tensor<?x4xf32>, tensor<5x4xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[T]] : tensor<?x5xf32>, tensor<5x6xf32>)
func.func @main(%a: tensor<?x4xf32>, %b: tensor<6x5xf32>) -> !onnx.unknown {
  %w = onnx.constant "w" #bitnet.blob<"w.data", 0, 80> -> tensor<5x4xf32>
  %wt = onnx.node "Transpose"(%w) opset 13 {perm = [1, 0]} : (tensor<5x4xf32>) -> !onnx.unknown
  %bt = onnx.node "Transpose"(%b) opset 13 {perm = [1, 0]} : (tensor<6x5xf32>) -> !onnx.unknown
  %h = onnx.node "MatMul"(%a, %wt) opset 13 {} : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %y = onnx.node "MatMul"(%h, %bt) opset 13 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Constants that are widened, too: the product reads the narrow ones.
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = bitnet.constant "w" {{.*}} -> tensor<4x5xbf16>
// CHECK: %[[T:.*]] = bitnet.constant "t" {{.*}} -> tensor<6x5xf16>
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[KN]], #{{.*}}], {{.*}} ins(%{{.*}}, %[[W]] : tensor<?x4xf32>, tensor<4x5xbf16>)
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[NK]], #{{.*}}], {{.*}} ins(%{{.*}}, %[[T]] : tensor<?x5xf32>, tensor<6x5xf16>)
// CHECK: arith.extf %{{.*}} : f16 to f32
func.func @main(%a: tensor<?x4xf32>) -> !onnx.unknown {
  %w = bitnet.constant "w" #bitnet.blob<"w.data", 0, 40> -> tensor<4x5xbf16>
  %t = bitnet.constant "t" #bitnet.blob<"w.data", 40, 60> -> tensor<6x5xf16>
  %wide = onnx.node "Cast"(%w) opset 13 {to = 1 : i64} : (tensor<4x5xbf16>) -> tensor<4x5xf32>
  %tall = onnx.node "Cast"(%t) opset 13 {to = 1 : i64} : (tensor<6x5xf16>) -> tensor<6x5xf32>
  %flat = onnx.node "Transpose"(%tall) opset 13 {perm = [1, 0]} : (tensor<6x5xf32>) -> !onnx.unknown
  %h = onnx.node "MatMul"(%a, %wide) opset 13 {} : (tensor<?x4xf32>, tensor<4x5xf32>) -> !onnx.unknown
  %y = onnx.node "MatMul"(%h, %flat) opset 13 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A batch that is 1 only at run time broadcasts, too (F11): that operand is repeated then,
// and nothing is copied where the batches are equal.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[A:.*]]: tensor<?x3x4xf32>, %[[B:.*]]: tensor<?x4x6xf32>
// CHECK: cf.assert %{{.*}}, "MatMul: operands cannot be broadcast"
// CHECK: %[[L:.*]] = scf.if %{{.*}} -> (tensor<?x3x4xf32>) {
// CHECK: linalg.generic
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[A]]
// CHECK: %[[R:.*]] = scf.if %{{.*}} -> (tensor<?x4x6xf32>) {
// CHECK: linalg.generic
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[B]]
// CHECK: linalg.generic {{.*}} ins(%[[L]], %[[R]] :
// CHECK: return {{.*}} : tensor<?x3x6xf32>
func.func @main(%a: tensor<?x3x4xf32>, %b: tensor<?x4x6xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<?x3x4xf32>, tensor<?x4x6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Batches of one name are equal: nothing to check, nothing to choose.
// CHECK-LABEL: func.func @main
// CHECK-NOT: cf.assert
// CHECK-NOT: scf.if
// CHECK: return
func.func @main(%a: tensor<?x3x4xf32> {onnx.value = #onnx.value<dims = ["n", "", ""]>}, %b: tensor<?x4x6xf32> {onnx.value = #onnx.value<dims = ["n", "", ""]>}) -> !onnx.unknown {
  %y = onnx.node "MatMul"(%a, %b) opset 13 {} : (tensor<?x3x4xf32>, tensor<?x4x6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
