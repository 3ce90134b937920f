//===- Passes.td - checks between stages ----------------------*- tablegen -*-===//

#ifndef BITNET_PIPELINES_PASSES_TD
#define BITNET_PIPELINES_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetFoldDims : Pass<"bitnet-fold-dims", "::mlir::ModuleOp"> {
  let summary = "Fix named dynamic dims of the inputs of @main";
  let description = [{
    Works on the imported graph, where only the inputs have types that count: the
    lowerings infer the rest. An extent named by a sum ("past + 1") follows its
    names. With `require-static`, inputs that stay dynamic are errors that tell
    the names to give.

    Example: `dims=batch=4` makes `%x: tensor<?x160xf32> {onnx.value = #onnx.value<dims = ["batch",
    ""]>}` a `tensor<4x160xf32>`.
  }];
  let options = [
    ListOption<"dims", "dims", "std::string", "name=size of a dim">,
    Option<"requireStatic", "require-static", "bool", "false",
           "Fail when an input has a dynamic dim left">];
}

#endif // BITNET_PIPELINES_PASSES_TD
