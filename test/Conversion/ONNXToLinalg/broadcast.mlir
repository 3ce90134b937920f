// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Static extents broadcast through maps; leading axes are added.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[COL:.*]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-LABEL: func.func @main
// CHECK: linalg.generic {indexing_maps = [#[[ROW]], #[[COL]], #{{.*}}]
// CHECK: -> tensor<2x3xf32>
func.func @main(%x: tensor<3xf32>, %y: tensor<2x1xf32>) -> !onnx.unknown {
  %z = onnx.node "Add"(%x, %y) opset 17 {} : (tensor<3xf32>, tensor<2x1xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Extents of one name are one value: no check, no selection.
// CHECK-LABEL: func.func @main
// CHECK-NOT: cf.assert
// CHECK: linalg.generic
// CHECK-NOT: tensor.extract
func.func @main(%x: tensor<?xf32> {onnx.value = #onnx.value<dims = ["n"]>}, %y: tensor<?xf32> {onnx.value = #onnx.value<dims = ["n"]>}) -> !onnx.unknown {
  %z = onnx.node "Mul"(%x, %y) opset 17 {} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// An expression as a name says nothing: the node checks what it needs.
// CHECK-LABEL: func.func @main
// CHECK: cf.assert %{{.*}}, "Add: operands cannot be broadcast"
// CHECK-NOT: cf.assert
func.func @main(%x: tensor<?xf32> {onnx.value = #onnx.value<dims = ["a"]>}, %y: tensor<?xf32> {onnx.value = #onnx.value<dims = ["b"]>},
                %m: tensor<?xi64> {onnx.value = #onnx.value<dims = ["a + b"]>}) -> !onnx.unknown {
  %sa = onnx.node "Shape"(%x) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %sb = onnx.node "Shape"(%y) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %n = onnx.node "Add"(%sb, %sa) opset 17 {} : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %zeros = onnx.node "ConstantOfShape"(%n) opset 17 {value = dense<0> : tensor<1xi64>} : (!onnx.unknown) -> !onnx.unknown
  %z = onnx.node "Add"(%m, %zeros) opset 17 {} : (tensor<?xi64>, !onnx.unknown) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// Unrelated extents broadcast at run time, with a check.
// CHECK-LABEL: func.func @main
// CHECK: cf.assert %{{.*}}, "Mul: operands cannot be broadcast"
// CHECK: %[[N:.*]] = arith.select
// CHECK: tensor.empty(%[[N]])
// CHECK: linalg.generic
// CHECK: linalg.index 0
// CHECK: tensor.extract
func.func @main(%x: tensor<?xf32>, %y: tensor<?xf32>) -> !onnx.unknown {
  %z = onnx.node "Mul"(%x, %y) opset 17 {} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// A table sliced to min(n, 128) rows broadcasts with n only when it has n.
// CHECK-LABEL: func.func @main
// CHECK: cf.assert %{{.*}}, "Add: broadcast extents differ"
// CHECK: linalg.generic
// CHECK-NOT: tensor.extract %
func.func @main(%x: tensor<?xf32>) -> !onnx.unknown {
  %t = onnx.constant "t" dense<1.5> : tensor<128xf32> -> tensor<128xf32>
  %zero = onnx.constant "zero" dense<0> : tensor<1xi64> -> tensor<1xi64>
  %n = onnx.node "Shape"(%x) opset 17 {} : (tensor<?xf32>) -> !onnx.unknown
  %s = onnx.node "Slice"(%t, %zero, %n) opset 17 {} : (tensor<128xf32>, tensor<1xi64>, !onnx.unknown) -> !onnx.unknown
  %z = onnx.node "Add"(%x, %s) opset 17 {} : (tensor<?xf32>, !onnx.unknown) -> !onnx.unknown
  return %z : !onnx.unknown
}

// -----

// `?` and other words for any size are no names: two of them are two sizes (F18).
// CHECK-LABEL: func.func @main
// CHECK-COUNT-2: cf.assert %{{.*}}, "Add: operands cannot be broadcast"
// CHECK-NOT: cf.assert
func.func @main(%a: tensor<?xf32> {onnx.value = #onnx.value<dims = ["?"]>}, %b: tensor<?xf32> {onnx.value = #onnx.value<dims = ["?"]>},
                %c: tensor<?xf32> {onnx.value = #onnx.value<dims = ["None"]>}, %d: tensor<?xf32> {onnx.value = #onnx.value<dims = ["None"]>},
                %e: tensor<?xf32> {onnx.value = #onnx.value<dims = ["seq"]>}, %f: tensor<?xf32> {onnx.value = #onnx.value<dims = ["seq"]>}) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %x = onnx.node "Add"(%a, %b) opset 17 {} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
  %y = onnx.node "Add"(%c, %d) opset 17 {} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
  %z = onnx.node "Add"(%e, %f) opset 17 {} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
  return %x, %y, %z : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// An operand that may have to be repeated is, before the nest, which reads all operands at
// its own index. A choice keeps an extent open that its operand leaves open.
// CHECK: #[[ID:.*]] = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[A:.*]]: tensor<?xf32>, %[[B:.*]]: tensor<3xf32>
// CHECK: %[[REPEATED:.*]] = scf.if %{{.*}} -> (tensor<?xf32>) {
// CHECK: tensor.extract %[[A]]
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[A]] : tensor<?xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]], {{.*}} ins(%{{.*}}, %[[B]] : tensor<3xf32>, tensor<3xf32>)
func.func @main(%a: tensor<?xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "Add"(%a, %b) opset 17 {} : (tensor<?xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
