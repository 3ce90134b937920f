//===- Passes.td - tensors to dispatches -------------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_PARTITION_PASSES_TD
#define BITNET_CODEGEN_PARTITION_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetRollLayers : Pass<"bitnet-roll-layers", "::mlir::func::FuncOp"> {
  let summary = "Equal layers of a network become one loop over tables of constants";
  let description = [{
    The layers of a network are the same operations with other weights. They become one
    `scf.for`, whose body reads each weight from a `bitnet.constant_table` and hands on what
    the next layer reads, so that neither code nor the time to compile it grows with the
    depth of the network.

    Layers are equal when they differ in nothing but constants, numbers in bodies of nests,
    names of probes, and in what the layer before them made; when what a layer makes is read
    by itself and the next one only; and when nothing between them may fail, except what can
    be checked in front of all of them. A layer has a product (`bitnet.matmul` or a
    contraction): a loop of anything less would only get in the way of fusion.

    Each operation of the body keeps the locations of all layers (`#bitnet.iterations`).

    Example:

    ```mlir
    func.func @main(%x: tensor<1x64xi8>, %init: tensor<1x64xi32>) -> tensor<1x64xi32> {
      %a = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
      %b = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
      %p0 = bitnet.matmul ins(%x, %a : tensor<1x64xi8>, tensor<64x64xi2>)
        outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
      %q0 = arith.muli %p0, %p0 : tensor<1x64xi32>
      %r0 = arith.addi %q0, %p0 : tensor<1x64xi32>
      %x1 = arith.trunci %r0 : tensor<1x64xi32> to tensor<1x64xi8>
      %p1 = bitnet.matmul ins(%x1, %b : tensor<1x64xi8>, tensor<64x64xi2>)
        outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
      %q1 = arith.muli %p1, %p1 : tensor<1x64xi32>
      %r1 = arith.addi %q1, %p1 : tensor<1x64xi32>
      %x2 = arith.trunci %r1 : tensor<1x64xi32> to tensor<1x64xi8>
      %y = arith.extsi %x2 : tensor<1x64xi8> to tensor<1x64xi32>
      return %y : tensor<1x64xi32>
    }
    ```

    after `--bitnet-roll-layers`:

    ```mlir
    func.func @main(%x: tensor<1x64xi8>, %init: tensor<1x64xi32>) -> tensor<1x64xi32> {
      %a = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
      %b = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %c1 = arith.constant 1 : index
      %last = scf.for %layer = %c0 to %c2 step %c1 iter_args(%h = %x) -> (tensor<1x64xi8>) {
        %w = bitnet.constant_table [dense<1> : tensor<64x64xi2>, dense<-1> : tensor<64x64xi2>][%layer]
          -> tensor<64x64xi2>
        %p = bitnet.matmul ins(%h, %w : tensor<1x64xi8>, tensor<64x64xi2>)
          outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
        %q = arith.muli %p, %p : tensor<1x64xi32>
        %r = arith.addi %q, %p : tensor<1x64xi32>
        %next = arith.trunci %r : tensor<1x64xi32> to tensor<1x64xi8>
        scf.yield %next : tensor<1x64xi8>
      }
      %y = arith.extsi %last : tensor<1x64xi8> to tensor<1x64xi32>
      return %y : tensor<1x64xi32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numLoops", "loops", "Loops over layers">,
    Statistic<"numLayers", "layers", "Layers that became iterations">
  ];
}

def BitNetReuseOperands : Pass<"bitnet-reuse-operands", "::mlir::func::FuncOp"> {
  let summary = "Elementwise results in the memory of an operand that is read no more";
  let description = [{
    A nest that makes each element from the same element of an operand is given that operand
    as its init, when nothing reads it any more: the scores of an attention are scaled,
    masked and normalised in one place, and the residual stream of a loop over layers stays
    where it is. What is written element by element need not be brought into the cache
    first, and less memory is needed.

    Types have to be equal, maps the identity. A reader is whoever uses the operand, or its
    elements in another shape, regions included: bufferization takes over what is decided
    here. Not overwritten are inputs of the model and constants.

    Example:

    ```mlir
    func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %e = tensor.empty() : tensor<4x8xf32>
      %a = linalg.exp ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
      %f = tensor.empty() : tensor<4x8xf32>
      %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
          iterator_types = ["parallel", "parallel"]} ins(%a : tensor<4x8xf32>) outs(%f : tensor<4x8xf32>) {
      ^bb0(%in: f32, %out: f32):
        %y = arith.negf %in : f32
        linalg.yield %y : f32
      } -> tensor<4x8xf32>
      return %b : tensor<4x8xf32>
    }
    ```

    after `--bitnet-reuse-operands`:

    ```mlir
    func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %e = tensor.empty() : tensor<4x8xf32>
      %a = linalg.exp ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
      %f = tensor.empty() : tensor<4x8xf32>
      %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
          iterator_types = ["parallel", "parallel"]} ins(%a : tensor<4x8xf32>) outs(%a : tensor<4x8xf32>) {
      ^bb0(%in: f32, %out: f32):
        %y = arith.negf %in : f32
        linalg.yield %y : f32
      } -> tensor<4x8xf32>
      return %b : tensor<4x8xf32>
    }
    ```
  }];
  let statistics = [Statistic<"numReused", "reused", "Results in the memory of an operand">];
}

def BitNetFormLayers : Pass<"bitnet-form-layers", "::mlir::func::FuncOp"> {
  let summary = "Packed matmuls and the nest that reads them as one bitnet.dispatch";
  let description = [{
    An elementwise nest over `[M, N]` (the rescale, with bias, residual, activation; the
    product of both halves of a gated layer) and up to four packed `bitnet.matmul`
    operations of the same block whose accumulators only it reads become a
    `bitnet.dispatch layer` where the nest stands. The accumulators stay in its body, as
    does the slice that cuts padding rows off.

    Left alone are matmuls with the `scalar` lowering, with groups (w_c3), with accumulators
    that somebody else reads, and nests of other shapes.

    Example:

    ```mlir
    func.func @main(%x: tensor<4x64xi8>, %w: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %init: tensor<4x64xf32>)
        -> tensor<4x64xf32> {
      %e = tensor.empty() : tensor<4x64xi32>
      %acc = bitnet.matmul ins(%x, %w, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
        outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
      %floats = linalg.generic {
          indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%acc : tensor<4x64xi32>) outs(%init : tensor<4x64xf32>) {
      ^bb0(%a: i32, %o: f32):
        %f = arith.sitofp %a : i32 to f32
        linalg.yield %f : f32
      } -> tensor<4x64xf32>
      return %floats : tensor<4x64xf32>
    }
    ```

    after `--bitnet-form-layers`:

    ```mlir
    func.func @main(%x: tensor<4x64xi8>, %w: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %init: tensor<4x64xf32>)
        -> tensor<4x64xf32> {
      %y = bitnet.dispatch layer ins(%x, %w, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
          outs(%init : tensor<4x64xf32>) {
      ^bb0(%codes: tensor<4x64xi8>, %packed: tensor<1x4x4x64xi8>, %sums: tensor<4xi32>, %out: tensor<4x64xf32>):
        %e = tensor.empty() : tensor<4x64xi32>
        %acc = bitnet.matmul ins(%codes, %packed, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
          outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[generic]> -> tensor<4x64xi32>
        %floats = linalg.generic {
            indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
            iterator_types = ["parallel", "parallel"]}
            ins(%acc : tensor<4x64xi32>) outs(%out : tensor<4x64xf32>) {
        ^bb0(%a: i32, %o: f32):
          %f = arith.sitofp %a : i32 to f32
          linalg.yield %f : f32
        } -> tensor<4x64xf32>
        bitnet.yield %floats : tensor<4x64xf32>
      } -> tensor<4x64xf32>
      return %y : tensor<4x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
}

def BitNetJoinLayers : Pass<"bitnet-join-layers", "::mlir::func::FuncOp"> {
  let summary = "Layers of the same activations as one bitnet.dispatch";
  let description = [{
    A layer occupies all threads until the slowest is done. Layers that read the same
    activations, as q, k and v do, become one dispatch, so that threads meet once and short
    layers divide evenly.

    It stands where the first one stood. A later layer of the same block joins when what it
    uses follows from nothing in between but extents and nests, which then move up, too,
    and when nothing in between may fail: a check in front of a layer stays in front of it.

    Example:

    ```mlir
    func.func @main(%x: tensor<4x64xf32>, %wq: tensor<1x4x4x64xi8>, %wk: tensor<1x4x4x64xi8>, %iq: tensor<4x64xf32>,
        %ik: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x64xf32>) {
      %q = bitnet.dispatch layer ins(%x, %wq : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%iq : tensor<4x64xf32>) {
      ^bb0(%a: tensor<4x64xf32>, %p: tensor<1x4x4x64xi8>, %y: tensor<4x64xf32>):
        %r = bitnet.matmul ins(%a, %p : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%y : tensor<4x64xf32>)
          packing <u2, rows = 64, cols = 64> -> tensor<4x64xf32>
        bitnet.yield %r : tensor<4x64xf32>
      } -> tensor<4x64xf32>
      %k = bitnet.dispatch layer ins(%x, %wk : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%ik : tensor<4x64xf32>) {
      ^bb0(%a: tensor<4x64xf32>, %p: tensor<1x4x4x64xi8>, %y: tensor<4x64xf32>):
        %r = bitnet.matmul ins(%a, %p : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%y : tensor<4x64xf32>)
          packing <u2, rows = 64, cols = 64> -> tensor<4x64xf32>
        bitnet.yield %r : tensor<4x64xf32>
      } -> tensor<4x64xf32>
      return %q, %k : tensor<4x64xf32>, tensor<4x64xf32>
    }
    ```

    after `--bitnet-join-layers`:

    ```mlir
    func.func @main(%x: tensor<4x64xf32>, %wq: tensor<1x4x4x64xi8>, %wk: tensor<1x4x4x64xi8>, %iq: tensor<4x64xf32>,
        %ik: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x64xf32>) {
      %both:2 = bitnet.dispatch layer ins(%x, %wq, %wk : tensor<4x64xf32>, tensor<1x4x4x64xi8>, tensor<1x4x4x64xi8>)
          outs(%iq, %ik : tensor<4x64xf32>, tensor<4x64xf32>) {
      ^bb0(%a: tensor<4x64xf32>, %p: tensor<1x4x4x64xi8>, %q: tensor<1x4x4x64xi8>, %y: tensor<4x64xf32>,
          %z: tensor<4x64xf32>):
        %r = bitnet.matmul ins(%a, %p : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%y : tensor<4x64xf32>)
          packing <u2, rows = 64, cols = 64> -> tensor<4x64xf32>
        %s = bitnet.matmul ins(%a, %q : tensor<4x64xf32>, tensor<1x4x4x64xi8>) outs(%z : tensor<4x64xf32>)
          packing <u2, rows = 64, cols = 64> -> tensor<4x64xf32>
        bitnet.yield %r, %s : tensor<4x64xf32>, tensor<4x64xf32>
      } -> tensor<4x64xf32>, tensor<4x64xf32>
      return %both#0, %both#1 : tensor<4x64xf32>, tensor<4x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
}

def BitNetFormRows : Pass<"bitnet-form-rows", "::mlir::func::FuncOp"> {
  let summary = "Consecutive nests over the same rows as one bitnet.dispatch";
  let description = [{
    A norm, a softmax or a quantizer is a chain of nests: each reads what the one before
    wrote to the same row. Such a chain becomes a `bitnet.dispatch rows`: all loops but the
    innermost are rows, and no row depends on another one. Tensors that only the chain uses
    are made in the body, as far as their rows have room on the stack of a task.

    A chain ends at products, at nests that read another row, that count their rows
    differently or that read what something else made of the chain's results, at layers and
    loops, and at what may fail. What lies between its nests and follows from them
    (reshapes, probes) comes behind the dispatch.

    Example:

    ```mlir
    func.func @main(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
      %e = tensor.empty() : tensor<4x64xf32>
      %y = linalg.exp ins(%x : tensor<4x64xf32>) outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
      %sums = tensor.empty() : tensor<4xf32>
      %zero = arith.constant 0.0 : f32
      %none = linalg.fill ins(%zero : f32) outs(%sums : tensor<4xf32>) -> tensor<4xf32>
      %s = linalg.reduce {arith.addf} ins(%y : tensor<4x64xf32>) outs(%none : tensor<4xf32>) dimensions = [1]
      %out = tensor.empty() : tensor<4x64xf32>
      %z = linalg.generic {
          indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>, affine_map<(m, k) -> (m, k)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%y, %s : tensor<4x64xf32>, tensor<4xf32>) outs(%out : tensor<4x64xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %q = arith.divf %a, %b : f32
        linalg.yield %q : f32
      } -> tensor<4x64xf32>
      return %z : tensor<4x64xf32>
    }
    ```

    after `--bitnet-form-rows`:

    ```mlir
    func.func @main(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
      %zero = arith.constant 0.0 : f32
      %init = tensor.empty() : tensor<4x64xf32>
      %z = bitnet.dispatch rows ins(%x : tensor<4x64xf32>) outs(%init : tensor<4x64xf32>) {
      ^bb0(%in: tensor<4x64xf32>, %out: tensor<4x64xf32>):
        %none = arith.constant 0.0 : f32
        %e = tensor.empty() : tensor<4x64xf32>
        %sums = tensor.empty() : tensor<4xf32>
        %y = linalg.exp ins(%in : tensor<4x64xf32>) outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
        %zeros = linalg.fill ins(%none : f32) outs(%sums : tensor<4xf32>) -> tensor<4xf32>
        %s = linalg.reduce {arith.addf} ins(%y : tensor<4x64xf32>) outs(%zeros : tensor<4xf32>) dimensions = [1]
        %r = linalg.generic {
            indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>, affine_map<(m, k) -> (m, k)>],
            iterator_types = ["parallel", "parallel"]}
            ins(%y, %s : tensor<4x64xf32>, tensor<4xf32>) outs(%out : tensor<4x64xf32>) {
        ^bb0(%a: f32, %b: f32, %o: f32):
          %q = arith.divf %a, %b : f32
          linalg.yield %q : f32
        } -> tensor<4x64xf32>
        bitnet.yield %r : tensor<4x64xf32>
      } -> tensor<4x64xf32>
      return %z : tensor<4x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
  let statistics = [Statistic<"numRows", "rows", "Chains of nests that became dispatches">];
}

def BitNetDescribeUnits : Pass<"bitnet-describe-units", "::mlir::func::FuncOp"> {
  let summary = "What a unit of work computes is noted in its location";
  let description = [{
    A profile sorts the parts of a run by what they compute. That is plain as
    long as units of work are dispatches and nests on tensors, so it is written
    down here, behind the passes that form them: each dispatch, each nest
    outside of one and each operation that moves elements gets a
    `#bitnet.unit` in its location, and so does all that is in its body. Kinds
    of layers and products follow from that of the dispatch; rows and nests are
    of the most telling kind that one of their operations shows: exponentials
    make a softmax or an activation function, rounding a quantizer, squares that
    are added up and roots a norm.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32> loc("act")
      return %0 : tensor<4xf32>
    }
    ```

    becomes, as `--mlir-print-debuginfo` shows,

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
          loc(fused<#bitnet.unit<exponential>>["act"])
      return %0 : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
  let statistics = [
    Statistic<"numUnits", "num-units", "units of work whose kind was noted">
  ];
}

#endif // BITNET_CODEGEN_PARTITION_PASSES_TD
