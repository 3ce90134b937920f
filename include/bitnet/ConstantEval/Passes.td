//===- Passes.td - evaluation of constants --------------------*- tablegen -*-===//

#ifndef BITNET_CONSTANTEVAL_PASSES_TD
#define BITNET_CONSTANTEVAL_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetEvaluateConstants : Pass<"bitnet-evaluate-constants", "::mlir::ModuleOp"> {
  let summary = "Evaluate ONNX nodes whose inputs are constants";
  let description = [{
    A node is constant when all its inputs are, and all that its bodies read. What a
    constant node gives is computed once, here, whatever operators lead to it:

    * **Streams** (lib/ConstantEval/Stream.h) read weights a few thousand values at a
      time. Operators that have one stay nodes before recognition, which reads them
      that way, so that memory does not grow with the weights.
    * **The rest** (`Tanh`, `Pow`, `QuantizeLinear`, `MatMul`, `NonZero`...) is lowered
      like any model, compiled for this machine and run, all such nodes of a model at
      once. The results have the bits that a run of the model would give.

    With `remaining` nothing is left to streams: the pass runs once more behind
    recognition, for all constants that are no weights of layers.

    A node stays as it is when it cannot be evaluated, so that its error is reported
    where it always was; when products or Gather read it in place (a Cast or Transpose
    of an initializer); and when the library would grow: a value may have 1 MiB more
    than the constants that it is computed of, all values together 16 MiB. What leads to
    weights of a layer may have 64 times as much, products any size up to 1 GiB.

    Example:

    ```mlir
    func.func @main(%x: tensor<?x2xf32>) -> !onnx.unknown {
      %p = onnx.constant "p" dense<[2.0, 3.0]> : tensor<2xf32> -> tensor<2xf32>
      %w = onnx.node "Pow"(%p, %p) opset 17 {} : (tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
      %y = onnx.node "Mul"(%x, %w) opset 17 {} : (tensor<?x2xf32>, !onnx.unknown) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    ```

    after `--bitnet-evaluate-constants`:

    ```mlir
    func.func @main(%x: tensor<?x2xf32>) -> !onnx.unknown {
      %w = onnx.constant "p" dense<[4.0, 27.0]> : tensor<2xf32> {onnx.origin = {p = 8 : i64}} -> tensor<2xf32>
      %y = onnx.node "Mul"(%x, %w) opset 17 {} : (tensor<?x2xf32>, tensor<2xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    ```
  }];
  let options = [
    Option<"remaining", "remaining", "bool", "false",
           "Also evaluate what streams read. Example: remaining=true">
  ];
  let statistics = [
    Statistic<"numFolded", "values-read-from-streams", "Number of values that streams gave">,
    Statistic<"numRun", "values-run", "Number of values that compiled code gave">,
    Statistic<"numBytes", "bytes-evaluated", "Bytes of all new constants">,
    Statistic<"numLeft", "nodes-left", "Number of constant nodes that stay">
  ];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect",
                           "::mlir::bitnet::onnx::ONNXDialect"];
}

#endif // BITNET_CONSTANTEVAL_PASSES_TD
