// RUN: bitnet-opt --split-input-file --verify-diagnostics --bitnet-lower-parallel-calls %s | FileCheck %s

llvm.func @use(!llvm.ptr)
llvm.func @kernel(%x: !llvm.ptr, %begin: i64, %end: i64) attributes {bitnet.parallel} {
  llvm.call @use(%x) : (!llvm.ptr) -> ()
  llvm.return
}

// CHECK-LABEL: llvm.func internal @kernel_task(
// CHECK-SAME: %[[STRUCT:.+]]: !llvm.ptr, %[[B:.+]]: i64, %[[E:.+]]: i64)
// CHECK: %[[X:.+]] = llvm.load
// CHECK: %[[OFFSET:.+]] = llvm.load
// CHECK: %[[BEGIN:.+]] = llvm.add %[[OFFSET]], %[[B]]
// CHECK: %[[END:.+]] = llvm.add %[[OFFSET]], %[[E]]
// CHECK: llvm.call @kernel(%[[X]], %[[BEGIN]], %[[END]])

// One stack slot in the entry block for both calls, none in the loop.
// CHECK-LABEL: llvm.func @main(
// CHECK-SAME: %[[CTX:[a-z0-9]+]]: !llvm.ptr
// CHECK: %[[SLOT:.+]] = llvm.alloca
// CHECK-NOT: llvm.alloca
// CHECK: ^bb1:
// CHECK: %[[TASK:.+]] = llvm.mlir.addressof @kernel_task
// CHECK: %[[TRIPS:.+]] = llvm.sub
// CHECK: llvm.call @bitnet_rt_parallel(%[[CTX]], %[[TASK]], %[[SLOT]], %[[TRIPS]])
// CHECK: llvm.call @bitnet_rt_parallel(%[[CTX]], %{{.+}}, %[[SLOT]], %{{.+}})
llvm.func @main(%ctx: !llvm.ptr, %x: !llvm.ptr, %n: i64, %again: i1) -> i32 {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %ok = llvm.mlir.constant(0 : i32) : i32
  llvm.br ^bb1
^bb1:
  llvm.call @kernel(%x, %zero, %n) : (!llvm.ptr, i64, i64) -> ()
  llvm.call @kernel(%x, %zero, %n) : (!llvm.ptr, i64, i64) -> ()
  llvm.cond_br %again, ^bb1, ^bb2
^bb2:
  llvm.return %ok : i32
}

// -----

// Too little work for the pool (--bitnet-outline-parallel): it stays a call.
llvm.func @kernel(%begin: i64, %end: i64) attributes {bitnet.parallel} {
  llvm.return
}

// CHECK-LABEL: llvm.func @serial(
// CHECK: llvm.call @kernel(%{{.*}}, %{{.*}}) : (i64, i64) -> ()
llvm.func @serial(%ctx: !llvm.ptr, %n: i64) {
  llvm.call @kernel(%n, %n) {bitnet.serial} : (i64, i64) -> ()
  llvm.return
}

// -----

// expected-error @+1 {{a parallel kernel ends in two index arguments and returns nothing}}
llvm.func @kernel(%x: !llvm.ptr) attributes {bitnet.parallel} {
  llvm.return
}

// -----

// One slot serves calls of different functions, as large as the largest needs (F12): a model
// of many layers takes no more stack than one.
llvm.func @use(!llvm.ptr)
llvm.func @narrow(%x: !llvm.ptr, %begin: i64, %end: i64) attributes {bitnet.parallel} {
  llvm.call @use(%x) : (!llvm.ptr) -> ()
  llvm.return
}
llvm.func @wide(%x: !llvm.ptr, %y: !llvm.ptr, %z: !llvm.ptr, %begin: i64, %end: i64) attributes {bitnet.parallel} {
  llvm.call @use(%x) : (!llvm.ptr) -> ()
  llvm.call @use(%y) : (!llvm.ptr) -> ()
  llvm.call @use(%z) : (!llvm.ptr) -> ()
  llvm.return
}

