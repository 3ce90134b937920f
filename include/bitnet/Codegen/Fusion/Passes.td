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
    per element.) A nest has at most 32 operands and 256 operations in its body, so that
    long sums and chains take linear time. An `expand_shape` between them moves below the consumer, so that
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

def BitNetOutlineLayers : Pass<"bitnet-outline-layers", "::mlir::ModuleOp"> {
  let summary = "Layers on memrefs to calls of functions over blocks of weights";
  let description = [{
    Each nest of a `bitnet.dispatch layer` becomes, with its products, one parallel function:

    ```
    func.func private @bitnet_layer_0(%x, %w, %sums, ..., %y, %begin: index, %end: index)
        attributes {bitnet.parallel} {
      // for up to 128 rows of weights, for up to 128 rows of activations:
      //   bitnet.matmul on slices -> a tile on the stack; the nest on the tile
    }
    ```

    Accumulators never reach memory, and threads meet once per layer. A dispatch of several
    nests is one call, too, of a function whose range is theirs one after the other:

    ```
    func.func private @bitnet_layers_0(%x, %q, %sums, %yq, %k, %yk, %begin: index, %end: index)
        attributes {bitnet.parallel} {
      // [b, e) = [begin, end) cut to [0, 2); if any: call @bitnet_layer_0(%x, %q, %sums, %yq, %b, %e)
      // [b, e) = [begin - 2, end - 2) cut to [0, 1); if any: call @bitnet_layer_1(%x, %k, %sums, %yk, %b, %e)
    }
    ```

    Equal functions are shared. A body in which bufferization had to place something else
    takes the place of its dispatch. Runs before the placement of deallocations.

    Example:

    ```mlir
    func.func @main(%x: memref<4x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<4xi32>, %y: memref<4x64xf32>) {
      bitnet.dispatch layer ins(%x, %w, %s : memref<4x64xi8>, memref<1x4x4x64xi8>, memref<4xi32>)
          outs(%y : memref<4x64xf32>) {
      ^bb0(%codes: memref<4x64xi8>, %packed: memref<1x4x4x64xi8>, %sums: memref<4xi32>, %out: memref<4x64xf32>):
        %acc = memref.alloc() : memref<4x64xi32>
        bitnet.matmul ins(%codes, %packed, %sums : memref<4x64xi8>, memref<1x4x4x64xi8>, memref<4xi32>)
          outs(%acc : memref<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]>
        linalg.generic {
            indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
            iterator_types = ["parallel", "parallel"]}
            ins(%acc : memref<4x64xi32>) outs(%out : memref<4x64xf32>) {
        ^bb0(%a: i32, %o: f32):
          %f = arith.sitofp %a : i32 to f32
          linalg.yield %f : f32
        }
        bitnet.yield
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
      "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def BitNetLowerRows : Pass<"bitnet-lower-rows", "::mlir::func::FuncOp"> {
  let summary = "Rows on memrefs to one parallel loop";
  let description = [{
    A `bitnet.dispatch rows` becomes one `scf.parallel` over the rows, in which the nests
    work on one row while it is in the first-level cache. Buffers that the body allocates
    shrink to one row on the stack. A body in which bufferization had to place something
    else takes the place of its dispatch. Runs before the placement of deallocations.

    Example:

    ```mlir
    func.func @main(%x: memref<4x64xf32>, %y: memref<4x64xf32>) {
      bitnet.dispatch rows ins(%x : memref<4x64xf32>) outs(%y : memref<4x64xf32>) {
      ^bb0(%in: memref<4x64xf32>, %out: memref<4x64xf32>):
        %e = memref.alloc() : memref<4x64xf32>
        linalg.exp ins(%in : memref<4x64xf32>) outs(%e : memref<4x64xf32>)
        linalg.sqrt ins(%e : memref<4x64xf32>) outs(%out : memref<4x64xf32>)
        bitnet.yield
      }
      return
    }
    ```

    after `--bitnet-lower-rows`:

    ```mlir
    func.func @main(%x: memref<4x64xf32>, %y: memref<4x64xf32>) {
      %c0 = arith.constant 0 : index
      %c4 = arith.constant 4 : index
      %c1 = arith.constant 1 : index
      scf.parallel (%row) = (%c0) to (%c4) step (%c1) {
        %e = memref.alloca() {alignment = 64 : i64} : memref<1x64xf32>
        %in = memref.subview %x[%row, 0] [1, 64] [1, 1]
          : memref<4x64xf32> to memref<1x64xf32, strided<[64, 1], offset: ?>>
        linalg.exp ins(%in : memref<1x64xf32, strided<[64, 1], offset: ?>>) outs(%e : memref<1x64xf32>)
        %out = memref.subview %y[%row, 0] [1, 64] [1, 1]
          : memref<4x64xf32> to memref<1x64xf32, strided<[64, 1], offset: ?>>
        linalg.sqrt ins(%e : memref<1x64xf32>) outs(%out : memref<1x64xf32, strided<[64, 1], offset: ?>>)
        scf.reduce
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
      "::mlir::scf::SCFDialect"];
  let statistics = [
    Statistic<"numLoops", "loops", "Dispatches that became loops over rows">,
    Statistic<"numInlined", "inlined", "Dispatches that bufferization has added something to">
  ];
}

def BitNetInlineDispatches : Pass<"bitnet-inline-dispatches", "::mlir::func::FuncOp"> {
  let summary = "Bodies on memrefs in place of their dispatches";
  let description = [{
    For a backend whose loops are the literal nests: what a dispatch computes takes its
    place, on the buffers that were its operands.

    Example:

    ```mlir
    func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
      bitnet.dispatch rows ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
      ^bb0(%in: memref<4xf32>, %out: memref<4xf32>):
        linalg.exp ins(%in : memref<4xf32>) outs(%out : memref<4xf32>)
        bitnet.yield
      }
      return
    }
    ```

    after `--bitnet-inline-dispatches`:

    ```mlir
    func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
      linalg.exp ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
      return
    }
    ```
  }];
}

def BitNetSeparateInits : Pass<"bitnet-separate-inits", "::mlir::func::FuncOp"> {
  let summary = "One tensor.empty or linalg.fill for each use, where it is used";
  let description = [{
    CSE merges equal `tensor.empty` and `linalg.fill` operations. Bufferization then
    gives all users of an empty tensor one buffer, which hides that their nests are
    independent, and copies a shared fill to each of its users. Buffers share memory
    later, when lifetimes are known; those that are written where they are used live
    for a shorter time. One whose only use is in another block, which may be a loop,
    stays where it is.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %a = linalg.abs ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      %b = linalg.negf ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      return %b : tensor<4xf32>
    }
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
