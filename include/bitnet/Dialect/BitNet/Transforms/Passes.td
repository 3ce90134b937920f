//===- Passes.td - passes on the bitnet dialect ---------------*- tablegen -*-===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_TD
#define BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetQuantizeLinears : Pass<"bitnet-quantize-linears", "::mlir::ModuleOp"> {
  let summary = "Turn float linear layers into ternary ones (w_c1, w_c2, w_c6)";
  let description = [{
    Never part of the default pipeline: accuracy is given up only on request
    (w_c6). Every `bitnet.linear` with constant float weights whose name matches
    a glob of `include` and none of `exclude` gets ternary weights with one
    scale per tensor and per-token int8 activations (act_c1). The weights are
    read in chunks, so memory stays near the size of the result. The module's
    `bitnet.layers` records are brought up to date. A non-finite weight is an
    error, a layer of zeros a warning. `bitnet.quantize_weights` of constants is
    evaluated too.

    Example, before:

    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
      %w = arith.constant dense<[[1.0, 0.25, -0.75, 1.0]]> : tensor<1x4xf32>
      %y = bitnet.linear "fc" %x, %w : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x1xf32>
      return %y : tensor<?x1xf32>
    }
    ```

    after `--bitnet-quantize-linears="method=absmean include=fc*"`:

    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
      %t = bitnet.constant dense<[[1, 0, -1, 1]]> : tensor<1x4xi2> -> tensor<1x4xi2>
      %s = arith.constant dense<7.5e-01> : tensor<f32>
      %y = bitnet.linear "fc" %x, %t scale %s
        act <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.000000e-05 : f64, low = -128, high = 127>
        : (tensor<?x4xf32>, tensor<1x4xi2>, tensor<f32>) -> tensor<?x1xf32>
      return %y : tensor<?x1xf32>
    }
    ```
  }];
  let options = [
    Option<"method", "method", "::mlir::bitnet::WeightMethod",
           "::mlir::bitnet::WeightMethod::Absmean",
           "How float weights become codes: absmean, absmean_plus_eps or sign",
           [{::llvm::cl::values(
              clEnumValN(::mlir::bitnet::WeightMethod::Absmean, "absmean",
                         "w_c1: clamp(round(W / max(mean|W|, 1e-5)), -1, 1)"),
              clEnumValN(::mlir::bitnet::WeightMethod::AbsmeanPlusEps, "absmean_plus_eps",
                         "w_c1: clamp(round(W / (mean|W| + 1e-5)), -1, 1)"),
              clEnumValN(::mlir::bitnet::WeightMethod::Sign, "sign",
                         "w_c2: W - mean(W) > 0 ? 1 : -1"))}]>,
    ListOption<"include", "include", "std::string",
               "Globs of layer names to quantize; empty means all">,
    ListOption<"exclude", "exclude", "std::string",
               "Globs of layer names to leave as they are">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::bitnet::BitNetDialect"];
}

