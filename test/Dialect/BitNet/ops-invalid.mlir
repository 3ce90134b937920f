// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

func.func @act_c1_axes(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{act_c1: axis 2 is out of range}}
  %q, %s = bitnet.quantize_activations %x
    <divide, axes = [2], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  return
}

// -----

func.func @act_c1_codes(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{act_c1: expects i16 codes of x's shape}}
  %q, %s = bitnet.quantize_activations %x
    <divide, axes = [-1], qmax = 128, eps = 1.0e-5 : f64, low = -128, high = 128>
    : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  return
}

// -----

func.func @act_c1_scale(%x: tensor<?x64xf16>) {
  // expected-error @+1 {{act_c1: expects scales of x's type with the reduced axes set to 1}}
  %q, %s = bitnet.quantize_activations %x
    <divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : tensor<?x64xf16> -> tensor<?x64xi8>, tensor<?x1xf32>
  return
}

// -----

// expected-error @+1 {{act_c1: expects codes within [-128, 128]}}
#bad = #bitnet.act_quant<divide, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 255>

// -----

// expected-error @+1 {{expects positive rows and cols}}
#bad = #bitnet.packing<u2, rows = 0, cols = 4>

// -----

func.func @w_c3_group(%x: tensor<4x64xf32>, %w: tensor<32x64xi2>, %s: tensor<32x8xf32>) {
  // expected-error @+1 {{w_c3: expects a group size that divides K = 64 and is a multiple of 16, got 8}}
  %y = bitnet.linear "fc" %x, %w scale %s group 8 : (tensor<4x64xf32>, tensor<32x64xi2>, tensor<32x8xf32>) -> tensor<4x32xf32>
  return
}

// -----

func.func @w_c3_scale(%x: tensor<4x64xf32>, %w: tensor<32x64xi2>, %s: tensor<64xf32>) {
  // expected-error @+1 {{w_c3: expects a weight scale that is a scalar, [N] or [N, K/G] with N = 32}}
  %y = bitnet.linear "fc" %x, %w scale %s : (tensor<4x64xf32>, tensor<32x64xi2>, tensor<64xf32>) -> tensor<4x32xf32>
  return
}

// -----

func.func @w_c7_scale(%x: tensor<4x64xf32>, %w: tensor<32x64xi8>, %s: tensor<f32>) {
  // expected-error @+1 {{w_c7: int8 weights take a scale of type [N]}}
  %y = bitnet.linear "fc" %x, %w scale %s : (tensor<4x64xf32>, tensor<32x64xi8>, tensor<f32>) -> tensor<4x32xf32>
  return
}

// -----

func.func @w_c7_no_scale(%x: tensor<4x64xf32>, %w: tensor<32x64xi8>) {
  // expected-error @+1 {{w_c7: int8 weights take a scale of type [N]}}
  %y = bitnet.linear "fc" %x, %w : (tensor<4x64xf32>, tensor<32x64xi8>) -> tensor<4x32xf32>
  return
}

// -----

func.func @w_c7_type(%x: tensor<4x64xf32>, %w: tensor<32x64xi4>) {
  // expected-error @+1 {{expects weights of type i2, i8 or float}}
  %y = bitnet.linear "fc" %x, %w : (tensor<4x64xf32>, tensor<32x64xi4>) -> tensor<4x32xf32>
  return
}

// -----

func.func @w_c6_float(%x: tensor<4x64xf32>, %w: tensor<32x64xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{float weights take no scale, act or group}}
  %y = bitnet.linear "fc" %x, %w scale %s : (tensor<4x64xf32>, tensor<32x64xf32>, tensor<f32>) -> tensor<4x32xf32>
  return
}

// -----

func.func @w_c1_codes(%w: tensor<32x64xf32>) {
  // expected-error @+1 {{w_c1: expects i2 codes of the weights' shape}}
  %t, %s = bitnet.quantize_weights %w absmean : tensor<32x64xf32> -> tensor<32x64xi8>, tensor<f32>
  return
}

// -----

func.func @mm_c1_shape(%q: tensor<4x32xi8>, %w: tensor<32x64xi2>, %e: tensor<4x32xi32>) {
  // expected-error @+1 {{mm_c1: lhs has K = 32 but rhs has K = 64}}
  %a = bitnet.matmul ins(%q, %w : tensor<4x32xi8>, tensor<32x64xi2>) outs(%e : tensor<4x32xi32>) -> tensor<4x32xi32>
  return
}

// -----

func.func @mm_c1_accumulator(%q: tensor<4x64xi8>, %w: tensor<32x64xi2>, %e: tensor<4x32xi16>) {
  // expected-error @+1 {{mm_c1: expects an i32 accumulator for integer lhs and f32 for float lhs}}
  %a = bitnet.matmul ins(%q, %w : tensor<4x64xi8>, tensor<32x64xi2>) outs(%e : tensor<4x32xi16>) -> tensor<4x32xi16>
  return
}

