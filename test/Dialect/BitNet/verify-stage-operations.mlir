// RUN: not bitnet-opt %s --bitnet-verify-stage="stage=quantized allow=func,bitnet.matmul" 2>&1 | FileCheck %s
// RUN: bitnet-opt %s --bitnet-verify-stage="stage=bitnet allow=func,bitnet.linear" | FileCheck %s --check-prefix=OK

// A layer is decomposed in stage 2.
// OK: bitnet.linear
func.func @main(%x: tensor<2x4xi8>, %w: tensor<3x4xi2>) -> tensor<2x3xi32> {
  // CHECK: error: 'bitnet.linear' may not leave stage quantized
  %y = bitnet.linear "fc" %x, %w : (tensor<2x4xi8>, tensor<3x4xi2>) -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}