def BitNetFoldEmpty : Pass<"bitnet-fold-empty", "::mlir::ModuleOp"> {
  let summary = "Compute nothing for tensors that are known to have no elements";
  let description = [{
    A model may have dims of size 0, by itself or by `--dim n=0`. MLIR takes a slice
    of such a tensor for one out of bounds, whatever its size, and so a product or
    a norm could not be cut into pieces. Values of a type with a 0 become
    `tensor.empty`, linalg operations without iterations their inits, and an
    inserted tensor without elements is left out. A collapse that hides an axis
    without elements among others of run-time length is empty, too.

    Example, before:

    ```mlir
    func.func @main(%x: tensor<0x16xf32>, %e: tensor<0x64xf32>, %f: tensor<16xf32>) -> (tensor<0x64xf32>, tensor<16xf32>) {
      %w = bitnet.constant dense<1> : tensor<64x16xi2> -> tensor<64x16xi2>
      %y = bitnet.matmul ins(%x, %w : tensor<0x16xf32>, tensor<64x16xi2>) outs(%e : tensor<0x64xf32>) -> tensor<0x64xf32>
      %sums = linalg.reduce ins(%x : tensor<0x16xf32>) outs(%f : tensor<16xf32>) dimensions = [0]
        (%a: f32, %b: f32) {
          %sum = arith.addf %a, %b : f32
          linalg.yield %sum : f32
        }
      return %y, %sums : tensor<0x64xf32>, tensor<16xf32>
    }
    ```

    after `--bitnet-fold-empty`:

    ```mlir
    func.func @main(%x: tensor<0x16xf32>, %e: tensor<0x64xf32>, %f: tensor<16xf32>) -> (tensor<0x64xf32>, tensor<16xf32>) {
      %y = tensor.empty() : tensor<0x64xf32>
      return %y, %f : tensor<0x64xf32>, tensor<16xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def BitNetDecomposeLinear : Pass<"bitnet-decompose-linear", "::mlir::ModuleOp"> {
  let summary = "Split bitnet.linear into quantize, matmul and rescale";
  let description = [{
    Decides nothing: the op says it all. A ternary layer becomes
    `quantize_activations`, `probe`, `matmul` (mm_c1) and `rescale` (mm_c2) on
    `[M, K]` tensors whose M is the product of the leading dimensions; a
    convolution gathers its windows first (im2col), with the channels last in x, windows and weights where
    that copies longer pieces. Layers that read the same x
    with the same `act` share its codes, which are probed once. `bitnet.layer` names the layer of
    a product for its record. Codes that may
    reach +128 are split into two int8 products (w_c2). A float layer becomes a
    `linalg.generic` contraction.

    Example, before:

    ```mlir
    func.func @main(%x: tensor<8x64xf32>, %w: tensor<32x64xi2>, %s: tensor<f32>) -> tensor<8x32xf32> {
      %y = bitnet.linear "fc" %x, %w scale %s
        act <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.000000e-05 : f64, low = -128, high = 127>
        : (tensor<8x64xf32>, tensor<32x64xi2>, tensor<f32>) -> tensor<8x32xf32>
      return %y : tensor<8x32xf32>
    }
    ```

    after `--bitnet-decompose-linear`:

    ```mlir
    func.func @main(%x: tensor<8x64xf32>, %w: tensor<32x64xi2>, %s: tensor<f32>) -> tensor<8x32xf32> {
      %q, %r = bitnet.quantize_activations %x
        <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.000000e-05 : f64, low = -128, high = 127>
        : tensor<8x64xf32> -> tensor<8x64xi8>, tensor<8x1xf32>
      bitnet.probe "fc" %q : tensor<8x64xi8>
      %e = tensor.empty() : tensor<8x32xi32>
      %acc = bitnet.matmul ins(%q, %w : tensor<8x64xi8>, tensor<32x64xi2>) outs(%e : tensor<8x32xi32>)
        {bitnet.layer = "fc"} -> tensor<8x32xi32>
      %y = bitnet.rescale %acc scale %r weight_scale %s
        : (tensor<8x32xi32>, tensor<8x1xf32>, tensor<f32>) -> tensor<8x32xf32>
      return %y : tensor<8x32xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect", "::mlir::bitnet::BitNetDialect"];
}

def BitNetPackWeights : Pass<"bitnet-pack-weights", "::mlir::ModuleOp"> {
  let summary = "Pack constant ternary weights to 2 or 1.6 bits in kernel order";
  let description = [{
    Every `bitnet.matmul` with constant codes reads packed bytes instead: its lhs is
    zero-padded to whole chunks of columns (u2: 16, u1_6: 20), it gets the sums of
    its lhs rows, and its accumulator is padded to whole blocks of rows of weights
    (u2: 64, u1_6: 32) and sliced back. Bytes are made by streaming, on all cores;
    codes that nothing else reads are freed at once. `bitnet.quantize_weights`,
    `bitnet.pack` and `bitnet.unpack` of constants are evaluated too.

    `packing` chooses the layout. `auto` takes `u1_6` where one token would get
    through it faster: only with it in `fast-packings`, int8 activations, no groups along K,
    and more weights in the module than caches hold (docs/Rationale.md). A layer
    that cannot have 1.6 bits gets 2. The module's `bitnet.layers` records say which
    packing each layer got, and why not the one asked for.

    Example, before:

    ```mlir
    func.func @main(%q: tensor<8x16xi8>, %e: tensor<8x64xi32>) -> tensor<8x64xi32> {
      %w = bitnet.constant dense<1> : tensor<64x16xi2> -> tensor<64x16xi2>
      %acc = bitnet.matmul ins(%q, %w : tensor<8x16xi8>, tensor<64x16xi2>) outs(%e : tensor<8x64xi32>) -> tensor<8x64xi32>
      return %acc : tensor<8x64xi32>
    }
    ```

    after `--bitnet-pack-weights`:

    ```mlir
    func.func @main(%q: tensor<8x16xi8>, %e: tensor<8x64xi32>) -> tensor<8x64xi32> {
      %p = bitnet.constant dense<-86> : tensor<1x1x4x64xi8> packing <u2, rows = 64, cols = 16> -> tensor<1x1x4x64xi8>
      %zero = arith.constant 0 : i32
      %empty = tensor.empty() : tensor<8xi32>
      %zeros = linalg.fill ins(%zero : i32) outs(%empty : tensor<8xi32>) -> tensor<8xi32>
      %sums = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
                              iterator_types = ["parallel", "reduction"]}
          ins(%q : tensor<8x16xi8>) outs(%zeros : tensor<8xi32>) {
      ^bb0(%code: i8, %sum: i32):
        %wide = arith.extsi %code : i8 to i32
        %next = arith.addi %sum, %wide : i32
        linalg.yield %next : i32
      } -> tensor<8xi32>
      %acc = bitnet.matmul ins(%q, %p, %sums : tensor<8x16xi8>, tensor<1x1x4x64xi8>, tensor<8xi32>)
        outs(%e : tensor<8x64xi32>) packing <u2, rows = 64, cols = 16> -> tensor<8x64xi32>
      return %acc : tensor<8x64xi32>
    }
    ```
  }];
  let options = [
    Option<"packing", "packing", "::mlir::bitnet::PackingChoice",
           "::mlir::bitnet::PackingChoice()",
           "Bits per weight where they fit, as the table of layouts names them, or `auto`: by the cost of a token, per layer. Example: packing=1.6">,
    ListOption<"fastPackings", "fast-packings", "::mlir::bitnet::PackingKind",
               "The packings that the target has a kernel of its own for, so that auto may choose them. Example: fast-packings=u2,u1_6">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::mlir::bitnet::BitNetDialect"];
}

def BitNetVerifyStage : Pass<"bitnet-verify-stage", "::mlir::ModuleOp"> {
  let summary = "Ends a stage: fails when an operation may not leave it";
  let description = [{
    Every stage builder ends with this check, so that a missing lowering is named
    where it is missing and not three stages later. A module that passes has the
    stage's form, which `bitnet.stage` then says.

    Example: `--bitnet-verify-stage="stage=quantized allow=func,bitnet.matmul"` on
    a module with a `bitnet.linear` says: 'bitnet.linear' may not leave stage
    quantized.
  }];
  let options = [
    Option<"stage", "stage", "::mlir::bitnet::Stage", "::mlir::bitnet::Stage::ONNX",
           "The stage that ends, a word of --emit. Example: stage=quantized">,
    ListOption<"allow", "allow", "std::string",
               "Dialects (func) and operations (bitnet.matmul) allowed at its exit">];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"]; // writes bitnet.stage
}

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_TD
