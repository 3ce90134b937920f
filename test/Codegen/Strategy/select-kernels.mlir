// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=+avx2,+avx512f,+avx512bw,+avx512vnni" | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=+avx512f,+avx512bw,+avx512vnni,+avx512vbmi" | FileCheck %s --check-prefix=VBMI
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=avx2,avx512vnni" | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=+avx2,-avx2" | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=aarch64 features=+neon,+dotprod" | FileCheck %s --check-prefixes=CHECK,DOTPROD
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=aarch64 features=+neon" | FileCheck %s --check-prefixes=CHECK,NEON
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=aarch64 features=+neon,+dotprod,+i8mm" | FileCheck %s --check-prefixes=CHECK,I8MM
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=+avx2,+avxvnni" | FileCheck %s --check-prefixes=CHECK,AVXVNNI
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=+avx2,+avx512f,+avx512bw" | FileCheck %s --check-prefixes=CHECK,AVX512BW
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=+avx2,+avx512f,+avx512bw,+avx512vnni,+amx-tile,+amx-int8" | FileCheck %s --check-prefixes=CHECK,AMX
// RUN: bitnet-opt %s --bitnet-select-kernels="kernel=avxvnni" | FileCheck %s --check-prefixes=AVXVNNI
// RUN: bitnet-opt %s --bitnet-select-kernels="kernel=avx512bw" | FileCheck %s --check-prefixes=AVX512BW
// RUN: bitnet-opt %s --bitnet-select-kernels="kernel=amx" | FileCheck %s --check-prefixes=AMX
// RUN: bitnet-opt %s --bitnet-select-kernels="kernel=neon" | FileCheck %s --check-prefixes=NEON
// RUN: bitnet-opt %s --bitnet-select-kernels="kernel=i8mm" | FileCheck %s --check-prefixes=I8MM
// RUN: bitnet-opt %s --bitnet-select-kernels | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=avx2 kernel=scalar" | FileCheck %s --check-prefixes=SCALAR
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=x86_64 features=avx2 kernel=neon_dotprod" | FileCheck %s --check-prefixes=CHECK,DOTPROD
// RUN: bitnet-opt %s --bitnet-select-kernels="isas=generic,avx2,avx512vnni" | FileCheck %s --check-prefixes=CHECK,THREE
// RUN: bitnet-opt %s --bitnet-select-kernels="isas=generic,avx2,avxvnni,avx512bw,avx512vnni,avx512vbmi,amx" | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: bitnet-opt %s --bitnet-select-kernels="isas=neon,neon_dotprod" | FileCheck %s --check-prefixes=CHECK,ARM
// RUN: bitnet-opt %s --bitnet-select-kernels="isas=generic,rvv" | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: bitnet-opt %s --bitnet-select-kernels="arch=riscv64 features=+v" | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: bitnet-opt %s --bitnet-select-kernels="isas=generic,avx2 kernel=generic" | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: bitnet-opt %s --bitnet-select-kernels="isas=generic,avx2 kernel=scalar" | FileCheck %s --check-prefixes=SCALAR
// RUN: not bitnet-opt %s --bitnet-select-kernels="isas=sse9" 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: 'sse9' is not one of generic, avx2,

// CHECK-LABEL: @integer
// THREE: lowering <[avx512vnni, avx2, generic]>
// ALL: lowering <[amx, avx512vnni, avx512bw, avxvnni, avx2, generic]>
// ARM: lowering <[neon_dotprod, neon]>
// VNNI: lowering <[avx512vnni]>
// AVX2: lowering <[avx2]>
// AVXVNNI: lowering <[avxvnni]>
// AVX512BW: lowering <[avx512bw]>
// AMX: lowering <[amx]>
// NEON: lowering <[neon]>
// DOTPROD: lowering <[neon_dotprod]>
// I8MM: lowering <[i8mm]>
// GENERIC: lowering <[generic]>
// SCALAR: lowering <[scalar]>
func.func @integer(%x: tensor<?x64xi8>, %w: tensor<1x4x4x64xi8>, %s: tensor<?xi32>, %y: tensor<?x64xi32>) -> tensor<?x64xi32> {
  %0 = bitnet.matmul ins(%x, %w, %s : tensor<?x64xi8>, tensor<1x4x4x64xi8>, tensor<?xi32>)
    outs(%y : tensor<?x64xi32>) packing <u2, rows = 64, cols = 64> -> tensor<?x64xi32>
  return %0 : tensor<?x64xi32>
}

// Codes of BitNet v1 may reach +128 (w_c2) and need wider lanes.
// CHECK-LABEL: @wide_codes
// CHECK: lowering <[generic]>
func.func @wide_codes(%x: memref<?x64xi16>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi16>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64>
  return
}

// CHECK-LABEL: @float
// CHECK: lowering <[generic]>
// SCALAR-LABEL: @float
// SCALAR: lowering <[scalar]>
func.func @float(%x: memref<?x64xf32>, %w: memref<1x4x4x64xi8>, %y: memref<?x64xf32>) {
  bitnet.matmul ins(%x, %w : memref<?x64xf32>, memref<1x4x4x64xi8>)
    outs(%y : memref<?x64xf32>) packing <u2, rows = 64, cols = 64>
  return
}

// Weights that are not packed have no vector form.
// CHECK-LABEL: @unpacked
// CHECK: lowering <[scalar]>
func.func @unpacked(%x: tensor<?x64xi8>, %w: tensor<32x64xi2>, %y: tensor<?x32xi32>) -> tensor<?x32xi32> {
  %0 = bitnet.matmul ins(%x, %w : tensor<?x64xi8>, tensor<32x64xi2>) outs(%y : tensor<?x32xi32>) -> tensor<?x32xi32>
  return %0 : tensor<?x32xi32>
}

// The masks in place are exact for K < 2^19 only (mm_c1); i16 sums widen in time.
// CHECK-LABEL: @long_reduction
// VNNI: lowering <[avx512bw]>
// THREE: lowering <[avx512bw, avx2, generic]>
// AVX2: lowering <[avx2]>
func.func @long_reduction(%x: memref<1x524288xi8>, %w: memref<1x32768x4x64xi8>, %s: memref<1xi32>, %y: memref<1x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<1x524288xi8>, memref<1x32768x4x64xi8>, memref<1xi32>)
    outs(%y : memref<1x64xi32>) packing <u2, rows = 64, cols = 524288>
  return
}

// A decision that is already there stays.
// CHECK-LABEL: @decided
// CHECK: lowering <[generic]>
func.func @decided(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
  return
}

// Base 3 is looked up where there is VBMI, else compared.
// CHECK-LABEL: @base3
// VBMI: lowering <[avx512vbmi]>
// VNNI: lowering <[avx512vnni]>
// AVX2: lowering <[avx2]>
// DOTPROD: lowering <[neon_dotprod]>
// NEON: lowering <[generic]>
// GENERIC: lowering <[generic]>
func.func @base3(%x: memref<?x80xi8>, %w: memref<2x4x2x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x80xi8>, memref<2x4x2x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u1_6, rows = 64, cols = 64>
  return
}

// Codes of 16 bits have the add-only nest.
// CHECK-LABEL: @base3_wide_codes
// CHECK: lowering <[scalar]>
func.func @base3_wide_codes(%x: memref<?x80xi16>, %w: memref<2x4x2x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x80xi16>, memref<2x4x2x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u1_6, rows = 64, cols = 64>
  return
}
