//===- BitNetOps.td - operations of the bitnet dialect --------*- tablegen -*-===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETOPS_TD
#define BITNET_DIALECT_BITNET_IR_BITNETOPS_TD

include "bitnet/Dialect/BitNet/IR/BitNetAttrs.td"
include "bitnet/Dialect/BitNet/IR/BitNetDispatchOps.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpAsmInterface.td"

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

def BitNet_ConstantOp : BitNet_Op<"constant", [Pure]> {
  let summary = "A large constant that stays in its file until the link";
  let description = [{
    `value` is a `#bitnet.blob` whose length must equal the type's storage size, or
    an inline `dense` attribute when small. `packing` is set on packed weights.
    After bufferization the result is a memref over the model's weights.

    Example:

    ```mlir
    %w = bitnet.constant dense<[[-1, 0, 1, 1]]> : tensor<1x4xi2> -> tensor<1x4xi2>
    ```
  }];
  let arguments = (ins AnyAttr:$value, OptionalAttr<BitNet_PackingAttr>:$packing,
                       OptionalAttr<StrAttr>:$name);
  let results = (outs BitNet_Shaped:$result);
  let assemblyFormat = "($name^)? $value (`packing` $packing^)? attr-dict `->` type($result)";
  let hasVerifier = 1;
}

