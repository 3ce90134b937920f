// RUN: bitnet-opt --bitnet-lower-allocations %s | FileCheck %s

// CHECK-NOT: @malloc
// CHECK-NOT: @free
llvm.func @malloc(i64) -> !llvm.ptr
llvm.func @free(!llvm.ptr)

// CHECK-LABEL: llvm.func @f(
// CHECK-SAME: %[[CTX:.+]]: !llvm.ptr, %[[N:.+]]: i64)
// CHECK: %[[P:.+]] = llvm.call @bitnet_rt_alloc(%[[CTX]], %[[N]])
// CHECK: %[[NULL:.+]] = llvm.mlir.zero
// CHECK: %[[OK:.+]] = llvm.icmp "ne" %[[P]], %[[NULL]]
// CHECK: llvm.cond_br %[[OK]], ^[[NEXT:.+]], ^[[FAIL:.+]]
// CHECK: ^[[NEXT]]:
// CHECK: llvm.call @bitnet_rt_free(%[[CTX]], %[[P]])
// CHECK: ^[[FAIL]]:
// CHECK: %[[ONE:.+]] = llvm.mlir.constant(1 : i32)
// CHECK: %[[ANY:.+]] = llvm.mlir.poison
// CHECK: %[[R:.+]] = llvm.insertvalue %[[ONE]], %[[ANY]][0]
// CHECK: llvm.return {{.*}}%[[R]]
llvm.func @f(%ctx: !llvm.ptr, %n: i64) -> !llvm.struct<(i32, i64)> {
  %p = llvm.call @malloc(%n) : (i64) -> !llvm.ptr
  llvm.call @free(%p) : (!llvm.ptr) -> ()
  %u = llvm.mlir.zero : !llvm.struct<(i32, i64)>
  llvm.return %u : !llvm.struct<(i32, i64)>
}
