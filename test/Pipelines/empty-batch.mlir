// RUN: bitnet-opt %s --bitnet-quantize-pipeline --bitnet-pack-pipeline --bitnet-partition-pipeline --bitnet-loops-pipeline | FileCheck %s

// A model of an empty batch (--dim n=0): layers of nothing are no layers, and what follows
// takes no slice of a tensor without elements.
// CHECK-LABEL: func.func @main(
// CHECK-NOT: bitnet.matmul
// CHECK-NOT: scf.
// CHECK: %[[Y:.*]] = memref.alloc() {{.*}}: memref<0x2xf32>
// CHECK-NOT: scf.
// CHECK: return %[[Y]]
func.func @main(%x: tensor<0x64xf32>) -> tensor<0x2xf32> {
  %w = bitnet.constant "w" dense<1> : tensor<2x64xi2> -> tensor<2x64xi2>
  %y = bitnet.linear "fc" %x, %w act <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<0x64xf32>, tensor<2x64xi2>) -> tensor<0x2xf32>
  return %y : tensor<0x2xf32>
}
