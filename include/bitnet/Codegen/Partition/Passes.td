//===- Passes.td - tensors to dispatches -------------------*- tablegen -*-===//

#ifndef BITNET_CODEGEN_PARTITION_PASSES_TD
#define BITNET_CODEGEN_PARTITION_PASSES_TD

include "mlir/Pass/PassBase.td"

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

#endif // BITNET_CODEGEN_PARTITION_PASSES_TD
