// RUN: not bitnet-opt %s --bitnet-verify-stage="stage=packed allow=func,arith" 2>&1 | FileCheck %s
// RUN: bitnet-opt %s --bitnet-verify-stage="stage=packed allow=func,tensor" | FileCheck %s --check-prefix=OK
// RUN: bitnet-opt %s --bitnet-verify-stage="stage=packed allow=func,tensor.empty" | FileCheck %s --check-prefix=OK
// RUN: not bitnet-opt %s --bitnet-verify-stage="stage=packed allow=func,tensor.dim" 2>&1 | FileCheck %s
// RUN: not bitnet-opt %s --bitnet-verify-stage="stage=nonsense" 2>&1 | FileCheck %s --check-prefix=WORD

// WORD: 'nonsense' is no stage
// OK: module attributes {bitnet.stage = #bitnet.stage<packed>}
// OK: func.func @main
func.func @main() -> tensor<4xf32> {
  // CHECK: error: 'tensor.empty' may not leave stage packed
  %0 = tensor.empty() : tensor<4xf32>
  return %0 : tensor<4xf32>
}
