// RUN: bitnet-opt %s --convert-bitnet-to-linalg --split-input-file | FileCheck %s
// RUN: bitnet-opt %s --convert-bitnet-to-linalg=reference --split-input-file | FileCheck %s --check-prefix=REF

// act_c1, default form: s = (1/m)*127 with m = max(absmax, eps); NaN goes
// through maximumf, an infinity through m - m (act_c2).
// CHECK-LABEL: func @reciprocal_mul
// CHECK: %[[EPS:.*]] = arith.constant 9.99999974E-6 : f32
// CHECK: linalg.fill ins(%[[EPS]]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK: math.absf
// CHECK: arith.maximumf
// CHECK: %[[INV:.*]] = arith.divf %{{.*}}, %[[M:.*]] : f32
// CHECK: %[[S:.*]] = arith.mulf %[[INV]], %{{.*}} : f32
// CHECK: %[[P:.*]] = arith.subf %[[M]], %[[M]] : f32
// CHECK: arith.addf %[[S]], %[[P]] : f32
// CHECK: %[[V:.*]] = arith.mulf
// CHECK: %[[R:.*]] = math.roundeven %[[V]] : f32
// CHECK: %[[BELOW:.*]] = arith.cmpf olt, %[[R]]
// CHECK: arith.select %[[BELOW]]
// CHECK: arith.cmpf ogt
// CHECK: arith.fptosi %{{.*}} : f32 to i8
// CHECK-NOT: fastmath
func.func @reciprocal_mul(%x: tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x1xf32>) {
  %q, %s = bitnet.quantize_activations %x
    <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  return %q, %s : tensor<?x64xi8>, tensor<?x1xf32>
}

// -----

// CHECK-LABEL: func @mul_divide
// CHECK: arith.maximumf
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK-NEXT: arith.divf
// CHECK-NEXT: math.roundeven
// CHECK: arith.fptosi %{{.*}} : f32 to i16
func.func @mul_divide(%x: tensor<4x64xf32>) -> (tensor<4x64xi16>, tensor<4x1xf32>) {
  %q, %s = bitnet.quantize_activations %x
    <mul_divide, axes = [-1], qmax = 128, eps = 1.0e-5 : f64, low = -128, high = 128>
    : tensor<4x64xf32> -> tensor<4x64xi16>, tensor<4x1xf32>
  return %q, %s : tensor<4x64xi16>, tensor<4x1xf32>
}

// -----

// act_c3: each step is rounded to bf16 before the next one; no flag lets the
// pair of conversions be dropped.
// CHECK-LABEL: func @every_step_rounds
// CHECK: %[[INV:.*]] = arith.divf %{{.*}} : f32
// CHECK-NEXT: %[[INV16:.*]] = arith.truncf %[[INV]] : f32 to bf16
// CHECK-NEXT: %[[INVR:.*]] = arith.extf %[[INV16]] : bf16 to f32
// CHECK-NEXT: %[[S:.*]] = arith.mulf %[[INVR]], %{{.*}} : f32
// CHECK-NEXT: arith.truncf %[[S]] : f32 to bf16
// CHECK: arith.mulf
// CHECK-NEXT: arith.truncf
// CHECK-NEXT: arith.extf
// CHECK-NEXT: math.roundeven
func.func @every_step_rounds(%x: tensor<4x64xbf16>) -> (tensor<4x64xi8>, tensor<4x1xbf16>) {
  %q, %s = bitnet.quantize_activations %x
    <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : tensor<4x64xbf16> -> tensor<4x64xi8>, tensor<4x1xbf16>
  return %q, %s : tensor<4x64xi8>, tensor<4x1xbf16>
}

// -----

// mm_c2: r = 1/s once per row, two products, bias, one rounding.
// CHECK-LABEL: func @rescale
// CHECK: arith.divf
// CHECK: linalg.generic
// CHECK: %[[A:.*]] = arith.sitofp %{{.*}} : i32 to f32
// CHECK-NEXT: %[[B:.*]] = arith.mulf %[[A]], %{{.*}} : f32
// CHECK-NEXT: %[[C:.*]] = arith.mulf %[[B]], %{{.*}} : f32
// CHECK-NEXT: %[[BIAS:.*]] = arith.extf
// CHECK-NEXT: %[[D:.*]] = arith.addf %[[C]], %[[BIAS]] : f32
// CHECK-NEXT: arith.truncf %[[D]] : f32 to f16
func.func @rescale(%acc: tensor<?x32xi32>, %s: tensor<?x1xf16>, %ws: tensor<32xf32>, %b: tensor<32xf16>) -> tensor<?x32xf16> {
  %y = bitnet.rescale %acc scale %s weight_scale %ws bias %b
    : (tensor<?x32xi32>, tensor<?x1xf16>, tensor<32xf32>, tensor<32xf16>) -> tensor<?x32xf16>
  return %y : tensor<?x32xf16>
}

// -----

