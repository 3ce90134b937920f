// RUN: bitnet-opt --split-input-file --verify-diagnostics --bitnet-thread-context %s | FileCheck %s

// CHECK-DAG: llvm.mlir.global internal constant @[[TEXT:bitnet_text_[0-9A-F]+]]("node 'a': bad index\00")
// CHECK-DAG: func.func private @bitnet_rt_probe(!llvm.ptr, i32)
func.func private @bitnet_rt_probe(i32)
func.func private @bitnet_kernel(memref<?xf32>, index, index) attributes {bitnet.parallel}

// Has nothing that can fail: stays as it is.
// CHECK-LABEL: func.func private @pure(
// CHECK-SAME: %{{.+}}: i32) -> i32
func.func private @pure(%x: i32) -> i32 {
  return %x : i32
}

// CHECK-LABEL: func.func private @checked(
// CHECK-SAME: %[[CTX:.+]]: !llvm.ptr, %[[OK:.+]]: i1) -> (i32, i32)
// CHECK: cf.cond_br %[[OK]], ^[[NEXT:.+]], ^[[FAIL:.+]]
// CHECK: ^[[NEXT]]:
// CHECK: %[[ZERO:.+]] = arith.constant 0 : i32
// CHECK: return %[[ZERO]],
// CHECK: ^[[EXIT:.+]]: // pred
// CHECK: %[[ONE:.+]] = arith.constant 1 : i32
// CHECK: %[[ANY:.+]] = ub.poison : i32
// CHECK: return %[[ONE]], %[[ANY]]
// CHECK: ^[[FAIL]]:
// CHECK: %[[ADDRESS:.+]] = llvm.mlir.addressof @[[TEXT]]
// CHECK: call @bitnet_rt_fail(%[[CTX]], %[[ADDRESS]])
// CHECK: cf.br ^[[EXIT]]
func.func private @checked(%ok: i1) -> i32 {
  cf.assert %ok, "node 'a': bad index"
  %c5 = arith.constant 5 : i32
  return %c5 : i32
}

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[CTX:.+]]: !llvm.ptr, %[[X:.+]]: memref<?xf32> {onnx.value = #onnx.value<name = "x">}
// CHECK: call @pure(
// CHECK: %[[R:.+]]:2 = call @checked(%[[CTX]], %{{.+}})
// CHECK: arith.cmpi eq, %[[R]]#0
// CHECK: cf.cond_br
// CHECK: call @bitnet_rt_probe(%[[CTX]], %[[R]]#1)
// CHECK: call @bitnet_kernel(%[[X]],
func.func @main(%x: memref<?xf32> {onnx.value = #onnx.value<name = "x">}, %ok: i1) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %c7 = arith.constant 7 : i32
  %0 = call @pure(%c7) : (i32) -> i32
  %1 = call @checked(%ok) : (i1) -> i32
  call @bitnet_rt_probe(%1) : (i32) -> ()
  call @bitnet_kernel(%x, %c0, %c0) : (memref<?xf32>, index, index) -> ()
  return %x : memref<?xf32>
}

// -----

func.func private @bitnet_kernel(%ok: i1, %b: index, %e: index) attributes {bitnet.parallel} {
  // expected-error @+1 {{is not allowed in a parallel kernel}}
  cf.assert %ok, "never"
  return
}
