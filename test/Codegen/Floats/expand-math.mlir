// RUN: bitnet-opt --bitnet-expand-math %s | FileCheck %s
// RUN: bitnet-opt --bitnet-expand-math=native-round=false %s | FileCheck %s --check-prefix=OLD
// RUN: bitnet-opt --pass-pipeline="builtin.module(func.func(bitnet-expand-math))" %s | FileCheck %s --check-prefix=ISA

// In f32, without FMA: the same bits on every CPU.
// CHECK-LABEL: func.func @single
// CHECK-NOT: math.{{exp|erf|tanh|fma}}
// CHECK-NOT: f64
// CHECK: arith.mulf %{{.+}} : vector<8xf32>
// CHECK: return
func.func @single(%x: f32, %v: vector<8xf32>) -> (f32, f32, f32, vector<8xf32>) {
  %0 = math.exp %x : f32
  %1 = math.erf %x : f32
  %2 = math.tanh %x : f32
  %3 = math.exp %v : vector<8xf32>
  return %0, %1, %2, %3 : f32, f32, f32, vector<8xf32>
}

// Upstream's log1p, whose logarithm is ours.
// CHECK-LABEL: func.func @log1p
// CHECK-NOT: math.log
// CHECK: return
func.func @log1p(%v: vector<8xf32>) -> vector<8xf32> {
  %0 = math.log1p %v : vector<8xf32>
  return %0 : vector<8xf32>
}

// In f64, rounded once.
// CHECK-LABEL: func.func @double
// CHECK-NOT: math.{{expm1|log|fma}}
// CHECK: arith.extf %{{.+}} : f32 to f64
// CHECK: arith.truncf %{{.+}} : f64 to f32
// CHECK: return
func.func @double(%x: f32, %v: vector<8xf32>) -> (f32, vector<8xf32>, f32, vector<8xf32>) {
  %0 = math.expm1 %x : f32
  %1 = math.expm1 %v : vector<8xf32>
  %2 = math.log %x : f32
  %3 = math.log %v : vector<8xf32>
  return %0, %1, %2, %3 : f32, vector<8xf32>, f32, vector<8xf32>
}

// Large arguments need libm's reduction.
// CHECK-LABEL: func.func @libm
// CHECK: math.sin
// CHECK: math.cos
// CHECK: math.powf
// CHECK: math.exp %{{.+}} : f64
func.func @libm(%x: f32, %d: f64) -> (f32, f32, f32, f64) {
  %0 = math.sin %x : f32
  %1 = math.cos %x : f32
  %2 = math.powf %x, %x : f32
  %3 = math.exp %d : f64
  return %0, %1, %2, %3 : f32, f32, f32, f64
}

// CHECK-LABEL: func.func @round
// CHECK: math.roundeven
// OLD-LABEL: func.func @round
// OLD-NOT: math.roundeven
// OLD: return
func.func @round(%x: f32) -> f32 {
  %0 = math.roundeven %x : f32
  return %0 : f32
}

// The machines that a version is for decide.
// ISA-LABEL: func.func @round_generic
// ISA-NOT: math.roundeven
// ISA-LABEL: func.func @round_neon
// ISA: math.roundeven
// ISA-LABEL: func.func @round_avx2
// ISA: math.roundeven
func.func @round_generic(%x: f32) -> f32 attributes {bitnet.isa = #bitnet.isa<generic>} {
  %0 = math.roundeven %x : f32
  return %0 : f32
}
func.func @round_neon(%x: f32) -> f32 attributes {bitnet.isa = #bitnet.isa<neon>} {
  %0 = math.roundeven %x : f32
  return %0 : f32
}
func.func @round_avx2(%x: f32) -> f32 attributes {bitnet.isa = #bitnet.isa<avx2>} {
  %0 = math.roundeven %x : f32
  return %0 : f32
}