// mm_c2: groups are summed in ascending order, the outermost loop.
// CHECK-LABEL: func @rescale_groups
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "parallel"]
// CHECK: arith.mulf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.addf %{{[^ ]*}}, %{{[^ ]*}} : f32
func.func @rescale_groups(%acc: tensor<2x4x32xi32>, %s: tensor<4x1xf32>, %ws: tensor<32x2xf32>) -> tensor<4x32xf32> {
  %y = bitnet.rescale %acc scale %s weight_scale %ws
    : (tensor<2x4x32xi32>, tensor<4x1xf32>, tensor<32x2xf32>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

// mm_c1: additions, subtractions and selections; no multiplication.
// CHECK-LABEL: func @add_only
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: arith.addi
// CHECK: arith.subi
// CHECK: arith.select
// CHECK: arith.select
// CHECK-NOT: arith.mul
func.func @add_only(%q: tensor<?x64xi8>, %w: tensor<32x64xi2>, %init: tensor<?x32xi32>) -> tensor<?x32xi32> {
  %acc = bitnet.matmul ins(%q, %w : tensor<?x64xi8>, tensor<32x64xi2>) outs(%init : tensor<?x32xi32>) -> tensor<?x32xi32>
  return %acc : tensor<?x32xi32>
}

// -----

// A packed product is left to the kernels, unless its reference is wanted.
// CHECK-LABEL: func @packed
// CHECK: bitnet.matmul
// REF-LABEL: func @packed
// REF: tensor.extract %{{.*}} : tensor<1x2x4x64xi8>
// REF: arith.trunci %{{.*}} : i8 to i2
// REF: tensor.extract_slice %{{.*}} [4, 20] [1, 1] : tensor<4x32xi8> to tensor<4x20xi8>
// REF: iterator_types = ["parallel", "parallel", "reduction"]
// REF: tensor.pad %{{.*}} low[0, 0] high[0, 61]
// REF-NOT: bitnet.matmul
func.func @packed(%q: tensor<4x32xi8>, %p: tensor<1x2x4x64xi8>, %sums: tensor<4xi32>, %init: tensor<4x64xi32>) -> tensor<4x64xi32> {
  %acc = bitnet.matmul ins(%q, %p, %sums : tensor<4x32xi8>, tensor<1x2x4x64xi8>, tensor<4xi32>)
    outs(%init : tensor<4x64xi32>) packing <u2, rows = 3, cols = 20> -> tensor<4x64xi32>
  return %acc : tensor<4x64xi32>
}

// -----

// CHECK-LABEL: func @pack
// CHECK: tensor.pad %{{.*}} low[0, 0] high[61, 12]
// CHECK: arith.extsi %{{.*}} : i2 to i8
// CHECK: arith.shli
// CHECK: arith.ori
func.func @pack(%w: tensor<3x20xi2>) -> tensor<1x2x4x64xi8> {
  %p = bitnet.pack %w <u2, rows = 3, cols = 20> : tensor<3x20xi2> -> tensor<1x2x4x64xi8>
  return %p : tensor<1x2x4x64xi8>
}

// -----

// The digits of a base-3 byte are told by comparisons.
// REF-LABEL: func @packed_base3
// REF: tensor.extract %{{.*}} : tensor<1x2x2x64xi8>
// REF: arith.cmpi sgt, %{{.*}}, %c40_i8
// REF: arith.trunci %{{.*}} : i8 to i2
// REF: tensor.pad %{{.*}} low[0, 0] high[0, 29]
func.func @packed_base3(%q: tensor<4x40xi8>, %p: tensor<1x2x2x64xi8>, %sums: tensor<4xi32>, %init: tensor<4x32xi32>) -> tensor<4x32xi32> {
  %acc = bitnet.matmul ins(%q, %p, %sums : tensor<4x40xi8>, tensor<1x2x2x64xi8>, tensor<4xi32>)
    outs(%init : tensor<4x32xi32>) packing <u1_6, rows = 3, cols = 21> -> tensor<4x32xi32>
  return %acc : tensor<4x32xi32>
}

// -----

// CHECK-LABEL: func @pack_base3
// CHECK: tensor.pad %{{.*}} low[0, 0] high[29, 19]
// CHECK-COUNT-4: arith.muli %{{.*}}, %c3_i8
// CHECK: arith.ori %{{.*}}, %c-128_i8
// CHECK: arith.select
func.func @pack_base3(%w: tensor<3x21xi2>) -> tensor<1x2x2x64xi8> {
  %p = bitnet.pack %w <u1_6, rows = 3, cols = 21> : tensor<3x21xi2> -> tensor<1x2x2x64xi8>
  return %p : tensor<1x2x2x64xi8>
}

// -----

// act_c2: a float under a weight of 0 adds x - x, which is 0 or NaN. Integers add nothing.
// CHECK-LABEL: func @add_only_floats
// CHECK: ^bb0(%[[X:.*]]: f32, %[[W:.*]]: i2, %[[ACC:.*]]: f32):
// CHECK: %[[PLUS:.*]] = arith.addf %[[ACC]], %[[X]] fastmath<reassoc,contract> : f32
// CHECK: %[[MINUS:.*]] = arith.subf %[[ACC]], %[[X]] fastmath<reassoc,contract> : f32
// CHECK: %[[NONE:.*]] = arith.subf %[[X]], %[[X]] : f32
// CHECK: %[[KEPT:.*]] = arith.addf %[[ACC]], %[[NONE]] fastmath<reassoc,contract> : f32
// CHECK: %[[REST:.*]] = arith.select %{{.*}}, %[[MINUS]], %[[KEPT]] : f32
// CHECK: arith.select %{{.*}}, %[[PLUS]], %[[REST]] : f32
func.func @add_only_floats(%x: tensor<?x64xf32>, %w: tensor<32x64xi2>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %acc = bitnet.matmul ins(%x, %w : tensor<?x64xf32>, tensor<32x64xi2>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %acc : tensor<?x32xf32>
}
