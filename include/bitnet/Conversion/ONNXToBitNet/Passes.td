//===- Passes.td - recognition passes -------------------------*- tablegen -*-===//

#ifndef BITNET_CONVERSION_ONNXTOBITNET_PASSES_TD
#define BITNET_CONVERSION_ONNXTOBITNET_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertONNXToBitNet : Pass<"convert-onnx-to-bitnet", "::mlir::ModuleOp"> {
  let summary = "Finds ternary layers in an ONNX graph";
  let description = [{
    Every MatMul, Gemm and Conv (also FusedMatMul, MatMulInteger and MatMulNBits)
    whose weights are constant is examined:

    * The weights are folded, whatever nodes make them (absmean quantization,
      unpacking of bytes, casts, dequantization), and judged by their values
      (w_c5): when all are -s, 0 or s per tensor, run of rows, row or group of
      columns, they become `i2` codes and `f32` scales. Folding streams: memory
      does not grow with the float weights.
    * The activations are matched against the quantizers of act_c1. A quantizer
      whose codes are scaled back before the product becomes the layer's `act`;
      integer codes used directly give the `codes` form; anything else stays as it
      is, and the layer multiplies floats by ternary weights.

    The result is `bitnet.linear`. Straight-through residues `x + (q - x)` are
    replaced by `q`, with a remark. Layers that are not ternary stay onnx.node
    operations (w_c6), unless their weights are int8 codes with one scale per row,
    which stay codes (w_c4), or `float-weights` asks for fewer bits (w_c7). So do large float
    tables whose rows Gather reads; a head that is tied to one shares its rows. f32 weights of
    layers and tables that are bf16 numbers become a bf16 constant behind a Cast, which loses
    no bit. The module attribute `bitnet.layers` says for each layer and table with constant
    weights what was found, and why.

    Example:

    ```mlir
    %t = onnx.node "Transpose"(%w) opset 20 {perm = [1, 0]} : (tensor<2x8xf32>) -> tensor<8x2xf32>
    %y = onnx.node "MatMul"(%x, %t) opset 20 {} : (tensor<?x8xf32>, tensor<8x2xf32>) -> tensor<?x2xf32>
    // becomes
    %y = bitnet.linear "fc" %x, %codes scale %s : (tensor<?x8xf32>, tensor<2x8xi2>, tensor<f32>) -> tensor<?x2xf32>
    ```
  }];
  let options = [
    Option<"floatLinears", "float-linears", "bool", "false",
           "Also turn layers with float weights into bitnet.linear, for "
           "bitnet-quantize-linears. Example: float-linears=true">,
    ListOption<"linearsInclude", "linears-include", "std::string",
               "Globs of layer names for float-linears; empty means all. Example: linears-include=*mlp*">,
    ListOption<"linearsExclude", "linears-exclude", "std::string",
               "Globs of layer names that float-linears leaves. Example: linears-exclude=*lm_head*">,
    Option<"floatWeights", "float-weights", "::mlir::bitnet::FloatWeights",
           "::mlir::bitnet::FloatWeights::Lossless",
           "How layers store weights that stay float (w_c7): lossless, keep, bf16 or int8. Example: float-weights=int8",
           [{::llvm::cl::values(
              clEnumValN(::mlir::bitnet::FloatWeights::Lossless, "lossless", "f32 as bf16 where that loses no bit"),
              clEnumValN(::mlir::bitnet::FloatWeights::Keep, "keep", "as the model does"),
              clEnumValN(::mlir::bitnet::FloatWeights::BF16, "bf16", "rounded to bf16"),
              clEnumValN(::mlir::bitnet::FloatWeights::Int8, "int8", "int8, one scale per row"))}]>,
    ListOption<"weightsInclude", "weights-include", "std::string",
               "Globs of layer names for float-weights; empty means all. Example: weights-include=*lm_head*">,
    ListOption<"weightsExclude", "weights-exclude", "std::string",
               "Globs of layer names that float-weights leaves. Example: weights-exclude=*embed*">];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect",
                           "::mlir::bitnet::onnx::ONNXDialect"];
}

#endif // BITNET_CONVERSION_ONNXTOBITNET_PASSES_TD
