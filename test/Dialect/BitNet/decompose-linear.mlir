// RUN: bitnet-opt %s --bitnet-decompose-linear --canonicalize --split-input-file | FileCheck %s


// act_c1, mm_c1, mm_c2: leading dimensions become rows and come back.
// CHECK-LABEL: func @rows
// CHECK-SAME: %[[X:.*]]: tensor<?x?x64xf32>, %[[W:.*]]: tensor<32x64xi2>, %[[S:.*]]: tensor<f32>, %[[B:.*]]: tensor<32xf32>
// CHECK: %[[R:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0, 1], [2]] : tensor<?x?x64xf32> into tensor<?x64xf32>
// CHECK: %[[Q:.*]], %[[QS:.*]] = bitnet.quantize_activations %[[R]] <reciprocal_mul, axes = [-1]
// CHECK-SAME: tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
// CHECK: bitnet.probe "fc" %[[Q]]
// CHECK: %[[ACC:.*]] = bitnet.matmul ins(%[[Q]], %[[W]] : tensor<?x64xi8>, tensor<32x64xi2>) outs({{.*}} : tensor<?x32xi32>)
// CHECK: %[[Y:.*]] = bitnet.rescale %[[ACC]] scale %[[QS]] weight_scale %[[S]] bias %[[B]]
// CHECK: tensor.expand_shape %[[Y]] {{\[\[}}0, 1], [2]] output_shape [%{{.*}}, %{{.*}}, 32] : tensor<?x32xf32> into tensor<?x?x32xf32>
func.func @rows(%x: tensor<?x?x64xf32>, %w: tensor<32x64xi2>, %s: tensor<f32>, %b: tensor<32xf32>) -> tensor<?x?x32xf32> {
  %y = bitnet.linear "fc" %x, %w scale %s bias %b
    act <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<?x?x64xf32>, tensor<32x64xi2>, tensor<f32>, tensor<32xf32>) -> tensor<?x?x32xf32>
  return %y : tensor<?x?x32xf32>
}

// -----

// Layers that read the same x the same way share codes and one probe.
// CHECK-LABEL: func @shared_codes
// CHECK-COUNT-1: bitnet.quantize_activations
// CHECK: bitnet.probe "q"
// CHECK-NOT: bitnet.quantize_activations
// CHECK-NOT: bitnet.probe
// CHECK: return
func.func @shared_codes(%x: tensor<2x3x64xf32>, %w: tensor<32x64xi2>) -> (tensor<2x3x32xf32>, tensor<2x3x32xf32>) {
  %q = bitnet.linear "q" %x, %w
    act <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<2x3x64xf32>, tensor<32x64xi2>) -> tensor<2x3x32xf32>
  %k = bitnet.linear "k" %x, %w
    act <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<2x3x64xf32>, tensor<32x64xi2>) -> tensor<2x3x32xf32>
  return %q, %k : tensor<2x3x32xf32>, tensor<2x3x32xf32>
}

// -----

