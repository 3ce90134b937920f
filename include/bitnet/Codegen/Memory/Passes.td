//===- Passes.td - from tensors to buffers --------------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_MEMORY_PASSES_TD
#define BITNET_CODEGEN_MEMORY_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetFoldOutputShapes : Pass<"bitnet-fold-output-shapes", "::mlir::ModuleOp"> {
  let summary = "Derives @bitnet_shapes: output dims from input dims";
  let description = [{
    Adds `@bitnet_shapes` beside `@main`: same inputs, one `index` per output dim.
    Dims that depend on input values, not shapes alone, are -1. The C ABI
    answers `bitnet_model_output_shapes` with it.

    Example: for `@main(%x: tensor<?x4xf32>) -> tensor<?x4xf32>`

    ```mlir
    func.func @bitnet_shapes(%x: tensor<?x4xf32>) -> (index, index) {
      %c0 = arith.constant 0 : index
      %c4 = arith.constant 4 : index
      %0 = tensor.dim %x, %c0 : tensor<?x4xf32>
      return %0, %c4 : index, index
    }
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
}

def BitNetLowerConstants : Pass<"bitnet-lower-constants", "::mlir::ModuleOp"> {
  let summary = "Large constants become views of one weights buffer";
  let description = [{
    Gives `@main` a leading argument `memref<?xi8> {bitnet.weights}`, replaces
    each `bitnet.constant` of memref type by a `memref.view` of it at a 64-byte
    aligned offset, and records the contents on the module:
    `bitnet.weights = [[value, offset], ...]`, `bitnet.weights_size`. Equal values share
    one range.

    Example:

    ```mlir
    %w = bitnet.constant "w" #bitnet.blob<"m.data", 0, 8192> -> memref<2048xf32>
    // becomes
    %w = memref.view %weights[%c0][] : memref<?xi8> to memref<2048xf32>
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

#endif // BITNET_CODEGEN_MEMORY_PASSES_TD
