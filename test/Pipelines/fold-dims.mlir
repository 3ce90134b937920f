// RUN: bitnet-opt --bitnet-fold-dims="dims=batch=4,past=32" %s | FileCheck %s
// RUN: not bitnet-opt --bitnet-fold-dims="dims=rows=4" %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: bitnet-opt --bitnet-fold-dims="dims=batch=0,past=9223372036854775807" %s | FileCheck %s --check-prefix=EMPTY
// RUN: not bitnet-opt --bitnet-fold-dims="dims=batch=1,past=9223372036854775807" %s 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: not bitnet-opt --bitnet-fold-dims="dims=batch=-1" %s 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not bitnet-opt --bitnet-fold-dims="dims=batch=4 require-static" %s 2>&1 | FileCheck %s --check-prefix=STATIC

// CHECK: func.func @main(%{{.+}}: tensor<4x8xf32> {{{.+}}}, %{{.+}}: tensor<4x33xf32>
// EMPTY: func.func @main(%{{.+}}: tensor<0x8xf32>
// SUM: error: --dim batch=1 --dim past=9223372036854775807: input 'mask' takes more bytes than can be counted, at most
// UNKNOWN: error: --dim: the model has no dim named 'rows'
// SIZE: error: --dim: expected name=size, got 'batch=-1'
// STATIC: error: input 'mask' has no fixed shape: give sizes with --dim past + 1=<n>
func.func @main(%x: tensor<?x8xf32> {onnx.value = #onnx.value<name = "x", dims = ["batch", ""]>},
                %mask: tensor<?x?xf32> {onnx.value = #onnx.value<name = "mask", dims = ["batch", "past + 1"]>})
    -> tensor<?x8xf32> {
  %y = onnx.node "Relu"(%x) opset 20 {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
