//===- BitNetDispatchOps.td - dispatches -------------------*- tablegen -*-===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETDISPATCHOPS_TD
#define BITNET_DIALECT_BITNET_IR_BITNETDISPATCHOPS_TD

include "bitnet/Dialect/BitNet/IR/BitNetAttrs.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def BitNet_DispatchOp : BitNet_Op<"dispatch", [
    AttrSizedOperandSegments, IsolatedFromAbove, SingleBlock,
    DeclareOpInterfaceMethods<DestinationStyleOpInterface, ["getDpsInitsMutable"]>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Operations that become one function: no other function sees values between them";
  let description = [{
    The body is isolated: its arguments stand for `ins`, then `outs`, one each. On tensors
    it yields the new contents of each of `outs`, which are the results; on memrefs it
    writes to the arguments of `outs` and yields nothing. Values between the operations of
    the body have no other reader, by construction, so that whoever lowers a dispatch need
    not ask who else may see a buffer. Scalars are operands, too; constants are copied into
    the body.

    The kind says what is computed and so who lowers it:

    * `layer`: packed `bitnet.matmul` operations and the elementwise nests over `[M, N]` that
      read their accumulators. `bitnet-form-layers` and `bitnet-join-layers` make it,
      `bitnet-outline-layers` turns it into a function over blocks of weights.
    * `rows`: nests whose outer loops go over the same rows and that exchange values within a
      row only. `bitnet-form-rows` makes it, `bitnet-lower-rows` turns it into one loop.
    * `product`: a product of floats and the zeros that it adds to. `bitnet-form-products` makes
      it, `bitnet-lower-contractions` turns it into a call of a kernel.

    Example:

    ```mlir
    func.func @main(%x: tensor<4x64xi8>, %w: tensor<1x4x4x64xi8>, %s: tensor<4xi32>, %init: tensor<4x64xf32>)
        -> tensor<4x64xf32> {
      %y = bitnet.dispatch layer ins(%x, %w, %s : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
          outs(%init : tensor<4x64xf32>) {
      ^bb0(%codes: tensor<4x64xi8>, %packed: tensor<1x4x4x64xi8>, %sums: tensor<4xi32>, %out: tensor<4x64xf32>):
        %e = tensor.empty() : tensor<4x64xi32>
        %acc = bitnet.matmul ins(%codes, %packed, %sums : tensor<4x64xi8>, tensor<1x4x4x64xi8>, tensor<4xi32>)
          outs(%e : tensor<4x64xi32>) packing <u2, rows = 64, cols = 64> -> tensor<4x64xi32>
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
  let arguments = (ins EnumProp<BitNet_DispatchKind>:$kind, Variadic<AnyType>:$inputs,
      Variadic<BitNet_Shaped>:$inits);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $inits `:` type($inits) `)`
    attr-dict-with-keyword $body (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The argument of the body that stands for `operand`.
    ::mlir::BlockArgument getArgument(::mlir::OpOperand &operand) {
      return getBody().getArgument(operand.getOperandNumber());
    }
    /// The operand that `argument` of the body stands for.
    ::mlir::OpOperand &getOperandOf(::mlir::BlockArgument argument) {
      return getOperation()->getOpOperand(argument.getArgNumber());
    }
    YieldOp getYield();
  }];
}

def BitNet_YieldOp : BitNet_Op<"yield", [Pure, Terminator, HasParent<"DispatchOp">]> {
  let summary = "Ends a bitnet.dispatch";
  let description = [{
    Its operands are the results of the dispatch. None on memrefs.

    Example:

    ```mlir
    func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
      bitnet.dispatch layer ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
      ^bb0(%in: memref<4xf32>, %out: memref<4xf32>):
        linalg.exp ins(%in : memref<4xf32>) outs(%out : memref<4xf32>)
        bitnet.yield
      }
      return
    }
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETDISPATCHOPS_TD
