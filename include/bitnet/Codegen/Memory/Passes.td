//===- Passes.td - from tensors to buffers --------------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_MEMORY_PASSES_TD
#define BITNET_CODEGEN_MEMORY_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetFoldOutputShapes : Pass<"bitnet-fold-output-shapes", "::mlir::ModuleOp"> {
  let summary = "Derives @bitnet_shapes: output dims from input dims";
  let description = [{
    Adds `@bitnet_shapes` beside `@main`: same inputs, one `index` per output dim.
    Dims that depend on input values, not shapes alone, are -1. The C ABI
    answers `bitnet_model_output_shapes` with it. A module that has the function stays as it is.

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

def BitNetBufferizeInputs : Pass<"bitnet-bufferize-inputs", "::mlir::ModuleOp"> {
  let summary = "Inputs are the caller's: bufferization must not write to them";
  let description = [{
    Marks every tensor argument read-only, right before one-shot-bufferize, which
    would otherwise reuse an input's buffer for a result.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      return %x : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<4xf32> {bufferization.writable = false}) -> tensor<4xf32> {
      return %x : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def BitNetCopyStridedCasts : Pass<"bitnet-copy-strided-casts", "::mlir::func::FuncOp"> {
  let summary = "A view that is no dense buffer is copied where one is wanted";
  let description = [{
    One-shot-bufferize gives a slice to whom expects a dense buffer (a function's
    result above all) by `memref.cast`, whose check treats the run-time strides of
    a slice and those of a dense buffer as equal. Such a cast would read other
    elements; it becomes a copy. A cast stays where static sizes and strides prove
    that the elements are neighbours.

    Example: the first two columns of a matrix

    ```mlir
    %s = memref.subview %x[0, 0] [%n, 2] [1, 1]
        : memref<?x?xf32> to memref<?x2xf32, strided<[?, 1]>>
    %d = memref.cast %s : memref<?x2xf32, strided<[?, 1]>> to memref<?x2xf32>
    ```

    become

    ```mlir
    %s = memref.subview %x[0, 0] [%n, 2] [1, 1]
        : memref<?x?xf32> to memref<?x2xf32, strided<[?, 1]>>
    %d = memref.alloc(%n) : memref<?x2xf32>
    memref.copy %s, %d
        : memref<?x2xf32, strided<[?, 1]>> to memref<?x2xf32>
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def BitNetFoldReshapes : Pass<"bitnet-fold-reshapes", "::mlir::func::FuncOp"> {
  let summary = "A buffer that is collapsed and expanded to its own extents is itself";
  let description = [{
    A loop whose body works on the rows of `[batch, seq, K]` hands on the buffer that it was
    handed, in the shape that it had. Seen as the same buffer, the loop need not carry it.

    Example:

    ```mlir
    func.func @main(%x: memref<?x?x8xf32>) -> memref<?x?x8xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %b = memref.dim %x, %c0 : memref<?x?x8xf32>
      %s = memref.dim %x, %c1 : memref<?x?x8xf32>
      %rows = memref.collapse_shape %x [[0, 1], [2]] : memref<?x?x8xf32> into memref<?x8xf32>
      %y = memref.expand_shape %rows [[0, 1], [2]] output_shape [%b, %s, 8] : memref<?x8xf32> into memref<?x?x8xf32>
      return %y : memref<?x?x8xf32>
    }
    ```

    after `--bitnet-fold-reshapes --canonicalize`:

    ```mlir
    func.func @main(%x: memref<?x?x8xf32>) -> memref<?x?x8xf32> {
      return %x : memref<?x?x8xf32>
    }
    ```
  }];
}

def BitNetLowerConstants : Pass<"bitnet-lower-constants", "::mlir::ModuleOp"> {
  let summary = "Large constants become views of one weights buffer";
  let description = [{
    Gives `@main` a leading argument `memref<?xi8> {bitnet.weights}`, replaces
    each `bitnet.constant` of memref type by a `memref.view` of it at a 64-byte
    aligned offset, and records the contents on the module:
    `bitnet.weight_entries = [[value, offset], ...]`, `bitnet.weights_size`. Equal values share
    one range.

    A `bitnet.constant_table` becomes a view, too. The tables of one loop body are laid out
    iteration by iteration, so that the offset is `base + index * stride`; where constants
    are shared it is read from a list, a `memref.global`.

    Example:

    ```mlir
    %w = bitnet.constant "w" #bitnet.blob<"m.data", 0, 8192> -> memref<2048xf32>
    // becomes
    %w = memref.view %weights[%c0][] : memref<?xi8> to memref<2048xf32>
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def BitNetLowerExpandShape : Pass<"bitnet-lower-expand-shape"> {
  let summary = "memref.expand_shape to a cast that knows every extent";
  let description = [{
    Upstream's expand-strided-metadata ignores `output_shape` and fails when one
    group has two dynamic extents (batch and sequence length); this pass runs
    before it.

    Example:

    ```mlir
    func.func @f(%x: memref<?x4xf32>, %a: index, %b: index) -> memref<?x?x4xf32> {
      %0 = memref.expand_shape %x [[0, 1], [2]] output_shape [%a, %b, 4] : memref<?x4xf32> into memref<?x?x4xf32>
      return %0 : memref<?x?x4xf32>
    }
    ```

    becomes a `memref.reinterpret_cast` with sizes `[%a, %b, 4]` and strides
    `[%b * 4, 4, 1]`.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::memref::MemRefDialect"];
}

def BitNetShortenLifetimes : Pass<"bitnet-shorten-lifetimes", "::mlir::func::FuncOp"> {
  let summary = "Buffers are made in front of their first use and freed behind their last one";
  let description = [{
    Bufferization makes a buffer where its tensor was empty, which may be long before
    anything is written to it, and upstream's deallocation frees it at the end of the
    block. Two buffers of a straight line of code would never take turns
    (`bitnet-plan-buffers`). A `memref.alloc` moves down in its block to the first operation
    that uses it, be it in a region; its `memref.dealloc`, if it is in the same block, up to
    the last operation that uses what the buffer flows to.

    Example:

    ```mlir
    func.func @main(%n: index, %v: f32, %i: index) {
      %a = memref.alloc(%n) : memref<?xf32>
      %b = memref.alloc(%n) : memref<?xf32>
      memref.store %v, %a[%i] : memref<?xf32>
      memref.store %v, %b[%i] : memref<?xf32>
      memref.dealloc %b : memref<?xf32>
      memref.dealloc %a : memref<?xf32>
      return
    }
    ```

    after `--bitnet-shorten-lifetimes`:

    ```mlir
    func.func @main(%n: index, %v: f32, %i: index) {
      %a = memref.alloc(%n) : memref<?xf32>
      memref.store %v, %a[%i] : memref<?xf32>
      memref.dealloc %a : memref<?xf32>
      %b = memref.alloc(%n) : memref<?xf32>
      memref.store %v, %b[%i] : memref<?xf32>
      memref.dealloc %b : memref<?xf32>
      return
    }
    ```
  }];
}

def BitNetSplitDeallocs : Pass<"bitnet-split-deallocs", "::mlir::func::FuncOp"> {
  let summary = "What a bufferization.dealloc frees in any case is freed by itself";
  let description = [{
    Ownership-based deallocation ends a block in one `bufferization.dealloc` of all its
    buffers, and upstream's simplification compares every pair of them. An allocation
    whose condition is true, and of which no other operand is a view, is freed by a
    `memref.dealloc` instead, in time that is linear in the uses of buffers. What is left
    is for upstream.

    Example:

    ```mlir
    func.func @main(%n: index, %c: i1) -> memref<?xf32> {
      %true = arith.constant true
      %a = memref.alloc(%n) : memref<?xf32>
      %b = memref.alloc(%n) : memref<?xf32>
      %d = memref.alloc(%n) : memref<?xf32>
      %r = arith.select %c, %b, %d : memref<?xf32>
      %own = bufferization.dealloc (%a, %b, %d : memref<?xf32>, memref<?xf32>, memref<?xf32>)
        if (%true, %true, %true) retain (%r : memref<?xf32>)
      return %r : memref<?xf32>
    }
    ```

    after `--bitnet-split-deallocs`:

    ```mlir
    func.func @main(%n: index, %c: i1) -> memref<?xf32> {
      %true = arith.constant true
      %a = memref.alloc(%n) : memref<?xf32>
      %b = memref.alloc(%n) : memref<?xf32>
      %d = memref.alloc(%n) : memref<?xf32>
      %r = arith.select %c, %b, %d : memref<?xf32>
      memref.dealloc %a : memref<?xf32>
      %own = bufferization.dealloc (%b, %d : memref<?xf32>, memref<?xf32>)
        if (%true, %true) retain (%r : memref<?xf32>)
      return %r : memref<?xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def BitNetPlanBuffers : Pass<"bitnet-plan-buffers", "::mlir::ModuleOp"> {
  let summary = "Gives buffers numbered slots, shared by those that never meet";
  let description = [{
    Each `memref.alloc` with one `memref.dealloc` in its own block, or with none in
    the entry block of `@main` (it lives to the end of the run), gets an
    attribute `bitnet.slot`. Two buffers share a slot if one is freed before the
    other is made. Large buffers choose first, each the smallest slot that is
    free during its life; a dynamic extent counts as 128. Slots do not
    depend on sizes at run time, so a run never needs more room in a slot than
    an earlier one with the same or larger dims. What has no slot is
    allocated by `bitnet_rt_alloc`. Slots of different functions are different. A buffer that `@main` returns, as it is or
    reshaped, also gets `bitnet.result`, its number, so that the caller's memory can take the place of the slot.

    Example: `%b` is made when `%a` is gone:

    ```mlir
    func.func @main(%n: index, %v: f32, %i: index) {
      %a = memref.alloc(%n) : memref<?xf32>
      memref.store %v, %a[%i] : memref<?xf32>
      memref.dealloc %a : memref<?xf32>
      %b = memref.alloc(%n) : memref<?xi32>
      memref.dealloc %b : memref<?xi32>
      return
    }
    ```

    and both get `{bitnet.slot = 0 : i64}`.
  }];
}

def BitNetSeparateYields : Pass<"bitnet-separate-yields", "::mlir::func::FuncOp"> {
  let summary = "Each tensor that a loop hands on has a buffer of its own";
  let description = [{
    One-shot bufferization does not know that the i-th argument of an iteration
    is the buffer of the i-th value that the one before yielded. It would write
    to one argument in place while another one, yielded from the same buffer,
    is still read. Right before it, this pass copies each yielded tensor whose
    buffer may be that of another yielded tensor, of another argument, of a
    constant or of a tensor from outside the loop. What is updated in place or
    made in the body stays as it is. Such loops come from
    `bitnet-roll-layers`, where a first layer reads two tensors that are one
    from the second layer on.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>, %n: index) -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %0:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y) -> (tensor<4xf32>, tensor<4xf32>) {
        scf.yield %a, %a : tensor<4xf32>, tensor<4xf32>
      }
      return %0#1 : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>, %n: index) -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %0:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y) -> (tensor<4xf32>, tensor<4xf32>) {
        %1 = bufferization.alloc_tensor() copy(%a) : tensor<4xf32>
        scf.yield %a, %1 : tensor<4xf32>, tensor<4xf32>
      }
      return %0#1 : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
  let statistics = [
    Statistic<"numCopies", "num-copies", "yielded tensors that became copies">
  ];
}

#endif // BITNET_CODEGEN_MEMORY_PASSES_TD
