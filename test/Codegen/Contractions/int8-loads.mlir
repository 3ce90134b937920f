// Sixteen int8 weights become floats in registers, on every machine: no element on its own in the loop over k.
// RUN: bitnet-compile %s --mtriple=x86_64-unknown-linux-gnu --mcpu=skylake-avx512 --emit=asm -o - | FileCheck %s --check-prefix=ZMM
// RUN: bitnet-compile %s --mtriple=x86_64-unknown-linux-gnu --mcpu=haswell --emit=asm -o - | FileCheck %s --check-prefix=YMM
// RUN: bitnet-compile %s --mtriple=x86_64-unknown-linux-gnu --mcpu=x86-64 --emit=asm -o - | FileCheck %s --check-prefix=XMM
// RUN: bitnet-compile %s --mtriple=aarch64-unknown-linux-gnu --mcpu=cortex-a76 --emit=asm -o - | FileCheck %s --check-prefix=NEON
// ZMM-LABEL: bitnet_contraction_rows_f32_i8
// ZMM: prefetcht0
// ZMM: vpmovsxbd (%{{[^)]*}}), %zmm
// ZMM: vcvtdq2ps %zmm
// ZMM: vfmadd{{[0-9]+}}ps %zmm
// YMM-LABEL: bitnet_contraction_rows_f32_i8
// YMM: prefetcht0
// YMM: vpmovsxbd {{[0-9]*}}(%{{[^)]*}}), %ymm
// YMM: vcvtdq2ps %ymm
// YMM: vfmadd{{[0-9]+}}ps %ymm
// XMM-LABEL: bitnet_contraction_rows_f32_i8
// XMM: punpcklbw
// XMM: psrad $24
// XMM: cvtdq2ps
// NEON-LABEL: bitnet_contraction_rows_f32_i8
// NEON: prfm pldl1keep
// NEON: scvtf v{{[0-9]+}}.4s
// NEON: fmla v{{[0-9]+}}.4s
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%x: tensor<?x64xf32> {onnx.value = #onnx.value<name = "x">}) -> (tensor<?x32xf32> {onnx.value = #onnx.value<name = "y">}) {
  %w = bitnet.constant "w" dense<3> : tensor<32x64xi8> -> tensor<32x64xi8>
  %s = bitnet.constant "w.scale" dense<0.5> : tensor<32xf32> -> tensor<32xf32>
  %y = bitnet.linear "head" %x, %w scale %s : (tensor<?x64xf32>, tensor<32x64xi8>, tensor<32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}