// CHECK-LABEL: llvm.func @different(
// CHECK: %[[BYTES:.+]] = llvm.mlir.constant(32 : i64)
// CHECK: %[[SLOT:.+]] = llvm.alloca %[[BYTES]] x i8 {alignment = 16 : i64}
// CHECK-NOT: llvm.alloca
// CHECK: llvm.call @bitnet_rt_parallel(%{{.+}}, %{{.+}}, %[[SLOT]], %{{.+}})
// CHECK: llvm.call @bitnet_rt_parallel(%{{.+}}, %{{.+}}, %[[SLOT]], %{{.+}})
// CHECK: llvm.call @bitnet_rt_parallel(%{{.+}}, %{{.+}}, %[[SLOT]], %{{.+}})
// CHECK-NOT: llvm.alloca
llvm.func @different(%ctx: !llvm.ptr, %x: !llvm.ptr, %n: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  llvm.call @narrow(%x, %zero, %n) : (!llvm.ptr, i64, i64) -> ()
  llvm.call @wide(%x, %x, %x, %zero, %n) : (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64) -> ()
  llvm.call @narrow(%x, %zero, %n) : (!llvm.ptr, i64, i64) -> ()
  llvm.return
}

// -----

// A vector asks for more alignment than a stack slot has.
llvm.func @use(vector<16xi64>)
llvm.func @vector(%step: vector<16xi64>, %begin: i64, %end: i64) attributes {bitnet.parallel} {
  llvm.call @use(%step) : (vector<16xi64>) -> ()
  llvm.return
}

// CHECK-LABEL: llvm.func internal @vector_task(
// CHECK: llvm.load %{{.+}} {alignment = 16 : i64} : !llvm.ptr -> vector<16xi64>
// CHECK-LABEL: llvm.func @of_vectors(
// CHECK: llvm.alloca {{.+}} {alignment = 16 : i64}
// CHECK: llvm.store %{{.+}} {alignment = 16 : i64} : vector<16xi64>, !llvm.ptr
llvm.func @of_vectors(%ctx: !llvm.ptr, %step: vector<16xi64>, %n: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  llvm.call @vector(%step, %zero, %n) : (vector<16xi64>, i64, i64) -> ()
  llvm.return
}

// -----

// Every i64 lies on 8 bytes, as on the targets: 40 bytes of fields, not 32.
llvm.func @use(f32, i64, f32, i64)
llvm.func @scalars(%a: f32, %b: i64, %c: f32, %d: i64, %begin: i64, %end: i64) attributes {bitnet.parallel} {
  llvm.call @use(%a, %b, %c, %d) : (f32, i64, f32, i64) -> ()
  llvm.return
}

// CHECK-LABEL: llvm.func @of_scalars(
// CHECK: %[[BYTES:.+]] = llvm.mlir.constant(48 : i64)
// CHECK: llvm.alloca %[[BYTES]] x i8
llvm.func @of_scalars(%ctx: !llvm.ptr, %a: f32, %n: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  llvm.call @scalars(%a, %n, %a, %n, %zero, %n) : (f32, i64, f32, i64, i64, i64) -> ()
  llvm.return
}

// -----

// What the kernel does not read is not handed on: most of a buffer's descriptor, which is put together and taken
// apart again.
llvm.func @use(!llvm.ptr, i64)
llvm.func @described(%base: !llvm.ptr, %data: !llvm.ptr, %offset: i64, %n: i64, %begin: i64, %end: i64) attributes {bitnet.parallel} {
  %0 = llvm.mlir.poison : !llvm.struct<(ptr, ptr, i64, i64)>
  %1 = llvm.insertvalue %base, %0[0] : !llvm.struct<(ptr, ptr, i64, i64)>
  %2 = llvm.insertvalue %data, %1[1] : !llvm.struct<(ptr, ptr, i64, i64)>
  %3 = llvm.insertvalue %offset, %2[2] : !llvm.struct<(ptr, ptr, i64, i64)>
  %4 = llvm.insertvalue %n, %3[3] : !llvm.struct<(ptr, ptr, i64, i64)>
  %5 = llvm.extractvalue %4[1] : !llvm.struct<(ptr, ptr, i64, i64)>
  llvm.call @use(%5, %end) : (!llvm.ptr, i64) -> ()
  llvm.return
}

// CHECK-LABEL: llvm.func internal @described_task(
// CHECK: %[[DATA:.+]] = llvm.load
// CHECK: llvm.load
// CHECK-NOT: llvm.load
// CHECK: llvm.call @described(%{{.+}}, %[[DATA]], %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}})
// CHECK-LABEL: llvm.func @of_described(
// CHECK: llvm.mlir.constant(16 : i64)
// CHECK-COUNT-2: llvm.store
// CHECK-NOT: llvm.store
// CHECK: llvm.call @bitnet_rt_parallel
llvm.func @of_described(%ctx: !llvm.ptr, %x: !llvm.ptr, %n: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  llvm.call @described(%x, %x, %zero, %n, %zero, %n) : (!llvm.ptr, !llvm.ptr, i64, i64, i64, i64) -> ()
  llvm.return
}
