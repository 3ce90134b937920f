//===- BitNetAttrs.td - attributes of the bitnet dialect ------*- tablegen -*-===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETATTRS_TD
#define BITNET_DIALECT_BITNET_IR_BITNETATTRS_TD

include "bitnet/Dialect/BitNet/IR/BitNetBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class BitNet_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<BitNet_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def BitNet_ScaleForm : I32EnumAttr<"ScaleForm", "How an activation scale is computed (act_c1)", [
    I32EnumAttrCase<"ReciprocalMul", 0, "reciprocal_mul">,
    I32EnumAttrCase<"Divide", 1, "divide">,
    I32EnumAttrCase<"MulDivide", 2, "mul_divide">,
    I32EnumAttrCase<"Codes", 3, "codes">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_WeightMethod : I32EnumAttr<"WeightMethod", "How float weights become codes (w_c1, w_c2)", [
    I32EnumAttrCase<"Absmean", 0, "absmean">,
    I32EnumAttrCase<"AbsmeanPlusEps", 1, "absmean_plus_eps">,
    I32EnumAttrCase<"Sign", 2, "sign">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_PackingKind : I32EnumAttr<"PackingKind", "Bit layout of packed weights", [
    I32EnumAttrCase<"U2", 0, "u2">,
    I32EnumAttrCase<"U1_6", 1, "u1_6">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_KernelKind : I32EnumAttr<"KernelKind", "Code form of a ternary matmul", [
    I32EnumAttrCase<"Scalar", 0, "scalar">,
    I32EnumAttrCase<"Generic", 1, "generic">,
    I32EnumAttrCase<"AVX2", 2, "avx2">,
    I32EnumAttrCase<"AVX512VNNI", 3, "avx512vnni">,
    I32EnumAttrCase<"NEONDotprod", 4, "neon_dotprod">,
    I32EnumAttrCase<"AVX512VBMI", 5, "avx512vbmi">,
    I32EnumAttrCase<"AVXVNNI", 6, "avxvnni">,
    I32EnumAttrCase<"AVX512BW", 7, "avx512bw">,
    I32EnumAttrCase<"AMX", 8, "amx">,
    I32EnumAttrCase<"NEON", 9, "neon">,
    I32EnumAttrCase<"I8MM", 10, "i8mm">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_Stage : I32EnumAttr<"Stage", "What `--emit` names, in data-flow order", [
    I32EnumAttrCase<"ONNX", 0, "onnx">,
    I32EnumAttrCase<"BitNet", 1, "bitnet">,
    I32EnumAttrCase<"Quantized", 2, "quantized">,
    I32EnumAttrCase<"Packed", 3, "packed">,
    I32EnumAttrCase<"Dispatches", 4, "dispatches">,
    I32EnumAttrCase<"Loops", 5, "loops">,
    I32EnumAttrCase<"LLVM", 6, "llvm">,
    I32EnumAttrCase<"Asm", 7, "asm">,
    I32EnumAttrCase<"Obj", 8, "obj">,
    I32EnumAttrCase<"SO", 9, "so">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_LayerKind : I32EnumAttr<"LayerKind", "What became of a layer's weights", [
    I32EnumAttrCase<"Ternary", 0, "ternary">,
    I32EnumAttrCase<"Binary", 1, "binary">,
    I32EnumAttrCase<"Float", 2, "float">,
    I32EnumAttrCase<"Table", 3, "table">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_DispatchKind : I32EnumAttr<"DispatchKind", "What a dispatch computes", [
    I32EnumAttrCase<"Layer", 0, "layer">,
    I32EnumAttrCase<"Rows", 1, "rows">,
    I32EnumAttrCase<"Product", 2, "product">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_UnitKind : I32EnumAttr<"UnitKind", "What a unit of work computes, for profiles (bitnet_region_kind)", [
    I32EnumAttrCase<"Other", 0, "other">,
    I32EnumAttrCase<"TernaryMatmul", 1, "ternary_matmul">,
    I32EnumAttrCase<"Matmul", 2, "matmul">,
    I32EnumAttrCase<"Exponential", 3, "exponential">,
    I32EnumAttrCase<"Quantize", 4, "quantize">,
    I32EnumAttrCase<"Norm", 5, "norm">,
    I32EnumAttrCase<"Elementwise", 6, "elementwise">,
    I32EnumAttrCase<"Copy", 7, "copy">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_ISA : I32EnumAttr<"ISA", "Class of machines that code is specialised for", [
    I32EnumAttrCase<"Generic", 0, "generic">,
    I32EnumAttrCase<"AVX2", 1, "avx2">,
    I32EnumAttrCase<"AVXVNNI", 2, "avxvnni">,
    I32EnumAttrCase<"AVX512BW", 3, "avx512bw">,
    I32EnumAttrCase<"AVX512VNNI", 4, "avx512vnni">,
    I32EnumAttrCase<"AVX512VBMI", 5, "avx512vbmi">,
    I32EnumAttrCase<"AMX", 6, "amx">,
    I32EnumAttrCase<"NEON", 7, "neon">,
    I32EnumAttrCase<"NEONDotprod", 8, "neon_dotprod">,
    I32EnumAttrCase<"I8MM", 9, "i8mm">,
    I32EnumAttrCase<"RVV", 10, "rvv">]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

def BitNet_ISAAttr : EnumAttr<BitNet_Dialect, BitNet_ISA, "isa"> {
  let summary = "The machines that a function was made for";
  let description = [{
    `bitnet-clone-variants` writes it on each version of a function; the row of
    the ISA table says what such machines have.

    Example: `#bitnet.isa<avx512vnni>`
  }];
  let assemblyFormat = "`<` $value `>`";
}

def BitNet_StageAttr : EnumAttr<BitNet_Dialect, BitNet_Stage, "stage"> {
  let summary = "The stage whose form a module has";
  let description = [{
    The importer and the check at the end of each stage write it on the module, so that a
    compilation continues where the text of a stage ends.

    Example: `module attributes {bitnet.stage = #bitnet.stage<packed>}`
  }];
  let assemblyFormat = "`<` $value `>`";
}

def BitNet_LayerAttr : BitNet_Attr<"Layer", "layer"> {
  let summary = "The record of one layer with constant weights, for reports";
  let description = [{
    An element of the module's `bitnet.layers`, which recognition writes and later stages bring
    up to date. `name` is the key: that of the `bitnet.linear`, and of `bitnet.layer` on the
    products that it became. Weights are `[rows, cols]` and take `bytes` in the model;
    `reason` says why they are not ternary, or who asked that they be; `granularity` is that of
    their scales, `act` the form of the activations' scale (act_c1), `storage` how float weights
    are stored (w_c7), `note` why they are not packed as was asked for.

    Example: `#bitnet.layer<"fc", kind = ternary, rows = 1, cols = 21, bytes = 84, packing = <u2, rows = 1, cols = 21>>`
  }];
  let parameters = (ins "::mlir::StringAttr":$name, EnumParameter<BitNet_LayerKind>:$kind,
      "int64_t":$rows, "int64_t":$cols, "uint64_t":$bytes,
      OptionalParameter<"::mlir::StringAttr">:$reason,
      OptionalParameter<"::mlir::StringAttr">:$granularity,
      OptionalParameter<"::mlir::StringAttr">:$act,
      OptionalParameter<"::mlir::StringAttr">:$storage,
      OptionalParameter<"::mlir::bitnet::PackingAttr">:$packing,
      OptionalParameter<"::mlir::StringAttr">:$note);
  let assemblyFormat = [{
    `<` $name `,` struct($kind, $rows, $cols, $bytes, $reason, $granularity, $act, $storage,
                         $packing, $note) `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The records of `module`, in the order of the graph.
    static ::std::vector<LayerAttr> getAll(::mlir::Operation *module);
    /// Replaces the records of `module` by what `update` returns for them; does nothing when
    /// the module has none.
    static void updateAll(::mlir::Operation *module,
                          ::llvm::function_ref<LayerAttr(LayerAttr)> update);
    /// The record after --quantize: coded weights with one scale.
    LayerAttr getQuantized(LayerKind kind, ::mlir::StringAttr reason);
    /// The record after stage 3; `note` may be null.
    LayerAttr getPacked(PackingAttr packing, ::mlir::StringAttr note);
  }];
}

def BitNet_IterationsAttr : BitNet_Attr<"Iterations", "iterations"> {
  let summary = "Where an operation is in each iteration of a loop over layers";
  let description = [{
    The metadata of a fused location, whose own location is that of the first layer. The
    operation is the body's share of several layers; `places` holds its location in each of
    them. `bitnet-roll-layers` writes it. Profiles name each layer by its own node.

    Example: `loc(fused<#bitnet.iterations<[loc("up.0"), loc("up.1")]>>["up.0"])`
  }];
  let parameters = (ins "::mlir::ArrayAttr":$places);
  let assemblyFormat = "`<` $places `>`";
  let extraClassDeclaration = [{
    /// The attribute of `loc`, or of a location within; null if it has none.
    static IterationsAttr find(::mlir::Location loc);
  }];
}

def BitNet_WorkUnitAttr : BitNet_Attr<"WorkUnit", "unit"> {
  let summary = "What an operation is a part of, for profiles";
  let description = [{
    The metadata of a fused location: the operation computes, or is a part of what computes, a
    unit of work of this kind. `bitnet-describe-units` writes it when the units are formed, and
    like names of nodes it stays with what becomes of the operation.

    Example: `loc(fused<#bitnet.unit<norm>>["input_layernorm"])`
  }];
  let parameters = (ins EnumParameter<BitNet_UnitKind>:$kind);
  let assemblyFormat = "`<` $kind `>`";
  let extraClassDeclaration = [{
    /// The more telling of two kinds: the first one of the enumeration, but `Other` only where
    /// both are.
    static UnitKind merge(UnitKind a, UnitKind b);
    /// The most telling kind in `loc`, `Other` if it has none.
    static UnitKind find(::mlir::Location loc);
  }];
}

def BitNet_BlobAttr : BitNet_Attr<"Blob", "blob"> {
  let summary = "A byte range of a file: how IR names weights";
  let description = [{
    Names `length` bytes at `offset` of `file`, little-endian, row-major, without
    carrying them. Element types narrower than a byte are stored as ONNX stores
    them: low bits first, rows not padded (i2: four values to a byte).
    A file name of the form `<memory:N>` names a buffer of this process, which
    is written to a file before IR is printed by `bitnet-compile --emit`.

    Example: `#bitnet.blob<"model.onnx.data", 4096, 65536>`
  }];
  let parameters = (ins "::mlir::StringAttr":$file, "uint64_t":$offset, "uint64_t":$length);
  let assemblyFormat = "`<` $file `,` $offset `,` $length `>`";
}

def BitNet_PackingAttr : BitNet_Attr<"Packing", "packing"> {
  let summary = "Layout of packed ternary weights";
  let description = [{
    A 64-byte chunk is 16 rows by 4F columns of F digits per byte: digit f of byte
    4r+j is the weight t of row r, column 4f+j. Rows and columns beyond `rows`
    and `cols`, the logical N and K, hold weight 0.

    `u2`, 2 bits per weight: F = 4, bits 2f..2f+1 hold t+1. Chunks are ordered
    `[ceil(N/64)][ceil(K/16)][4][64]`.

    `u1_6`, 1.6 bits per weight: F = 5, `v = sum of 3^f t_f` is stored as |v| with
    the sign in bit 7. Chunks are ordered `[ceil(N/32)][ceil(K/20)][2][64]`. Groups
    along K do not fit unless they are multiples of 20.

    Example: `#bitnet.packing<u2, rows = 2560, cols = 6912>`

    Example: `#bitnet.packing<u1_6, rows = 2560, cols = 6912>`
  }];
  let parameters = (ins EnumParameter<BitNet_PackingKind>:$kind, "int64_t":$rows, "int64_t":$cols);
  let assemblyFormat = "`<` $kind `,` `rows` `=` $rows `,` `cols` `=` $cols `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    const PackedLayout &getLayout() const { return getPackedLayout(getKind()); }
    int64_t getPaddedRows() const;
    int64_t getPaddedCols() const;
    /// `[blocks, chunk columns, chunks of a block, 64]` of i8.
    ::llvm::SmallVector<int64_t, 4> getPackedShape() const;
    uint64_t getPackedBytes() const;
  }];
}

def BitNet_ActQuantAttr : BitNet_Attr<"ActQuant", "act_quant"> {
  let summary = "How activations become int8 codes (act_c1)";
  let description = [{
    With `m = max(absmax(x), eps)` over `axes` (negative axes count from the end):
    `reciprocal_mul`: `s = (1/m)*qmax`, `q = round(x*s)`;
    `divide`: `s = qmax/m`, `q = round(x*s)`;
    `mul_divide` (BitNet v1): `q = round((x*qmax)/m)`, `s = qmax/m`;
    `codes`: x already holds integers, `q = x`, `s = 1`.
    Rounding is half to even; then `q` is clamped to `[low, high]` (BitNet v1
    clips to 128 - eps before it rounds, so its q reaches `high = 128`, w_c2).

    Example: `#bitnet.act_quant<reciprocal_mul, axes = [-1], qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>`;
    codes of a whole tensor have no axes:
    `#bitnet.act_quant<codes, qmax = 127, eps = 0.0 : f64, low = -128, high = 127>`
  }];
  let parameters = (ins EnumParameter<BitNet_ScaleForm>:$form,
      OptionalArrayRefParameter<"int64_t">:$axes, "int64_t":$qmax, "::mlir::FloatAttr":$eps,
      "int64_t":$low, "int64_t":$high);
  let assemblyFormat = [{
    `<` $form `,` (`axes` `=` `[` $axes^ `]` `,`)? `qmax` `=` $qmax `,` `eps` `=` $eps
    `,` `low` `=` $low `,` `high` `=` $high `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The default of act_c1: per token, (1/m)*127, codes in [-128, 127].
    static ActQuantAttr getDefault(::mlir::MLIRContext *context);
    static ActQuantAttr get(::mlir::MLIRContext *context, ScaleForm form, ::llvm::ArrayRef<int64_t> axes,
                            int64_t qmax, double eps, int64_t low, int64_t high);
    /// Whether every code fits int8; BitNet v1 may reach +128 (w_c2).
    bool fitsInt8() const;
  }];
}

def BitNet_ConvAttr : BitNet_Attr<"Conv", "conv"> {
  let summary = "Geometry of a 2-D convolution (NCHW activations, OIHW weights)";
  let description = [{
    `pads` are `[top, left, bottom, right]` as in ONNX.

    Example: `#bitnet.conv<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1]>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$kernel, ArrayRefParameter<"int64_t">:$strides,
      ArrayRefParameter<"int64_t">:$dilations, ArrayRefParameter<"int64_t">:$pads);
  let assemblyFormat = [{
    `<` `kernel` `=` `[` $kernel `]` `,` `strides` `=` `[` $strides `]` `,`
    `dilations` `=` `[` $dilations `]` `,` `pads` `=` `[` $pads `]` `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getArea() const { return getKernel()[0] * getKernel()[1]; }
    /// The distance from the first tap of a window to its last along spatial
    /// axis `axis`.
    int64_t getSpan(unsigned axis) const {
      return getDilations()[axis] * (getKernel()[axis] - 1) + 1;
    }
    /// Whether some window lies beside an image of `extent` (unknown: of any
    /// positive number of) elements along spatial axis `axis`: pads as wide as
    /// a window, taps that stand too wide apart to meet a short image, or an
    /// image without elements.
    bool mayMissImage(unsigned axis, std::optional<int64_t> extent) const;
  }];
}

def BitNet_LoweringAttr : BitNet_Attr<"Lowering", "lowering"> {
  let summary = "Policy of one ternary matmul: decided once, then only obeyed";
  let description = [{
    `kernels` are the code forms to build, preferred first: a machine runs the
    first one whose instructions it has. There is one when the CPU is known. How
    many activation rows share one pass over the weights is not part of it:
    kernels decide that at run time, from M.

    Example: `#bitnet.lowering<[avx512vnni, avx2, generic]>`
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::bitnet::KernelKind">:$kernels);
  let assemblyFormat = "`<` `[` $kernels `]` `>`";
  let genVerifyDecl = 1;
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETATTRS_TD
