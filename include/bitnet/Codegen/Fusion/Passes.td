//===- Passes.td - passes that join loop nests ----------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_FUSION_PASSES_TD
#define BITNET_CODEGEN_FUSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetFuseElementwise : Pass<"bitnet-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Elementwise linalg operations on tensors into one nest";
  let description = [{
    Fuses a producer with its only consumer where each element is still computed
    once: a producer that the consumer reads through a broadcast, or again in each
    step of a reduction, stays on its own. (A division per row is not worth one
    per element.) An `expand_shape` between them moves below the consumer, so that
    the nest keeps few loops.

    Example:

    ```
    bitnet-opt --bitnet-fuse-elementwise in.mlir
    // rescale, expand_shape, residual add -> one nest over [M, N], expand_shape
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
      "::mlir::tensor::TensorDialect"];
}

def BitNetFuseEpilogues : Pass<"bitnet-fuse-epilogues", "::mlir::ModuleOp"> {
  let summary = "Packed matmuls on memrefs together with the nest that reads them";
  let description = [{
    An elementwise nest over `[M, N]` that is the only reader of accumulators (the
    rescale, with bias, residual, activation; both halves of a gated layer) joins
    the matmuls that fill them in one parallel function:

    ```
    func.func private @bitnet_layer_0(%x, %w, %sums, ..., %y, %begin: index, %end: index)
        attributes {bitnet.parallel} {
      // for up to 128 rows of weights, for up to 128 rows of activations:
      //   bitnet.matmul on slices -> a tile on the stack; the nest on the tile
    }
    ```

    Accumulators never reach memory, and threads meet once per layer. Equal
    functions are shared. Runs between bufferization and the placement of
    deallocations. Matmuls with the `scalar` lowering, groups (w_c3) and nests of
    other shapes are left alone.

    Example:

    ```
    bitnet-opt --bitnet-fuse-epilogues bufferized.mlir
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
      "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def BitNetFuseRows : Pass<"bitnet-fuse-rows", "::mlir::func::FuncOp"> {
  let summary = "Consecutive nests over the same rows into one parallel loop";
  let description = [{
    A norm, a softmax or a quantizer is a chain of nests: each reads what the one
    before wrote to the same row. Such a chain on buffers becomes one `scf.parallel`
    over the rows (all loops but the innermost), in which the nests work on one row
    while it is in the first-level cache. Buffers that only the chain uses shrink to
    one row on the stack. `bitnet.probe` moves behind the loop. Products, and
    nests that read another row, end a chain.

    Example:

    ```
    bitnet-opt --bitnet-fuse-rows bufferized.mlir
    // scf.parallel (%m) ... { sum of squares, scale, absmax, round } on slices of one row
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
      "::mlir::scf::SCFDialect"];
}

def BitNetSeparateInits : Pass<"bitnet-separate-inits", "::mlir::func::FuncOp"> {
  let summary = "One tensor.empty or linalg.fill for each use";
  let description = [{
    CSE merges equal `tensor.empty` and `linalg.fill` operations. Bufferization then
    gives all users of an empty tensor one buffer, which hides that their nests are
    independent, and copies a shared fill to each of its users. Buffers share memory
    later, when lifetimes are known.

    Example:

    ```
    bitnet-opt --bitnet-separate-inits in.mlir
    ```
  }];
}

#endif // BITNET_CODEGEN_FUSION_PASSES_TD