// -----

func.func @sums(%q: tensor<4x16xi8>, %p: tensor<1x1x4x64xi8>, %e: tensor<4x64xi32>) {
  // expected-error @+1 {{packed integer form expects sums}}
  %a = bitnet.matmul ins(%q, %p : tensor<4x16xi8>, tensor<1x1x4x64xi8>) outs(%e : tensor<4x64xi32>)
    packing <u2, rows = 64, cols = 16> -> tensor<4x64xi32>
  return
}

// -----

func.func @mm_c2_groups(%acc: tensor<2x4x32xi32>) {
  // expected-error @+1 {{mm_c2: grouped accumulators need weight scales}}
  %y = bitnet.rescale %acc : (tensor<2x4x32xi32>) -> tensor<4x32xf32>
  return
}

// -----

func.func @blob_length() {
  // expected-error @+1 {{has a blob of 3 bytes but a result of type 'tensor<2x4xi2>'}}
  %w = bitnet.constant #bitnet.blob<"w", 0, 3> -> tensor<2x4xi2>
  return
}

// -----

func.func @pack_shape(%w: tensor<3x20xi2>) {
  // expected-error @+1 {{expects i8 bytes in the packed shape of}}
  %p = bitnet.pack %w <u2, rows = 3, cols = 20> : tensor<3x20xi2> -> tensor<1x1x4x64xi8>
  return
}

// -----

func.func @pack_shape_base3(%w: tensor<3x20xi2>) {
  // expected-error @+1 {{expects i8 bytes in the packed shape of}}
  %p = bitnet.pack %w <u1_6, rows = 3, cols = 20> : tensor<3x20xi2> -> tensor<1x2x4x64xi8>
  return
}

// -----

// K is padded to whole chunks of 20 columns.
func.func @lhs_base3(%q: tensor<4x64xi8>, %p: tensor<1x4x2x64xi8>, %s: tensor<4xi32>, %e: tensor<4x32xi32>) {
  // expected-error @+1 {{mm_c1: lhs has K = 64 but rhs has K = 80}}
  %a = bitnet.matmul ins(%q, %p, %s : tensor<4x64xi8>, tensor<1x4x2x64xi8>, tensor<4xi32>)
    outs(%e : tensor<4x32xi32>) packing <u1_6, rows = 32, cols = 64> -> tensor<4x32xi32>
  return
}

// -----

func.func @group_base3(%q: tensor<4x80xi8>, %p: tensor<1x4x2x64xi8>, %s: tensor<5x4xi32>, %e: tensor<5x4x32xi32>) {
  // expected-error @+1 {{w_c3: expects a group size that is a multiple of 20}}
  %a = bitnet.matmul ins(%q, %p, %s : tensor<4x80xi8>, tensor<1x4x2x64xi8>, tensor<5x4xi32>)
    outs(%e : tensor<5x4x32xi32>) packing <u1_6, rows = 32, cols = 80> group 16 -> tensor<5x4x32xi32>
  return
}

// -----

func.func @no_packing(%w: tensor<3x20xi2>) {
  // expected-error @+2 {{expected ::mlir::bitnet::PackingKind to be one of: u2, u1_6}}
  // expected-error @+1 {{failed to parse BitNet_PackingAttr parameter 'kind'}}
  %p = bitnet.pack %w <u1_5, rows = 3, cols = 20> : tensor<3x20xi2> -> tensor<1x2x4x64xi8>
  return
}

// -----

// expected-error @+1 {{expects the kernel scalar alone}}
#mixed = #bitnet.lowering<[avx2, scalar]>

// -----

func.func @table_of_nothing(%i: index) -> tensor<4xi8> {
  // expected-error @+1 {{expects at least one constant}}
  %w = bitnet.constant_table [][%i] -> tensor<4xi8>
  return %w : tensor<4xi8>
}

// -----

func.func @table_of_two_types(%i: index) -> tensor<4xi8> {
  // expected-error @+1 {{has a value of type 'tensor<3xi8>' but a result of type 'tensor<4xi8>'}}
  %w = bitnet.constant_table [dense<1> : tensor<4xi8>, dense<1> : tensor<3xi8>][%i] -> tensor<4xi8>
  return %w : tensor<4xi8>
}

// -----

func.func @table_index() -> tensor<4xi8> {
  %i = arith.constant 2 : index
  // expected-error @+1 {{has 2 constants, but index 2}}
  %w = bitnet.constant_table [dense<1> : tensor<4xi8>, dense<2> : tensor<4xi8>][%i] -> tensor<4xi8>
  return %w : tensor<4xi8>
}

// -----

func.func @probe_of_other_names(%q: tensor<4xi8>, %i: index) {
  // expected-error @+1 {{expects a table that begins with its name}}
  bitnet.probe "a" of ["b", "a"][%i] %q : tensor<4xi8>
  return
}
