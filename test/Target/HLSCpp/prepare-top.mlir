// RUN: bitnet-opt --bitnet-prepare-top=top=net_top %s | FileCheck %s

// Names of ports: C identifiers, no keyword, no two alike; the weights are no port.
// CHECK: func.func @main(%{{[^:]+}}: memref<?xi8> {bitnet.weights},
// CHECK-SAME: memref<4xf32> {bitnet.port = "p_1_x", onnx.value = #onnx.value<name = "1/x">},
// CHECK-SAME: memref<4xf32> {bitnet.port = "p_int", onnx.value = #onnx.value<name = "int">},
// CHECK-SAME: %[[Y:[^:]+]]: memref<4xf32> {bitnet.output, bitnet.port = "p_1_x_2", onnx.value = #onnx.value<name = "1.x">},
// CHECK-SAME: %[[Z:[^:]+]]: memref<4xf32> {bitnet.output, bitnet.port = "out_1"})
// CHECK-SAME: attributes {bitnet.top = "net_top"}
// CHECK-NOT: bitnet.probe
// A result that is an allocation is written in place.
// CHECK: memref.store %{{.+}}, %[[Y]]
// CHECK-NOT: memref.dealloc
// Any other result is copied.
// CHECK: scf.for
// CHECK: memref.store %{{.+}}, %[[Z]]
// CHECK: return{{$}}
// CHECK-NOT: bitnet_shapes
func.func @main(%w: memref<?xi8> {bitnet.weights}, %x: memref<4xf32> {onnx.value = #onnx.value<name = "1/x">},
                %i: memref<4xf32> {onnx.value = #onnx.value<name = "int">})
    -> (memref<4xf32> {onnx.value = #onnx.value<name = "1.x">}, memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%c0] : memref<4xf32>
  %y = memref.alloc() : memref<4xf32>
  %t = memref.alloc() : memref<4xi8>
  bitnet.probe "fc" %t : memref<4xi8>
  memref.store %v, %y[%c0] : memref<4xf32>
  memref.dealloc %t : memref<4xi8>
  return %y, %i : memref<4xf32>, memref<4xf32>
}
func.func @bitnet_shapes(%x: memref<4xf32>) -> index {
  %c4 = arith.constant 4 : index
  return %c4 : index
}