// act `codes`: floats that hold integers; the conversion is clamped, so that a
// NaN is not undefined behaviour (act_c2).
// CHECK-LABEL: func @codes
// CHECK: linalg.generic
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf ogt
// CHECK: arith.fptosi %{{.*}} : f32 to i8
// CHECK: bitnet.matmul
// CHECK: bitnet.rescale %{{.*}} weight_scale
func.func @codes(%x: tensor<4x64xf32>, %w: tensor<32x64xi2>, %s: tensor<32xf32>) -> tensor<4x32xf32> {
  %y = bitnet.linear "fc" %x, %w scale %s
    act <codes, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<4x64xf32>, tensor<32x64xi2>, tensor<32xf32>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

// Integer x: the accumulator itself, nothing else.
// CHECK-LABEL: func @integers
// CHECK-SAME: %[[X:.*]]: tensor<4x64xi8>
// CHECK: %[[ACC:.*]] = bitnet.matmul ins(%[[X]]
// CHECK-NEXT: return %[[ACC]] : tensor<4x32xi32>
func.func @integers(%x: tensor<4x64xi8>, %w: tensor<32x64xi2>) -> tensor<4x32xi32> {
  %y = bitnet.linear "fc" %x, %w : (tensor<4x64xi8>, tensor<32x64xi2>) -> tensor<4x32xi32>
  return %y : tensor<4x32xi32>
}

// -----

// No act (W1.58A16): f16 x is extended, accumulated in f32, rounded once at the
// end (act_c3). A vector is one row.
// CHECK-LABEL: func @float_activations
// CHECK: tensor.expand_shape %{{.*}} : tensor<64xf16> into tensor<1x64xf16>
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: bitnet.matmul ins(%{{.*}}, %{{.*}} : tensor<1x64xf32>, tensor<32x64xi2>) outs(%{{.*}} : tensor<1x32xf32>)
// CHECK: bitnet.rescale %{{.*}} weight_scale %{{.*}} : (tensor<1x32xf32>, tensor<f16>) -> tensor<1x32xf16>
// CHECK: tensor.collapse_shape %{{.*}} : tensor<1x32xf16> into tensor<32xf16>
func.func @float_activations(%x: tensor<64xf16>, %w: tensor<32x64xi2>, %s: tensor<f16>) -> tensor<32xf16> {
  %y = bitnet.linear "fc" %x, %w scale %s : (tensor<64xf16>, tensor<32x64xi2>, tensor<f16>) -> tensor<32xf16>
  return %y : tensor<32xf16>
}

// -----

// w_c2: codes that may be +128 are two int8 products, added exactly.
// CHECK-LABEL: func @plus_128
// CHECK: %[[Q:.*]], %{{.*}} = bitnet.quantize_activations
// CHECK-SAME: tensor<4x64xi16>
// CHECK: arith.minsi %{{.*}}, %c127_i16
// CHECK: bitnet.matmul ins(%{{.*}} : tensor<4x64xi8>
// CHECK: %[[LOW:.*]] = arith.minsi
// CHECK: arith.subi %{{.*}}, %[[LOW]] : i16
// CHECK: bitnet.matmul ins(%{{.*}} : tensor<4x64xi8>
// CHECK: arith.addi %{{.*}} : i32
// CHECK: bitnet.rescale
func.func @plus_128(%x: tensor<4x64xf32>, %w: tensor<32x64xi2>, %s: tensor<f32>) -> tensor<4x32xf32> {
  %y = bitnet.linear "fc" %x, %w scale %s
    act <mul_divide, axes = [-1], qmax = 128, eps = 1.0e-5 : f64, low = -128, high = 128>
    : (tensor<4x64xf32>, tensor<32x64xi2>, tensor<f32>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

// w_c3: one accumulator per group of 32.
// CHECK-LABEL: func @groups
// CHECK: bitnet.matmul {{.*}} group 32 {bitnet.layer = "fc"} -> tensor<2x4x32xi32>
// CHECK: bitnet.rescale %{{.*}} : (tensor<2x4x32xi32>, tensor<4x1xf32>, tensor<32x2xf32>) -> tensor<4x32xf32>
func.func @groups(%x: tensor<4x64xf32>, %w: tensor<32x64xi2>, %s: tensor<32x2xf32>) -> tensor<4x32xf32> {
  %y = bitnet.linear "fc" %x, %w scale %s
    act <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127> group 32
    : (tensor<4x64xf32>, tensor<32x64xi2>, tensor<32x2xf32>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

// A scale over the whole tensor is repeated for every row.
// CHECK-LABEL: func @per_tensor
// CHECK: bitnet.quantize_activations %{{.*}} <divide, axes = [0, 1, 2]
// CHECK-SAME: tensor<?x?x64xi8>, tensor<1x1x1xf32>
// CHECK: bitnet.rescale %{{.*}} : (tensor<?x32xi32>, tensor<?x1xf32>) -> tensor<?x32xf32>
func.func @per_tensor(%x: tensor<?x?x64xf32>, %w: tensor<32x64xi2>) -> tensor<?x?x32xf32> {
  %y = bitnet.linear "fc" %x, %w
    act <divide, axes = [0, 1, 2], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<?x?x64xf32>, tensor<32x64xi2>) -> tensor<?x?x32xf32>
  return %y : tensor<?x?x32xf32>
}

// -----

// A convolution: codes per sample, padded with zero codes, windows as rows. Few channels: K is [C, KH, KW].
// CHECK: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 2 + d4, d2 + d5 * 2)>
// CHECK-LABEL: func @conv
// CHECK: bitnet.quantize_activations %{{.*}} <divide, axes = [1, 2, 3]
// CHECK-SAME: tensor<?x3x?x?xi8>, tensor<?x1x1x1xf32>
// CHECK: tensor.pad %{{.*}} low[0, 0, 1, 0] high[0, 0, 2, 1]
// CHECK: linalg.generic {indexing_maps = [#[[WINDOW]],
// CHECK: tensor.collapse_shape {{.*}} into tensor<?x27xi8>
// CHECK: bitnet.matmul
// CHECK: bitnet.rescale {{.*}} : (tensor<?x5xi32>, tensor<?x1xf32>, tensor<5xf32>) -> tensor<?x5xf32>
// CHECK: linalg.transpose {{.*}} permutation = [0, 2, 1]
// CHECK: tensor.expand_shape {{.*}} into tensor<?x5x?x?xf32>
func.func @conv(%x: tensor<?x3x?x?xf32>, %w: tensor<5x27xi2>, %s: tensor<5xf32>) -> tensor<?x5x?x?xf32> {
  %y = bitnet.linear "conv" %x, %w scale %s
    act <divide, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [3, 3], strides = [2, 1], dilations = [1, 2], pads = [1, 0, 2, 1]>
    : (tensor<?x3x?x?xf32>, tensor<5x27xi2>, tensor<5xf32>) -> tensor<?x5x?x?xf32>
  return %y : tensor<?x5x?x?xf32>
}

// -----

// Many channels: they come last, so that a row of a window is one piece. K is [KH, KW, C] in the constant, too: the four codes of
// channel c are c % 3 - 1 here. Layers that share weights share them still.
// CHECK: #[[LINE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d3, d2 * 32 + d4 * 16 + d5)>
// CHECK-LABEL: func @channels_last
// CHECK: %[[W:.*]] = bitnet.constant "w" dense<{{\[\[}}-1, 0, 1, -1, 0, 1, -1, 0, 1, -1, 0, 1, -1, 0, 1, -1, -1, 0, 1
// CHECK-NOT: bitnet.constant
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3]] : tensor<1x16x6x8xi8> into tensor<1x16x48xi8>
// CHECK: linalg.transpose ins(%{{.*}} : tensor<1x16x48xi8>) outs(%{{.*}} : tensor<1x48x16xi8>) permutation = [0, 2, 1]
// CHECK: tensor.pad %{{.*}} low[0, 1, 0, 0] high[0, 0, 0, 0]
// CHECK: tensor.collapse_shape %{{.*}} : tensor<1x7x8x16xi8> into tensor<1x7x128xi8>
// CHECK: linalg.generic {indexing_maps = [#[[LINE]],
// CHECK: tensor.collapse_shape {{.*}} : tensor<1x6x4x2x1x32xi8> into tensor<24x64xi8>
// CHECK: bitnet.matmul ins(%{{.*}}, %[[W]] :
// CHECK: bitnet.matmul ins(%{{.*}}, %[[W]] :
func.func @channels_last(%x: tensor<1x16x6x8xi8>) -> (tensor<1x1x6x4xi32>, tensor<1x1x6x4xi32>) {
  %w = bitnet.constant "w" dense<"0x03030303000000000101010103030303000000000101010103030303000000000101010103030303000000000101010103030303000000000101010103030303"> : tensor<1x64xi2> -> tensor<1x64xi2>
  %y = bitnet.linear "a" %x, %w conv <kernel = [2, 2], strides = [1, 2], dilations = [1, 1], pads = [1, 0, 0, 0]>
    : (tensor<1x16x6x8xi8>, tensor<1x64xi2>) -> tensor<1x1x6x4xi32>
  %z = bitnet.linear "b" %x, %w conv <kernel = [2, 2], strides = [1, 2], dilations = [1, 1], pads = [1, 0, 0, 0]>
    : (tensor<1x16x6x8xi8>, tensor<1x64xi2>) -> tensor<1x1x6x4xi32>
  return %y, %z : tensor<1x1x6x4xi32>, tensor<1x1x6x4xi32>
}

// -----

// A dilated row of a window has a piece for each position. An unknown number of channels is checked.
// CHECK: #[[LINE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d3 * 2, d2 * 16 + d4 * 32 + d5)>
// CHECK-LABEL: func @dilated
// CHECK: cf.assert %{{.*}}, "layer 'a': wrong number of channels"
// CHECK: linalg.generic {indexing_maps = [#[[LINE]],
// CHECK: tensor.collapse_shape {{.*}} : tensor<1x?x?x2x2x16xi8> into tensor<?x64xi8>
func.func @dilated(%x: tensor<1x?x?x?xi8>) -> tensor<1x1x?x?xi32> {
  %w = bitnet.constant "w" dense<"0x03030303000000000101010103030303000000000101010103030303000000000101010103030303000000000101010103030303000000000101010103030303"> : tensor<1x64xi2> -> tensor<1x64xi2>
  %y = bitnet.linear "a" %x, %w conv <kernel = [2, 2], strides = [1, 1], dilations = [2, 2], pads = [0, 0, 0, 0]>
    : (tensor<1x?x?x?xi8>, tensor<1x64xi2>) -> tensor<1x1x?x?xi32>
  return %y : tensor<1x1x?x?xi32>
}

// -----

// One position, step 1: the transposed image itself is the rows.
// CHECK-LABEL: func @point
// CHECK: linalg.transpose ins(%{{.*}} : tensor<2x16x48xi8>) outs(%{{.*}} : tensor<2x48x16xi8>) permutation = [0, 2, 1]
// CHECK-NOT: linalg.generic
// CHECK: bitnet.matmul ins(%{{.*}}, %{{.*}} : tensor<96x16xi8>,
func.func @point(%x: tensor<2x16x6x8xi8>) -> tensor<2x4x6x8xi32> {
  %w = bitnet.constant "w" dense<"0x03030303000000000101010103030303000000000101010103030303000000000101010103030303000000000101010103030303000000000101010103030303"> : tensor<4x16xi2> -> tensor<4x16xi2>
  %y = bitnet.linear "a" %x, %w conv <kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0]>
    : (tensor<2x16x6x8xi8>, tensor<4x16xi2>) -> tensor<2x4x6x8xi32>
  return %y : tensor<2x4x6x8xi32>
}

// -----

// Float weights: f32 accumulation, only the accumulating add may be reordered,
// one rounding after the bias.
// CHECK-LABEL: func @float
// CHECK: arith.mulf %{{[^ ]*}}, %{{[^ ]*}} : f32
// CHECK: arith.addf {{.*}} fastmath<reassoc,contract> : f32
// CHECK: arith.addf %{{[^ ]*}}, %{{[^ ]*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to f16
func.func @float(%x: tensor<?x64xf16>, %w: tensor<2x64xf16>, %b: tensor<2xf16>) -> tensor<?x2xf16> {
  %y = bitnet.linear "fc" %x, %w bias %b : (tensor<?x64xf16>, tensor<2x64xf16>, tensor<2xf16>) -> tensor<?x2xf16>
  return %y : tensor<?x2xf16>
}

// -----

// w_c7: codes of eight bits are floats; the scale of a row multiplies its sum,
// then the bias is added.
// CHECK-LABEL: func @int8_rows
// CHECK: arith.sitofp %{{.*}} : i8 to f32
// CHECK: arith.addf {{.*}} fastmath<reassoc,contract> : f32
// CHECK: ^bb0(%[[SUM:.*]]: f32, %[[SCALE:.*]]: f32, %[[BIAS:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[SUM]], %[[SCALE]] : f32
// CHECK-NEXT: arith.addf %[[Y]], %[[BIAS]] : f32
func.func @int8_rows(%x: tensor<?x64xf32>, %w: tensor<2x64xi8>, %s: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<?x2xf32> {
  %y = bitnet.linear "fc" %x, %w scale %s bias %b : (tensor<?x64xf32>, tensor<2x64xi8>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// The same in a 16-bit graph: f32 throughout, rounded once (act_c3).
// CHECK-LABEL: func @int8_rows_half
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: arith.sitofp %{{.*}} : i8 to f32
// CHECK: arith.mulf %{{[^ ]*}}, %{{[^ ]*}} : f32
// CHECK: arith.mulf %{{[^ ]*}}, %{{[^ ]*}} : f32
// CHECK-NEXT: arith.truncf {{.*}} : f32 to f16
func.func @int8_rows_half(%x: tensor<?x64xf16>, %w: tensor<2x64xi8>, %s: tensor<2xf32>) -> tensor<?x2xf16> {
  %y = bitnet.linear "fc" %x, %w scale %s : (tensor<?x64xf16>, tensor<2x64xi8>, tensor<2xf32>) -> tensor<?x2xf16>
  return %y : tensor<?x2xf16>
}

// -----

// A dynamic number of columns is checked at run time.
// CHECK-LABEL: func @unknown_columns
// CHECK: cf.assert
// CHECK: tensor.cast {{.*}} : tensor<?x?xi8> to tensor<?x64xi8>
func.func @unknown_columns(%x: tensor<?x?xi8>, %w: tensor<32x64xi2>) -> tensor<?x32xi32> {
  %y = bitnet.linear "fc" %x, %w : (tensor<?x?xi8>, tensor<32x64xi2>) -> tensor<?x32xi32>
  return %y : tensor<?x32xi32>
}

// -----

// Columns that another operation computes are cut from its result, not cast: a cast would
// make that operation static, which comes before the check.
// CHECK-LABEL: func @computed_columns
// CHECK: %[[E:.*]] = math.exp
// CHECK: cf.assert %{{.*}}, "layer 'fc': wrong number of columns"
// CHECK: %[[X:.*]] = tensor.extract_slice %[[E]][0, 0] [%{{.*}}, 64] [1, 1] : tensor<?x?xf32> to tensor<?x64xf32>
// CHECK: bitnet.quantize_activations %[[X]]
func.func @computed_columns(%x: tensor<?x?xf32>, %w: tensor<32x64xi2>) -> tensor<?x32xf32> {
  %e = math.exp %x : tensor<?x?xf32>
  %y = bitnet.linear "fc" %e, %w act <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<?x?xf32>, tensor<32x64xi2>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// act_c2: codes that the graph computes in floats may be NaN, which no integer is. 1 + the
// sum of x - x over a row is its scale: 1, or NaN.
// CHECK: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-LABEL: func @poison_rows
// CHECK: %[[ONE:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<4x1xf32>)
// CHECK: %[[SCALE:.*]] = linalg.generic {indexing_maps = [#{{.*}}, #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%arg0 : {{.*}}) outs(%[[ONE]] :
// CHECK: ^bb0(%[[V:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK: %[[NONE:.*]] = arith.subf %[[V]], %[[V]] : f32
// CHECK: arith.addf %[[SUM]], %[[NONE]] : f32
// CHECK: bitnet.rescale %{{.*}} scale %[[SCALE]]
func.func @poison_rows(%x: tensor<4x64xf32>, %w: tensor<32x64xi2>) -> tensor<4x32xf32> {
  %y = bitnet.linear "fc" %x, %w act <codes, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<4x64xf32>, tensor<32x64xi2>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

// Of a convolution: the windows of what its channels add up to. A padded place adds 0.
// CHECK-LABEL: func @poison_windows
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%arg0 : tensor<1x3x8x8xf32>) outs(%{{.*}} : tensor<1x1x8x8xf32>)
// CHECK: arith.subf
// CHECK: tensor.pad %{{.*}} low[0, 0, 1, 1] high[0, 0, 0, 0]
// CHECK: %[[SCALE:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<64x4xf32>) outs(%{{.*}} : tensor<64x1xf32>)
// CHECK: arith.subf
// CHECK: bitnet.rescale %{{.*}} scale %[[SCALE]]
func.func @poison_windows(%x: tensor<1x3x8x8xf32>, %w: tensor<5x12xi2>) -> tensor<1x5x8x8xf32> {
  %y = bitnet.linear "conv" %x, %w act <codes, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [2, 2], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 0, 0]>
    : (tensor<1x3x8x8xf32>, tensor<5x12xi2>) -> tensor<1x5x8x8xf32>
  return %y : tensor<1x5x8x8xf32>
}

// -----

// Integers hold no NaN: no scale is made.
// CHECK-LABEL: func @no_poison
// CHECK-NOT: arith.subf
// CHECK: return
func.func @no_poison(%x: tensor<4x64xi8>, %w: tensor<32x64xi2>) -> tensor<4x32xi32> {
  %y = bitnet.linear "fc" %x, %w act <codes, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<4x64xi8>, tensor<32x64xi2>) -> tensor<4x32xi32>
  return %y : tensor<4x32xi32>
}

// -----

// What no window reads of the image is cut away, where that is known.
// CHECK-LABEL: func @cut
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0, 0] [1, 3, 2, 3] [1, 1, 1, 1] : tensor<1x3x3x4xi8> to tensor<1x3x2x3xi8>
func.func @cut(%x: tensor<1x3x3x4xi8>, %w: tensor<5x18xi2>) -> tensor<1x5x1x1xi32> {
  %y = bitnet.linear "conv" %x, %w conv <kernel = [2, 3], strides = [2, 2], dilations = [1, 1], pads = [0, 0, 0, 0]>
    : (tensor<1x3x3x4xi8>, tensor<5x18xi2>) -> tensor<1x5x1x1xi32>
  return %y : tensor<1x5x1x1xi32>
}

// -----

// Pads as wide as the kernel: a window of padding alone has scale 1, which no NaN of the image
// reaches (act_c2). Along the other axis each window holds a pixel.
// CHECK-LABEL: func @windows_of_padding
// CHECK: linalg.generic
// CHECK: linalg.index 1
// CHECK: %[[MEETS:.+]] = arith.cmpi sle
// CHECK: %[[SCALE:.+]] = arith.select %[[MEETS]], %{{.+}}, %{{.+}} : f32
// CHECK-NEXT: linalg.yield %[[SCALE]]
// CHECK-NOT: linalg.index 2
// CHECK: return
func.func @windows_of_padding(%x: tensor<2x3x5x6xf32>, %w: tensor<5x12xi2>) -> tensor<2x5x8x6xf32> {
  %y = bitnet.linear "conv" %x, %w
    act <reciprocal_mul, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [2, 2], strides = [1, 1], dilations = [1, 1], pads = [2, 1, 2, 0]>
    : (tensor<2x3x5x6xf32>, tensor<5x12xi2>) -> tensor<2x5x8x6xf32>
  return %y : tensor<2x5x8x6xf32>
}

// -----

// Taps stand apart, but the one in the middle of each window meets the image however short it is.
// CHECK-LABEL: func @dilated_same
// CHECK-NOT: linalg.index
// CHECK: return
func.func @dilated_same(%x: tensor<2x3x?x?xf32>, %w: tensor<5x27xi2>) -> tensor<2x5x?x?xf32> {
  %y = bitnet.linear "conv" %x, %w
    act <reciprocal_mul, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [3, 3], strides = [1, 1], dilations = [2, 3], pads = [2, 3, 2, 3]>
    : (tensor<2x3x?x?xf32>, tensor<5x27xi2>) -> tensor<2x5x?x?xf32>
  return %y : tensor<2x5x?x?xf32>
}

// -----

// An image of one or two columns can lie between two taps.
// CHECK-LABEL: func @dilated_beside
// CHECK: linalg.index 2
// CHECK-NOT: linalg.index 1
// CHECK: return
func.func @dilated_beside(%x: tensor<2x3x?x?xf32>, %w: tensor<5x27xi2>) -> tensor<2x5x?x?xf32> {
  %y = bitnet.linear "conv" %x, %w
    act <reciprocal_mul, axes = [1, 2, 3], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    conv <kernel = [3, 3], strides = [1, 1], dilations = [1, 3], pads = [1, 4, 1, 2]>
    : (tensor<2x3x?x?xf32>, tensor<5x27xi2>) -> tensor<2x5x?x?xf32>
  return %y : tensor<2x5x?x?xf32>
}
