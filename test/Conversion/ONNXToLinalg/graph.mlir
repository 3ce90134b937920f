// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s
// RUN: bitnet-opt %s --convert-onnx-to-linalg=strict-shapes=true --split-input-file | FileCheck %s --check-prefix=STRICT

// Unsigned elements become signless, onnx.* attributes stay, results get the
// types that the graph computes.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<4xi8> {onnx.value = #onnx.value<name = "x", element = ui8>}
// CHECK-SAME: -> (tensor<4xi32> {onnx.value = #onnx.value<name = "y", element = i32>})
// CHECK: arith.extui {{.*}} : i8 to i32
// CHECK-NOT: onnx.node
func.func @main(%x: tensor<4xui8> {onnx.value = #onnx.value<name = "x", element = ui8>})
    -> (!onnx.unknown {onnx.value = #onnx.value<name = "y">}) {
  %y = onnx.node "Cast"(%x) opset 17 {to = 6} : (tensor<4xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Small constants become arith.constant, large ones keep their blob.
// CHECK-LABEL: func.func @main
// CHECK-DAG: arith.constant dense<[1, -1]> : tensor<2xi8>
// CHECK-DAG: bitnet.constant "w" #bitnet.blob<"m.data", 0, 8192> -> tensor<2048xf32>
func.func @main() -> (tensor<2xui8>, tensor<2048xf32>) {
  %a = onnx.constant "a" dense<[1, 255]> : tensor<2xui8> -> tensor<2xui8>
  %w = onnx.constant "w" #bitnet.blob<"m.data", 0, 8192> -> tensor<2048xf32>
  return %a, %w : tensor<2xui8>, tensor<2048xf32>
}

// -----

// bitnet.linear is rebuilt on the converted operand.
// CHECK-LABEL: func.func @main
// CHECK: %[[X:.*]] = linalg.generic
// CHECK: bitnet.linear "fc" %[[X]], %{{.*}} : (tensor<?x4xf32>, tensor<2x4xi2>) -> tensor<?x2xf32>
func.func @main(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = bitnet.constant dense<[[-1, 0, 1, 1], [0, 0, 1, -1]]> : tensor<2x4xi2> -> tensor<2x4xi2>
  %r = onnx.node "Relu"(%x) opset 17 {} : (tensor<?x4xf32>) -> !onnx.unknown
  %y = bitnet.linear "fc" %r, %w : (!onnx.unknown, tensor<2x4xi2>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Nodes that no output needs are not converted, so they may be unsupported.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: return
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = onnx.node "NoSuchOp"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
  return %x : tensor<4xf32>
}

// -----

// A declared static extent that the graph cannot prove is a hint, unless it is a
// promise.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<?xf32>
// CHECK-NOT: cf.assert
// STRICT-LABEL: func.func @main(%{{.*}}: tensor<?xf32>)
// STRICT: cf.assert %{{.*}}, "output 'y' does not have its declared size 4 in dimension 0"
func.func @main(%x: tensor<?xf32>) -> (tensor<4xf32> {onnx.value = #onnx.value<name = "y">}) {
  %y = onnx.node "Relu"(%x) opset 17 {} : (tensor<?xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// What the file says of an output is a hint (F8): the output is what the graph computes, its
// type for callers, too; nothing stays of the declaration. A dimension that is known is never
// asserted.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<?xi8> {onnx.value = #onnx.value<name = "y", element = ui8>}, tensor<4xf32> {onnx.value = #onnx.value<name = "z", element = f32>}) {
// CHECK-NOT: cf.assert
// STRICT-LABEL: func.func @main(%{{.*}}: tensor<?xi8>, %{{.*}}: tensor<4xf32>)
// STRICT-NOT: cf.assert
func.func @main(%x: tensor<?xui8>, %v: tensor<4xf32>)
    -> (!onnx.unknown {onnx.declared = tensor<?xui8>, onnx.value = #onnx.value<name = "y", element = f32>}, tensor<4xf32> {onnx.value = #onnx.value<name = "z">}) {
  %y = onnx.node "Identity"(%x) opset 17 {} : (tensor<?xui8>) -> !onnx.unknown
  %z = onnx.node "Relu"(%v) opset 17 {} : (tensor<4xf32>) -> tensor<4xf32>
  return %y, %z : !onnx.unknown, tensor<4xf32>
}

// -----

// Names of an output's dimensions say nothing: only those of inputs are one size.
// CHECK-LABEL: func.func @main
// CHECK-NOT: cf.assert
// CHECK: return
// STRICT-LABEL: func.func @main(%{{.*}}: tensor<?xf32> {onnx.value = #onnx.value<dims = ["n"]>})
// STRICT-NOT: cf.assert
func.func @main(%x: tensor<?xf32> {onnx.value = #onnx.value<dims = ["n"]>}) -> (tensor<?xf32> {onnx.value = #onnx.value<name = "y", dims = ["n"]>}) {
  %y = onnx.node "Concat"(%x, %x) opset 17 {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
