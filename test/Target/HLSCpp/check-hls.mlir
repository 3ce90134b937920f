// RUN: not bitnet-opt --bitnet-check-hls %s 2>&1 | FileCheck %s

// Everything at once, with the nodes it came from, once for each.
// CHECK: error: --target=hls cannot express 4 things
// CHECK: note: port 'x' has a dynamic shape
// CHECK: note: {{.*}}Resize_3{{.*}}: a tensor with a dynamic shape
// CHECK: note: 'math.atan2' has no C++ form
// CHECK: note: a number of a type without C++ form
func.func @main(%x: memref<?xf32> {bitnet.port = "x"}, %y: memref<4xf32> {bitnet.port = "y", bitnet.output}) {
  %c0 = arith.constant 0 : index
  %n = memref.load %y[%c0] : memref<4xf32>
  %i = arith.fptosi %n : f32 to i32
  %size = arith.index_cast %i : i32 to index
  %t = memref.alloc(%size) : memref<?xf32> loc("Resize_3")
  %a = math.atan2 %n, %n : f32
  %h = arith.constant 1.0 : f16
  %e = arith.extf %h : f16 to f32
  %s = arith.addf %a, %e : f32
  memref.store %s, %y[%c0] : memref<4xf32>
  return
}
