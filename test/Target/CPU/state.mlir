// A state and an input in place, from the text of stage "loops" to a library that a host with dlopen alone runs: two
// sessions take turns, one is reset.
// RUN: bitnet-compile -q %s -o %t.so
// RUN: clang -std=c11 -Wall -Wextra -Werror -I%src/runtime/include %S/Inputs/sessions.c -o %t.host
// RUN: %t.host %t.so | FileCheck %s
// CHECK: input x: flags 0
// CHECK-NEXT: input total: flags 1, alias 1
// CHECK-NEXT: output y: flags 0
// CHECK-NEXT: output total_out: flags 1, alias 1
// CHECK-NEXT: output count: flags 0
// CHECK-NEXT: state steps: rank 0, offset 0
// CHECK-NEXT: state sum: rank 1, offset 64
// CHECK-NEXT: 80 bytes
// CHECK-NEXT: no session: the model has states, so its runs need a session (bitnet_run_options.session)
// CHECK-NEXT: a: y 1 2 3 4, total 1 2 3, count 1
// CHECK-NEXT: a: y 2 4 6 8, total 2 4 6, count 2
// CHECK-NEXT: b: y 1 2 3 4, total 3 6 9, count 1
// CHECK-NEXT: a: y 3 6 9 12, total 4 8 12, count 3
// CHECK-NEXT: reset a
// CHECK-NEXT: a: y 1 2 3 4, total 5 10 15, count 1
// CHECK-NEXT: b: y 2 4 6 8, total 6 12 18, count 2

// The states are hidden from bitnet-run's data; each run of --guard-pages begins with zeros.
// RUN: bitnet-run -v %t.so --dim n=5 | FileCheck %s --check-prefix=LIST
// LIST: input x: f32[4]
// LIST-NEXT: input total: f32[n], in place
// LIST-NEXT: output y: f32[4]
// LIST-NEXT: output total_out: f32[n], in place
// LIST-NEXT: output count: i64[]
// LIST-NEXT: state steps: i64[]
// LIST-NEXT: state sum: f32[4]
module attributes {bitnet.stage = #bitnet.stage<loops>} {
func.func @main(%x: memref<4xf32> {onnx.value = #onnx.value<name = "x">},
    %steps: memref<i64> {bitnet.state = "steps"},
    %total: memref<?xf32> {bitnet.in_place, onnx.value = #onnx.value<name = "total", dims = ["n"]>},
    %sum: memref<4xf32> {bitnet.state = "sum"})
    -> (memref<4xf32> {onnx.value = #onnx.value<name = "y">}, memref<?xf32> {onnx.value = #onnx.value<name = "total_out", dims = ["n"]>},
        memref<i64> {onnx.value = #onnx.value<name = "count">}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %one = arith.constant 1 : i64
  %before = memref.load %steps[] : memref<i64>
  %after = arith.addi %before, %one : i64
  memref.store %after, %steps[] : memref<i64>
  %y = memref.alloc() : memref<4xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    %old = memref.load %sum[%i] : memref<4xf32>
    %more = memref.load %x[%i] : memref<4xf32>
    %new = arith.addf %old, %more : f32
    memref.store %new, %sum[%i] : memref<4xf32>
    memref.store %new, %y[%i] : memref<4xf32>
  }
  %n = memref.dim %total, %c0 : memref<?xf32>
  scf.for %i = %c0 to %n step %c1 {
    %place = arith.remui %i, %c4 : index
    %old = memref.load %total[%i] : memref<?xf32>
    %more = memref.load %x[%place] : memref<4xf32>
    %new = arith.addf %old, %more : f32
    memref.store %new, %total[%i] : memref<?xf32>
  }
  return %y, %total, %steps : memref<4xf32>, memref<?xf32>, memref<i64>
}
func.func @bitnet_shapes(%x: memref<4xf32>, %total: memref<?xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = memref.dim %total, %c0 : memref<?xf32>
  return %c4, %n : index, index
}
}
