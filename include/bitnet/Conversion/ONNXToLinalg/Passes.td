//===- Passes.td - ONNX graphs to linalg ----------------------*- tablegen -*-===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_PASSES_TD
#define BITNET_CONVERSION_ONNXTOLINALG_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertONNXToLinalg : Pass<"convert-onnx-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Lower the ONNX graph in @main to linalg on tensors";
  let description = [{
    Walks `@main` once in graph order and replaces every `onnx.node` through a
    registry keyed by domain, operator and opset version. Result types come from
    the operands' real types, so value types the file does not declare need no
    separate inference. Types that it does declare for outputs are hints: where the
    graph computes something else, that is what the output is, with a warning, or an
    error with `strict-shapes`. Small integer tensors
    are followed as lists of scalars, so that shape computations become SSA
    `index` values. `bitnet.linear` is rebuilt on the converted operands.

    All nodes without a lowering are listed in one error, and the conversion goes on
    with the nodes that do not need them, so that all errors of a model are seen at
    once. A node that does not have the form of its operator's schema, and an
    attribute that its lowering does not read, is an error. Unsigned element
    types become signless; `onnx.*` attributes of the signature are kept.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> !onnx.unknown {
      %y = onnx.node "Relu"(%x) opset 17 {} : (tensor<4xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    ```

    after `--convert-onnx-to-linalg`:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %zero = arith.constant 0.0 : f32
      %0 = tensor.empty() : tensor<4xf32>
      %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                           iterator_types = ["parallel"]}
          ins(%x : tensor<4xf32>) outs(%0 : tensor<4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %m = arith.maximumf %in, %zero : f32
        linalg.yield %m : f32
      } -> tensor<4xf32>
      return %1 : tensor<4xf32>
    }
    ```
  }];
  let options = [
    Option<"strictShapes", "strict-shapes", "bool", "false",
           "Declared shapes and types of outputs are promises: an error where the graph "
           "computes others. Example: strict-shapes=true">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bitnet::BitNetDialect",
    "::mlir::cf::ControlFlowDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

#endif // BITNET_CONVERSION_ONNXTOLINALG_PASSES_TD
