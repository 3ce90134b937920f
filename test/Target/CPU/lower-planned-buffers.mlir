// RUN: bitnet-opt %s --bitnet-lower-planned-buffers | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: %[[N:.+]]: index, %[[I:.+]]: index
// CHECK: %[[WIDE:.+]] = arith.index_cast %[[N]] : index to i64
// CHECK: %[[FACTOR:.+]] = arith.constant 16 : i64
// CHECK: %[[BYTES:.+]] = arith.muli %[[WIDE]], %[[FACTOR]]
// CHECK: %[[SLOT:.+]] = arith.constant 2 : i64
// CHECK: %[[DATA:.+]] = call @bitnet_rt_slot(%[[SLOT]], %[[BYTES]]) : (i64, i64) -> !llvm.ptr
// CHECK: %[[OK:.+]] = llvm.icmp "ne" %[[DATA]]
// CHECK: cf.assert %[[OK]], "out of memory"
// CHECK: %[[BUFFER:.+]] = builtin.unrealized_conversion_cast {{.*}} to memref<?x4xf32>
// CHECK: memref.load %[[BUFFER]]
// CHECK: call @bitnet_rt_release(%[[DATA]]) : (!llvm.ptr) -> ()
// CHECK-NOT: memref.dealloc
func.func @f(%n: index, %i: index) -> f32 {
  %a = memref.alloc(%n) {bitnet.slot = 2 : i64} : memref<?x4xf32>
  %v = memref.load %a[%i, %i] : memref<?x4xf32>
  memref.dealloc %a : memref<?x4xf32>
  return %v : f32
}

// A bit takes a byte, an index eight. Others stay.
// CHECK-LABEL: func.func @sizes
// CHECK: arith.constant 6 : i64
// CHECK: arith.constant 24 : i64
// CHECK: memref.alloc() : memref<i1>
func.func @sizes() {
  %a = memref.alloc() {bitnet.slot = 0 : i64} : memref<2x3xi1>
  %b = memref.alloc() {bitnet.slot = 1 : i64} : memref<3xindex>
  %c = memref.alloc() : memref<i1>
  memref.dealloc %c : memref<i1>
  return
}

// A result may be made where the caller wants it.
// CHECK-LABEL: func.func @main
// CHECK: %[[OUTPUT:.+]] = arith.constant 1 : i32
// CHECK: call @bitnet_rt_result(%[[OUTPUT]], %{{.+}}, %{{.+}}) : (i32, i64, i64) -> !llvm.ptr
func.func @main(%n: index) -> memref<?xf32> {
  %a = memref.alloc(%n) {bitnet.slot = 0 : i64, bitnet.result = 1 : i32} : memref<?xf32>
  return %a : memref<?xf32>
}
