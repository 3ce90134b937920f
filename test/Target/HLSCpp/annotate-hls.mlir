// RUN: bitnet-opt --bitnet-annotate-hls %s | FileCheck %s
// RUN: bitnet-opt --bitnet-annotate-hls=unroll=4 %s | FileCheck %s --check-prefix=FOUR

// CHECK-LABEL: func.func @main
// CHECK-SAME: memref<24xi8> {bitnet.partition = 8 : i64}
// CHECK: memref.view {{.+}} {bitnet.partition = 4 : i64}
// mm_c1: the sum of 24 int8 values cannot wrap.
// CHECK: arith.addi %{{.+}} overflow<nsw> : i32
// CHECK: arith.subi %{{.+}} overflow<nsw> : i32
// CHECK: } {bitnet.pipeline = 1 : i64, bitnet.unroll = 8 : i64}
// Not a reduction over weights: pipelined only.
// CHECK: memref.store
// CHECK-NEXT: } {bitnet.pipeline = 1 : i64}
// FOUR: bitnet.unroll = 4 : i64
func.func @main(%w: memref<?xi8> {bitnet.weights}, %x: memref<24xi8>, %y: memref<24xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c24 = arith.constant 24 : index
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i8
  %view = memref.view %w[%c0][] : memref<?xi8> to memref<64xi8>
  %sum = scf.for %k = %c0 to %c24 step %c1 iter_args(%acc = %zero) -> (i32) {
    %t = memref.load %view[%k] : memref<64xi8>
    %v = memref.load %x[%k] : memref<24xi8>
    %e = arith.extsi %v : i8 to i32
    %a = arith.addi %acc, %e : i32
    %s = arith.subi %acc, %e : i32
    %plus = arith.cmpi eq, %t, %one : i8
    %next = arith.select %plus, %a, %s : i32
    scf.yield %next : i32
  }
  scf.for %n = %c0 to %c24 step %c1 {
    memref.store %sum, %y[%n] : memref<24xi32>
  }
  return
}