def BitNet_ConstantTableOp : BitNet_Op<"constant_table", [Pure]> {
  let summary = "The constant of a table that an index chooses";
  let description = [{
    What `bitnet.constant` is for one layer, this is for a loop over equal layers:
    `values` holds one constant for each iteration, all of one type, and `index`,
    which must be below their number, says whose is meant. `packing` is set on
    packed weights.

    After bufferization the result is a memref over the model's weights, at
    `base + index * stride` where the constants of a layer lie side by side, else
    at an offset from a list.

    Example:

    ```mlir
    func.func @main(%layer: index) -> tensor<4xi8> {
      %w = bitnet.constant_table [dense<1> : tensor<4xi8>, dense<[1, 2, 3, 4]> : tensor<4xi8>][%layer] -> tensor<4xi8>
      return %w : tensor<4xi8>
    }
    ```
  }];
  let arguments = (ins ArrayAttr:$values, Index:$index, OptionalAttr<BitNet_PackingAttr>:$packing);
  let results = (outs BitNet_Shaped:$result);
  let assemblyFormat = "$values `[` $index `]` (`packing` $packing^)? attr-dict `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

def BitNet_LinearOp : BitNet_Op<"linear", [Pure, AttrSizedOperandSegments]> {
  let summary = "A linear layer or convolution with constant weights";
  let description = [{
    `y = x * transpose(w)` with `x: [..., K]` and `w: [N, K]`.

    * `w` of type `i2` is ternary; its scale is `scale`: a scalar (per tensor), `[N]`
      (per row; segments are repeated rows, see `segments`) or `[N, K/G]` (groups of
      `group_size` along K, w_c3). A float `w` stays float unless
      `bitnet-quantize-linears` turns it into codes (w_c6). `w` of type `i8` stands for
      float weights, too: those of row n are its codes times `scale[n]`, which
      multiplies the sum (w_c7).
    * `act` quantizes x to int8 per act_c1; the product is then exact in int32
      (mm_c1) and rescaled per mm_c2. Without `act`, float x is used as it is
      (W1.58A16). Integer x (i8) gives the i32 accumulator itself.
    * `conv` makes it a 2-D convolution: x is `[B, C, H, W]`, w is `[F, C*kh*kw]`.

    Before `convert-onnx-to-linalg` has given types to the graph, `x` and the
    result may have type `!onnx.unknown`. `name` is the ONNX node's name.
    Decomposed by `bitnet-decompose-linear`.

    Example:

    ```mlir
    %y = bitnet.linear "fc" %x, %w scale %s
      act <reciprocal_mul, axes = [-1], qmax = 127, eps = 1.000000e-05 : f64, low = -128, high = 127>
      : (tensor<?x64xf32>, tensor<32x64xi2>, tensor<f32>) -> tensor<?x32xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, AnyType:$x, AnyType:$w, Optional<AnyRankedTensor>:$scale,
      Optional<AnyRankedTensor>:$bias, OptionalAttr<BitNet_ActQuantAttr>:$act,
      OptionalAttr<BitNet_ConvAttr>:$conv, OptionalAttr<I64Attr>:$group_size,
      OptionalAttr<DenseI64ArrayAttr>:$segments);
  let results = (outs AnyType:$y);
  let assemblyFormat = [{
    $name $x `,` $w (`scale` $scale^)? (`bias` $bias^)? (`act` $act^)? (`conv` $conv^)?
    (`group` $group_size^)? (`segments` $segments^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    bool isTernary();
    /// Float weights as codes of eight bits, one scale per row (w_c7).
    bool hasInt8Rows();
    /// The axis of x that the weights fix, and its extent: the last one and K,
    /// or those of a convolution's channels.
    int64_t getChannelAxis();
    int64_t getChannels();
    /// The message of the run for an x that has another extent there.
    std::string getWrongChannels();
    /// The result type for a typed `x`: shape of x with K replaced by N (or the
    /// convolution's), element type of x, or i32 for integer x. Null on mismatch.
    static ::mlir::RankedTensorType inferType(::mlir::RankedTensorType x,
        ::mlir::RankedTensorType w, ConvAttr conv);
  }];
}

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

def BitNet_QuantizeWeightsOp : BitNet_Op<"quantize_weights", [Pure]> {
  let summary = "Float weights to codes and one scale (w_c1, w_c2)";
  let description = [{
    `absmean`: `g = max(mean|W|, 1e-5)`, `codes = clamp(round(W*(1/g)), -1, 1)`;
    `absmean_plus_eps`: `codes = clamp(round(W/(mean|W| + 1e-5)), -1, 1)`;
    `sign`: `codes = W - mean(W) > 0 ? 1 : -1`, scale `mean|W|`.
    Means are accumulated in f64 and rounded to f32. `scale` multiplies the codes.
    Evaluated at compile time when W is constant.

    Example:

    ```mlir
    %t, %s = bitnet.quantize_weights %w absmean : tensor<32x64xf32> -> tensor<32x64xi2>, tensor<f32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$weights, EnumAttr<BitNet_Dialect, BitNet_WeightMethod, "weight_method">:$method);
  let results = (outs AnyRankedTensor:$codes, AnyRankedTensor:$scale);
  let assemblyFormat = "$weights $method attr-dict `:` type($weights) `->` type($codes) `,` type($scale)";
  let hasVerifier = 1;
}

def BitNet_QuantizeActivationsOp : BitNet_Op<"quantize_activations", [Pure]> {
  let summary = "Activations to integer codes and scales (act_c1, act_c2)";
  let description = [{
    Codes have x's shape, type i8 (i16 when they may reach +128); scales have x's
    shape with the reduced axes set to 1, and x's element type (act_c3).
    A NaN or infinity in a row makes its scale NaN, its codes are unspecified
    but defined (act_c2).

    Example:

    ```mlir
    %q, %s = bitnet.quantize_activations %x
      <divide, axes = [-1], qmax = 127, eps = 1.000000e-05 : f64, low = -128, high = 127>
      : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$x, BitNet_ActQuantAttr:$act);
  let results = (outs AnyRankedTensor:$codes, AnyRankedTensor:$scale);
  let assemblyFormat = "$x $act attr-dict `:` type($x) `->` type($codes) `,` type($scale)";
  let hasVerifier = 1;
}

def BitNet_RescaleOp : BitNet_Op<"rescale", [Pure, AttrSizedOperandSegments]> {
  let summary = "Accumulators back to floats (mm_c2)";
  let description = [{
    `r = 1/s` once per row, `y = (f32(acc)*r)*w_scale`, then `+ bias`; two roundings,
    no FMA. `acc` is `[M, N]`, or `[G, M, N]` with group scales `[N, G]`, summed in f32
    over G in ascending order. `s` is `[M, 1]` or absent (1), `w_scale` is a scalar,
    `[N]` or `[N, G]`, or absent (1). The result's element type may be narrower:
    it is rounded once, at the end.

    Example:

    ```mlir
    %y = bitnet.rescale %acc scale %s weight_scale %ws
      : (tensor<?x32xi32>, tensor<?x1xf32>, tensor<f32>) -> tensor<?x32xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$acc, Optional<AnyRankedTensor>:$scale,
      Optional<AnyRankedTensor>:$weight_scale, Optional<AnyRankedTensor>:$bias);
  let results = (outs AnyRankedTensor:$y);
  let assemblyFormat = [{
    $acc (`scale` $scale^)? (`weight_scale` $weight_scale^)? (`bias` $bias^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// The exact product
//===----------------------------------------------------------------------===//

def BitNet_MatMulOp : BitNet_Op<"matmul", [
    DeclareOpInterfaceMethods<DestinationStyleOpInterface, ["getDpsInitsMutable"]>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Exact ternary matmul: additions and subtractions only (mm_c1)";
  let description = [{
    `acc[m, n] = sum_k lhs[m, k] * rhs[n, k]`; `init` is overwritten, not added to.

    * lhs is `[M, K]` of i8 or i16 (acc i32, exact) or of a float type (acc f32).
    * rhs is `[N, K]` of i2, or, with `packing`, the packed bytes
      `[N/64, K/16, 4, 64]` of i8. In the packed form lhs is `[M, Kp]`, zero-padded to
      Kp = 16*ceil(K/16), acc is `[M, Np]`, Np = 64*ceil(N/64), and integer lhs comes with
      `sums`: `[M]` of i32, the sum of each lhs row (`[G, M]` when grouped).
    * `group_size` G splits K: acc is `[K/G, M, N]` (w_c3), G a multiple of 16.
    * `lowering` is written by `bitnet-select-kernels`.

    Works on tensors and on memrefs. On memrefs rhs may be a slice of blocks
    `[?, K/16, 4, 64]` with an accumulator of as many rows.

    Example:

    ```mlir
    %acc = bitnet.matmul ins(%q, %w : tensor<?x64xi8>, tensor<32x64xi2>) outs(%init : tensor<?x32xi32>) -> tensor<?x32xi32>
    ```
  }];
  let arguments = (ins BitNet_Shaped:$lhs, BitNet_Shaped:$rhs, Optional<BitNet_Shaped>:$sums,
      BitNet_Shaped:$init, OptionalAttr<BitNet_PackingAttr>:$packing,
      OptionalAttr<I64Attr>:$group_size, OptionalAttr<BitNet_LoweringAttr>:$lowering);
  let results = (outs Variadic<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs (`,` $sums^)? `:` type($lhs) `,` type($rhs) (`,` type($sums)^)? `)`
    `outs` `(` $init `:` type($init) `)` (`packing` $packing^)? (`group` $group_size^)?
    (`lowering` $lowering^)? attr-dict (`->` type($result)^)?
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

def BitNet_PackOp : BitNet_Op<"pack", [Pure]> {
  let summary = "Ternary codes to packed bytes";
  let description = [{
    Example:

    ```mlir
    %p = bitnet.pack %w <u2, rows = 32, cols = 64> : tensor<32x64xi2> -> tensor<1x4x4x64xi8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$codes, BitNet_PackingAttr:$packing);
  let results = (outs AnyRankedTensor:$packed);
  let assemblyFormat = "$codes $packing attr-dict `:` type($codes) `->` type($packed)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def BitNet_UnpackOp : BitNet_Op<"unpack", [Pure]> {
  let summary = "Packed bytes to ternary codes";
  let description = [{
    Example:

    ```mlir
    %w = bitnet.unpack %p <u2, rows = 32, cols = 64> : tensor<1x4x4x64xi8> -> tensor<32x64xi2>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$packed, BitNet_PackingAttr:$packing);
  let results = (outs AnyRankedTensor:$codes);
  let assemblyFormat = "$packed $packing attr-dict `:` type($packed) `->` type($codes)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Observation
//===----------------------------------------------------------------------===//

def BitNet_ProbeOp : BitNet_Op<"probe",
    [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Shows a value to the caller of the compiled model, when asked";
  let description = [{
    Costs one test of a function pointer unless `bitnet-run --dump-codes` is used.
    `name` is the layer's name. In a loop over equal layers `table` holds the names
    of all of them, `index` says whose value it is, and `name` is the first one.

    Example:

    ```mlir
    func.func @main(%q: tensor<?x64xi8>, %layer: index) {
      bitnet.probe "fc" %q : tensor<?x64xi8>
      bitnet.probe "up.0" of ["up.0", "up.1"][%layer] %q : tensor<?x64xi8>
      return
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, BitNet_Shaped:$value, OptionalAttr<StrArrayAttr>:$table, Optional<Index>:$index);
  let assemblyFormat = "$name (`of` $table^ `[` $index `]`)? $value attr-dict `:` type($value)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::Value":$value)>];
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETOPS_TD
