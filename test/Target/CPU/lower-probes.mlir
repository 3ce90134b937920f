// RUN: bitnet-opt --bitnet-lower-probes %s | FileCheck %s

// The name is stored once, dims go to a stack array of the entry block.
// CHECK-DAG: llvm.mlir.global internal constant @[[NAME:bitnet_text_[0-9A-F]+]]("fc\00")
// CHECK-LABEL: func.func @dense
// CHECK: %[[DIMS:.+]] = llvm.alloca {{.*}} x i64
// CHECK: scf.for
// CHECK: llvm.mlir.addressof @[[NAME]]
// CHECK: %[[DTYPE:.+]] = arith.constant 3 : i32
// CHECK: %[[RANK:.+]] = arith.constant 2 : i32
// CHECK: func.call @bitnet_rt_probe(%{{.+}}, %[[DTYPE]], %[[RANK]], %[[DIMS]], %{{.+}})
// CHECK-NOT: bitnet.probe
func.func @dense(%q: memref<?x64xi8>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    bitnet.probe "fc" %q : memref<?x64xi8>
  }
  return
}

// Hooks see dense data: a strided value is copied.
// CHECK-LABEL: func.func @strided
// CHECK: %[[COPY:.+]] = memref.alloc(%{{.+}}) : memref<?x64xi32>
// CHECK: memref.copy %{{.+}}, %[[COPY]]
// CHECK: call @bitnet_rt_probe
// CHECK: memref.dealloc %[[COPY]]
func.func @strided(%q: memref<?x64xi32, strided<[128, 1], offset: 64>>) {
  bitnet.probe "fc" %q : memref<?x64xi32, strided<[128, 1], offset: 64>>
  return
}

// Probes of one function share an array, as large as the largest needs: a model of many layers takes no more
// stack than one.
// CHECK-LABEL: func.func @many
// CHECK: %[[SIZE:.+]] = llvm.mlir.constant(3 : i64)
// CHECK: %[[DIMS:.+]] = llvm.alloca %[[SIZE]] x i64
// CHECK-NOT: llvm.alloca
// CHECK: call @bitnet_rt_probe(%{{.+}}, %{{.+}}, %{{.+}}, %[[DIMS]], %{{.+}})
// CHECK: call @bitnet_rt_probe(%{{.+}}, %{{.+}}, %{{.+}}, %[[DIMS]], %{{.+}})
// CHECK: return
func.func @many(%q: memref<?xi8>, %r: memref<?x4x4xi8>) {
  bitnet.probe "fc" %q : memref<?xi8>
  bitnet.probe "conv" %r : memref<?x4x4xi8>
  return
}

// In a loop over layers the names lie in rows of equal length.
// CHECK-LABEL: func.func @layers
// CHECK-SAME: %[[I:[^ ]+]]: index
// CHECK: %[[NAMES:.+]] = llvm.mlir.addressof
// CHECK: %[[ROW:.+]] = arith.index_cast %[[I]] : index to i64
// CHECK: %[[NAME:.+]] = llvm.getelementptr %[[NAMES]][%[[ROW]]] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<6 x i8>
// CHECK: call @bitnet_rt_probe(%[[NAME]],
func.func @layers(%i: index, %q: memref<4xi8>) {
  bitnet.probe "up.0" of ["up.0", "up.10"][%i] %q : memref<4xi8>
  return
}
