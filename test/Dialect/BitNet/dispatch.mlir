// RUN: bitnet-opt %s | bitnet-opt | FileCheck %s

// CHECK-LABEL: func.func @tensors
// CHECK: %{{.+}} = bitnet.dispatch layer ins(%{{.+}}, %{{.+}} : tensor<4xf32>, f32) outs(%{{.+}} : tensor<4xf32>) {
// CHECK-NEXT: ^bb0(%{{.+}}: tensor<4xf32>, %{{.+}}: f32, %[[O:.+]]: tensor<4xf32>):
// CHECK-NEXT: bitnet.yield %[[O]] : tensor<4xf32>
// CHECK-NEXT: } -> tensor<4xf32>
func.func @tensors(%x: tensor<4xf32>, %f: f32, %i: tensor<4xf32>) -> tensor<4xf32> {
  %y = bitnet.dispatch layer ins(%x, %f : tensor<4xf32>, f32) outs(%i : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %b: f32, %o: tensor<4xf32>):
    bitnet.yield %o : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @buffers
// CHECK: bitnet.dispatch layer outs(%{{.+}} : memref<4xf32>) attributes {note} {
// CHECK-NEXT: ^bb0(%{{.+}}: memref<4xf32>):
// CHECK-NEXT: bitnet.yield
// CHECK-NEXT: }
func.func @buffers(%o: memref<4xf32>) {
  bitnet.dispatch layer outs(%o : memref<4xf32>) attributes {note} {
  ^bb0(%a: memref<4xf32>):
    bitnet.yield
  }
  return
}
