// RUN: bitnet-opt %s --bitnet-clone-variants="isas=generic,avx2,avxvnni,avx512bw,avx512vnni" | FileCheck %s
// RUN: bitnet-opt %s --bitnet-clone-variants="features=+avx2,+fma" --symbol-dce | FileCheck %s --check-prefix=ONE

// Levels get versions of what is no kernel; a dispatch function knows what the
// machines of its level run. The entry's originals are gone, the shapes stay one.

// CHECK: llvm.mlir.global external hidden @bitnet_rt_isa() {{.*}} : i32
// CHECK-NOT: func.func @bitnet_generated_main(
// CHECK: func.func private @bitnet_kernel_dispatch(i32, index, index)
// CHECK-DAG: func.func @bitnet_generated_main.generic({{.*}}) -> i32 attributes {bitnet.isa = #bitnet.isa<generic>} {
// CHECK-DAG: func.func @bitnet_generated_main.avx2({{.*}}) -> i32 attributes {bitnet.isa = #bitnet.isa<avx2>} {
// CHECK-DAG: func.func @bitnet_generated_main.avx512bw({{.*}}) -> i32 attributes {bitnet.isa = #bitnet.isa<avx512bw>} {
// CHECK-DAG: call @main.avx512bw(
// CHECK-DAG: call @bitnet_rt_log(
// CHECK-DAG: func.func @bitnet_generated_shapes({{.*}}) -> i32 attributes {bitnet.isa = #bitnet.isa<generic>} {

// CHECK-LABEL: func.func private @main.avx512bw(
// CHECK: call @bitnet_kernel_dispatch.avx512bw(
// CHECK-LABEL: func.func private @bitnet_kernel_dispatch.avx512bw(
// CHECK-SAME: %[[A:.*]]: i32, %[[B:.*]]: index, %[[E:.*]]: index) attributes {bitnet.isa = #bitnet.isa<avx512bw>, bitnet.parallel} {
// CHECK: %[[P:.*]] = llvm.mlir.addressof @bitnet_rt_isa
// CHECK: %[[I:.*]] = llvm.load %[[P]] atomic monotonic {alignment = 4 : i64}
// CHECK: cf.switch %[[I]] : i32, [
// CHECK-NEXT: default: ^[[GENERAL:.*]],
// CHECK-NEXT: 3: ^[[GENERAL]],
// CHECK-NEXT: 4: ^[[VNNI:.*]]
// CHECK: ^[[GENERAL]]:
// CHECK-NEXT: call @bitnet_kernel_avx2.avx512bw(%[[A]], %[[B]], %[[E]])
// CHECK: ^[[VNNI]]:
// CHECK-NEXT: call @bitnet_kernel_avx512vnni.avx512vnni(%[[A]], %[[B]], %[[E]])

// All machines of these levels agree.
// CHECK-LABEL: func.func private @bitnet_kernel_dispatch.avx2(
// CHECK-NEXT: call @bitnet_kernel_avx2.avx2(
// CHECK-NEXT: return
// CHECK-LABEL: func.func private @bitnet_kernel_dispatch.generic(
// CHECK-NEXT: call @bitnet_kernel_generic.generic(

// ONE-NOT: bitnet_kernel_generic
// ONE: func.func private @bitnet_kernel_avx2(
// ONE: func.func private @bitnet_kernel_dispatch(
// ONE-SAME: attributes {bitnet.parallel} {
// ONE-NEXT: call @bitnet_kernel_avx2(
// ONE: func.func @bitnet_generated_main(
func.func private @bitnet_rt_log(!llvm.ptr)
func.func private @bitnet_kernel_generic(%a: i32, %begin: index, %end: index) attributes {bitnet.parallel} {
  return
}
func.func private @bitnet_kernel_avx2(%a: i32, %begin: index, %end: index) attributes {bitnet.parallel, bitnet.features = "avx2"} {
  return
}
func.func private @bitnet_kernel_avx512vnni(%a: i32, %begin: index, %end: index)
    attributes {bitnet.parallel, bitnet.features = "avx512bw avx512vnni"} {
  return
}
func.func private @bitnet_kernel_dispatch(i32, index, index)
    attributes {bitnet.parallel, bitnet.variants = [@bitnet_kernel_avx512vnni, @bitnet_kernel_avx2, @bitnet_kernel_generic]}
func.func private @main(%ctx: !llvm.ptr, %a: i32, %n: index) -> i32 {
  %c0 = arith.constant 0 : index
  call @bitnet_kernel_dispatch(%a, %c0, %n) : (i32, index, index) -> ()
  call @bitnet_rt_log(%ctx) : (!llvm.ptr) -> ()
  return %a : i32
}
func.func @bitnet_generated_main(%ctx: !llvm.ptr, %inputs: !llvm.ptr) -> i32 {
  %n = arith.constant 7 : index
  %a = arith.constant 1 : i32
  %status = call @main(%ctx, %a, %n) : (!llvm.ptr, i32, index) -> i32
  return %status : i32
}
func.func @bitnet_generated_shapes(%ctx: !llvm.ptr, %inputs: !llvm.ptr, %outputs: !llvm.ptr) -> i32 {
  %a = arith.constant 0 : i32
  return %a : i32
}
