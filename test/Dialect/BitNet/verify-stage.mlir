// RUN: not bitnet-opt %s --bitnet-verify-stage="stage=pack allow=func,arith" 2>&1 | FileCheck %s
// RUN: bitnet-opt %s --bitnet-verify-stage="stage=pack allow=func,tensor" | FileCheck %s --check-prefix=OK
// RUN: bitnet-opt %s --bitnet-verify-stage="stage=pack allow=func,tensor.empty" | FileCheck %s --check-prefix=OK
// RUN: not bitnet-opt %s --bitnet-verify-stage="stage=pack allow=func,tensor.dim" 2>&1 | FileCheck %s

// OK: func.func @main
func.func @main() -> tensor<4xf32> {
  // CHECK: error: 'tensor.empty' may not leave stage pack
  %0 = tensor.empty() : tensor<4xf32>
  return %0 : tensor<4xf32>
}
