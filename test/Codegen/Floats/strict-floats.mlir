// RUN: bitnet-opt --bitnet-strict-floats %s | FileCheck %s --implicit-check-not=fastmath

// CHECK-LABEL: func.func @sum
// CHECK: arith.addf %{{.+}}, %{{.+}} : f32
// CHECK: math.sqrt %{{.+}} : f32
func.func @sum(%a: f32, %b: f32) -> f32 {
  %0 = arith.addf %a, %b fastmath<reassoc,contract> : f32
  %1 = math.sqrt %0 fastmath<fast> : f32
  return %1 : f32
}
