// RUN: bitnet-opt --split-input-file --verify-diagnostics --bitnet-thread-context --bitnet-generate-entry %s | FileCheck %s

// Argument attributes are kept for the description table; the ONNX type wins.
// CHECK: module attributes {bitnet.signature = {inputs = [{dim_names = ["batch", ""], dims = array<i64: -1, 4>, dtype = 2 : i32, name = "x"}],
// CHECK-SAME: outputs = [{dim_names = [""], dims = array<i64: -1>, dtype = 1 : i32, name = "out0"}]}
module attributes {bitnet.weights_size = 640 : i64} {
// CHECK: func.func private @main
func.func @main(%w: memref<?xi8> {bitnet.weights},
    %x: memref<?x4xi8> {onnx.name = "x", onnx.dims = ["batch", ""], onnx.dtype = 2 : i32})
    -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x4xi8>
  %y = memref.alloc(%n) : memref<?xf32>
  return %y : memref<?xf32>
}
// CHECK: func.func private @bitnet_shapes
func.func @bitnet_shapes(%x: memref<?x4xi8>) -> index {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x4xi8>
  return %n : index
}
}

// CHECK-LABEL: func.func @bitnet_generated_main(
// CHECK-SAME: %[[CTX:.+]]: !llvm.ptr, %[[INPUTS:.+]]: !llvm.ptr) -> i32
// The weights' pointer is the first field of the context.
// CHECK: llvm.load %[[CTX]] : !llvm.ptr -> !llvm.ptr
// CHECK: arith.constant 640 : i64
// CHECK: llvm.getelementptr %[[INPUTS]][0, 0]
// CHECK: llvm.getelementptr %[[INPUTS]][0, 3, 0]
// CHECK: %[[R:.+]]:2 = call @main(%[[CTX]], %{{.+}}, %{{.+}})
// CHECK: cf.cond_br
// CHECK: return %[[R]]#0
// CHECK: call @bitnet_rt_output(%[[CTX]],
// CHECK-LABEL: func.func @bitnet_generated_shapes(
// CHECK: call @bitnet_shapes
// CHECK: llvm.store

// -----

// Without @bitnet_shapes a dynamic dim is unknown.
func.func @main(%x: memref<?x4xf32>) -> memref<?x4xf32> {
  return %x : memref<?x4xf32>
}
// CHECK-LABEL: func.func @bitnet_generated_shapes(
// CHECK: arith.constant -1 : i64
// CHECK: arith.constant 4 : i64

// -----

// expected-error @+1 {{output must have an identity layout}}
func.func @main(%x: memref<?xf32, strided<[2]>>) -> memref<?xf32, strided<[2]>> {
  return %x : memref<?xf32, strided<[2]>>
}
