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
    operations (w_c6). The module attribute `bitnet.layers` says for each layer
    with constant weights what was found, and why.

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
           "bitnet-quantize-linears. Example: float-linears=true">];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect",
                           "::mlir::bitnet::onnx::ONNXDialect"];
}

#endif // BITNET_CONVERSION_ONNXTOBITNET_PASSES_TD
