// RUN: bitnet-opt %s --verify-diagnostics --split-input-file

// What stages tell each other has a name, a type and a place; all else is an error of the verifier.

// expected-error @+1 {{has an unknown attribute 'bitnet.paralell'}}
func.func @misspelt() attributes {bitnet.paralell} {
  return
}

// -----

// expected-error @+1 {{has the attribute 'bitnet.parallel' with a value of a wrong kind: true}}
func.func @kind() attributes {bitnet.parallel = true} {
  return
}

// -----

func.func @place(%x: memref<4xf32>, %c: f32, %i: index) {
  // expected-error @+1 {{may not have the attribute 'bitnet.parallel'}}
  memref.store %c, %x[%i] {bitnet.parallel} : memref<4xf32>
  return
}

// -----

// expected-error @+1 {{has the attribute 'bitnet.port' with a value of a wrong kind: 1 : i64}}
func.func @argument(%x: f32 {bitnet.port = 1}) {
  return
}

// -----

// expected-error @+1 {{may not have the attribute 'bitnet.slot'}}
func.func @argument_place(%x: f32 {bitnet.slot = 1}) {
  return
}

// -----

// expected-error @+1 {{may not have the attribute 'bitnet.port' on a result}}
func.func @result() -> (f32 {bitnet.port = "y"}) {
  %y = arith.constant 1.0 : f32
  return %y : f32
}

// -----

// expected-error @+1 {{has layers that are no #bitnet.layer}}
module attributes {bitnet.layers = ["fc"]} {
}

// -----

// expected-error @+1 {{has a 'bitnet.weights_size' that is no number of at most 64 bits from 0}}
module attributes {bitnet.weights_size = -5 : i64} {
}

// -----

// expected-error @+1 {{has a 'bitnet.weights_size' that is no number of at most 64 bits from 0}}
module attributes {bitnet.weights_size = 1208925819614629174706176 : i128} {
}

// -----

// expected-error @+1 {{has variants that are no symbols}}
func.func private @variants() attributes {bitnet.variants = []}

// -----

// expected-error @+1 {{has the attribute 'bitnet.stage' with a value of a wrong kind: "loops"}}
module attributes {bitnet.stage = "loops"} {
}

// -----

// expected-error @+2 {{expected ::mlir::bitnet::Stage to be one of: onnx, bitnet, quantized, packed, dispatches, loops, llvm, asm, obj, so}}
// expected-error @+1 {{failed to parse BitNet_StageAttr parameter 'value'}}
module attributes {bitnet.stage = #bitnet.stage<none>} {
}

// -----

// expected-error @+1 {{may not have 'onnx.nam' = "x" here}}
func.func @onnx_name(%x: f32 {onnx.nam = "x"}) {
  return
}

// -----

// expected-error @+1 {{may not have 'onnx.value' = "n" here}}
func.func @onnx_kind(%x: f32 {onnx.value = "n"}) {
  return
}

// -----

// expected-error @+1 {{may not have 'onnx.file' = 1 : i64 here}}
module attributes {onnx.file = 1} {
}

// -----

// expected-error @+1 {{the names of dims are strings, got [1]}}
func.func @dims(%x: tensor<?xf32> {onnx.value = #onnx.value<name = "x", dims = [1]>}) {
  return
}

// -----

// expected-error @+1 {{'i3' is no element type of ONNX}}
func.func @element(%x: tensor<?xf32> {onnx.value = #onnx.value<name = "x", element = i3>}) {
  return
}

// -----

// expected-error @+1 {{layer "fc" has weights of -1 rows and 21 columns}}
module attributes {bitnet.layers = [#bitnet.layer<"fc", kind = ternary, rows = -1, cols = 21, bytes = 84>]} {
}

// -----

// expected-error @+1 {{layer "fc" has weights of 2 rows and 21 columns, packed are 1 and 21}}
module attributes {bitnet.layers = [#bitnet.layer<"fc", kind = ternary, rows = 2, cols = 21, bytes = 84, packing = <u2, rows = 1, cols = 21>>]} {
}
