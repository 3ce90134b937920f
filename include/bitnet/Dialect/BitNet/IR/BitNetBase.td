//===- BitNetBase.td - the bitnet dialect ---------------------*- tablegen -*-===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETBASE_TD
#define BITNET_DIALECT_BITNET_IR_BITNETBASE_TD

include "mlir/IR/OpBase.td"

def BitNet_Dialect : Dialect {
  let name = "bitnet";
  let cppNamespace = "::mlir::bitnet";
  let summary = "BitLinear: ternary weights, int8 activations, packing";
  let description = [{
    The dialect says what a BitNet layer means; labels such as `act_c1` or
    `mm_c2` refer to the numbered rules of docs/Semantics.md.

    Ternary values have element type `i2` (-1, 0, 1). Weights are `[N, K]`: N
    output features (rows), K input features; activations are `[..., K]`.
    Packed weights are plain `i8` tensors whose layout is named by a
    `#bitnet.packing` attribute on the operations that touch them.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasCanonicalizer = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let extraClassDeclaration = [{
    /// The bytes behind `#bitnet.blob` attributes of this context.
    BlobStore &getBlobStore() { return *blobStore; }
    static BlobStore &getBlobStore(::mlir::MLIRContext *context);

  private:
    std::unique_ptr<BlobStore> blobStore = std::make_unique<BlobStore>();
  }];
}

class BitNet_Op<string mnemonic, list<Trait> traits = []>
    : Op<BitNet_Dialect, mnemonic, traits>;

def BitNet_Shaped : AnyTypeOf<[AnyRankedTensor, AnyMemRef]>;

#endif // BITNET_DIALECT_BITNET_IR_BITNETBASE_TD
