//===- Passes.td - bitnet to linalg ---------------------------*- tablegen -*-===//

#ifndef BITNET_CONVERSION_BITNETTOLINALG_PASSES_TD
#define BITNET_CONVERSION_BITNETTOLINALG_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertBitNetToLinalg : Pass<"convert-bitnet-to-linalg"> {
  let summary = "The reference meaning of bitnet operations as linalg loops";
  let description = [{
    Lowers `quantize_activations` (act_c1, act_c2, act_c3), `rescale` (mm_c2),
    `pack` and `unpack`, and `matmul` on codes, whose body adds, subtracts or
    skips and never multiplies (mm_c1). A packed `matmul` is left to
    `bitnet-lower-matmul`; with `reference` it is lowered here too, by way of
    `unpack`: the oracle of every faster path.

    Example, before:

    ```mlir
    func.func @main(%acc: tensor<8x32xi32>, %s: tensor<f32>) -> tensor<8x32xf32> {
      %y = bitnet.rescale %acc weight_scale %s : (tensor<8x32xi32>, tensor<f32>) -> tensor<8x32xf32>
      return %y : tensor<8x32xf32>
    }
    ```

    after `--convert-bitnet-to-linalg`:

    ```mlir
    func.func @main(%acc: tensor<8x32xi32>, %s: tensor<f32>) -> tensor<8x32xf32> {
      %e = tensor.empty() : tensor<8x32xf32>
      %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> ()>,
                                            affine_map<(m, n) -> (m, n)>],
                           iterator_types = ["parallel", "parallel"]}
          ins(%acc, %s : tensor<8x32xi32>, tensor<f32>) outs(%e : tensor<8x32xf32>) {
      ^bb0(%a: i32, %scale: f32, %out: f32):
        %f = arith.sitofp %a : i32 to f32
        %r = arith.mulf %f, %scale : f32
        linalg.yield %r : f32
      } -> tensor<8x32xf32>
      return %y : tensor<8x32xf32>
    }
    ```
  }];
  let options = [
    Option<"reference", "reference", "bool", "false",
           "Lower packed matmuls too, through unpacked codes">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // BITNET_CONVERSION_BITNETTOLINALG_PASSES_TD
