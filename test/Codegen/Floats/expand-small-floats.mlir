// RUN: bitnet-opt --bitnet-expand-small-floats %s | FileCheck %s
// RUN: bitnet-opt --bitnet-expand-small-floats=native-half=false %s | FileCheck %s --check-prefix=SOFT
// RUN: bitnet-opt --pass-pipeline="builtin.module(func.func(bitnet-expand-small-floats))" %s | FileCheck %s --check-prefix=ISA

// CHECK-LABEL: func.func @half
// CHECK: arith.extf %{{.+}} : f16 to f32
// CHECK: arith.truncf %{{.+}} : f32 to f16
// SOFT-LABEL: func.func @half
// SOFT-NOT: arith.{{extf|truncf}}
// SOFT: arith.bitcast %{{.+}} : i16 to f16
// SOFT: return
func.func @half(%x: f16) -> f16 {
  %0 = arith.extf %x : f16 to f32
  %1 = arith.mulf %0, %0 : f32
  %2 = arith.truncf %1 : f32 to f16
  return %2 : f16
}

// The machines that a version is for decide.
// ISA-LABEL: func.func @half_generic
// ISA-NOT: arith.{{extf|truncf}}
// ISA-LABEL: func.func @half_avx2
// ISA: arith.extf %{{.+}} : f16 to f32
func.func @half_generic(%x: f16) -> f32 attributes {bitnet.isa = #bitnet.isa<generic>} {
  %0 = arith.extf %x : f16 to f32
  return %0 : f32
}
func.func @half_avx2(%x: f16) -> f32 attributes {bitnet.isa = #bitnet.isa<avx2>} {
  %0 = arith.extf %x : f16 to f32
  return %0 : f32
}

// f64 is rounded to odd first: no double rounding.
// CHECK-LABEL: func.func @narrow
// CHECK: %[[ROUNDED:.+]] = arith.truncf %{{.+}} : f64 to f32
// CHECK: arith.extf %[[ROUNDED]] : f32 to f64
// CHECK: arith.cmpf one
// CHECK: arith.truncf %{{.+}} : f32 to bf16
func.func @narrow(%x: f64) -> bf16 {
  %0 = arith.truncf %x : f64 to bf16
  return %0 : bf16
}
