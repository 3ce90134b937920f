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

def BitNetFuseLayers : Pass<"bitnet-fuse-layers", "::mlir::ModuleOp"> {
  let summary = "Calls of layers that read the same activations into one";
  let description = [{
    The functions that `bitnet-fuse-epilogues` makes each occupy all threads until
    the slowest is done. Layers that read the same activations, as q, k and v do,
    become one such function, whose range is their ranges one after the other:
    threads meet once, and short layers divide evenly. Equal functions are shared.

    The call stands where the first one stood. A later call joins it if it depends on
    nothing in between but buffers, extents and nests, which then move up, too: it
    uses nothing that is written there and writes nothing that is used there.

    Example: in

    ```mlir
    func.func @qk(%x: memref<?x64xi8>, %sums: memref<?xi32>, %q: memref<2x4x4x64xi8>,
        %k: memref<1x4x4x64xi8>, %m: index) -> (memref<?x128xi32>, memref<?x64xi32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %yq = memref.alloc(%m) : memref<?x128xi32>
      call @layer_q(%x, %q, %sums, %yq, %c0, %c2)
        : (memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>, memref<?x128xi32>, index, index) -> ()
      %yk = memref.alloc(%m) : memref<?x64xi32>
      call @layer_k(%x, %k, %sums, %yk, %c0, %c1)
        : (memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>, memref<?x64xi32>, index, index) -> ()
      return %yq, %yk : memref<?x128xi32>, memref<?x64xi32>
    }
    func.func private @layer_q(%x: memref<?x64xi8>, %w: memref<2x4x4x64xi8>, %sums: memref<?xi32>,
        %y: memref<?x128xi32>, %begin: index, %end: index) attributes {bitnet.parallel} {
      // a tile of the blocks [begin, end), here all of them
      bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<2x4x4x64xi8>, memref<?xi32>)
        outs(%y : memref<?x128xi32>) packing <u2, rows = 128, cols = 64> lowering <[generic]>
      return
    }
    func.func private @layer_k(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %sums: memref<?xi32>,
        %y: memref<?x64xi32>, %begin: index, %end: index) attributes {bitnet.parallel} {
      bitnet.matmul ins(%x, %w, %sums : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
        outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
      return
    }
    ```

    both calls of `@qk` become one, `call @bitnet_layers_0(..., %c0, %c3)`, of

    ```
    func.func private @bitnet_layers_0(%x, %q, %sums, %yq, %k, %yk, %begin: index, %end: index)
        attributes {bitnet.parallel} {
      // [b, e) = [begin, end) cut to [0, 2); if any: call @layer_q(%x, %q, %sums, %yq, %b, %e)
      // [b, e) = [begin - 2, end - 2) cut to [0, 1); if any: call @layer_k(%x, %k, %sums, %yk, %b, %e)
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
      "::mlir::scf::SCFDialect"];
}

def BitNetReuseOperands : Pass<"bitnet-reuse-operands", "::mlir::func::FuncOp"> {
  let summary = "Elementwise results in the buffer of an operand that is read no more";
  let description = [{
    A nest that writes each element of a new buffer from the same element of
    another writes it there instead, when nothing reads the other any more: the
    scores of an attention are scaled, masked and normalised in one place. Extents
    have to be the same values, maps the identity. What is written element by
    element need not be brought into the cache first, and the arena is smaller.

    Example:

    ```
    bitnet-opt --bitnet-reuse-operands bufferized.mlir
    ```

    With `%a` used no more, the first becomes the second:

    ```
    linalg.generic ... ins(%a : memref<?x8xf32>) outs(%b : memref<?x8xf32>) { exp }
    linalg.generic ... ins(%a : memref<?x8xf32>) outs(%a : memref<?x8xf32>) { exp }
    ```
  }];
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

def BitNetLowerSelects : Pass<"bitnet-lower-selects", "::mlir::func::FuncOp"> {
  let summary = "A choice between whole tensors becomes an scf.if that copies";
  let description = [{
    The canonicalizer turns an `scf.if` that yields values from outside into one
    `arith.select` of tensors. convert-elementwise-to-linalg, which comes next,
    would make a nest over the extents of one of them, but run-time extents of the
    two may differ. Tensors of static shape stay: theirs are equal.

    Example:

    ```mlir
    %r = arith.select %c, %x, %y : tensor<?xf32>
    ```

    becomes

    ```mlir
    %r = scf.if %c -> (tensor<?xf32>) {
      %d = tensor.dim %x, %c0 : tensor<?xf32>
      %e = tensor.empty(%d) : tensor<?xf32>
      %v = linalg.copy ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      scf.yield %v : tensor<?xf32>
    } else {
      %d = tensor.dim %y, %c0 : tensor<?xf32>
      %e = tensor.empty(%d) : tensor<?xf32>
      %v = linalg.copy ins(%y : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      scf.yield %v : tensor<?xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
      "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // BITNET_CODEGEN_FUSION_PASSES_TD
