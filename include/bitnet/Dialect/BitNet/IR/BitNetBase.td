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

    What stages tell each other beside operations are attributes with the names
    and types that BitNetBase.td declares (`discardableAttrs`). Others that begin
    with `bitnet.` are errors; lib/Dialect/BitNet/IR/Protocol.cpp says what each
    may stand on.
  }];
  // In the order of the stages that write them.
  let discardableAttrs = (ins
    "::mlir::bitnet::StageAttr":$stage,
    "::mlir::ArrayAttr":$layers,
    "::mlir::StringAttr":$layer,
    "::mlir::StringAttr":$state,
    "::mlir::UnitAttr":$in_place,
    "::mlir::UnitAttr":$weights,
    "::mlir::ArrayAttr":$weight_entries,
    "::mlir::IntegerAttr":$weights_size,
    "::mlir::DenseI64ArrayAttr":$macs,
    "::mlir::UnitAttr":$parallel,
    "::mlir::UnitAttr":$serial,
    "::mlir::StringAttr":$features,
    "::mlir::ArrayAttr":$variants,
    "::mlir::bitnet::ISAAttr":$isa,
    "::mlir::IntegerAttr":$slot,
    "::mlir::IntegerAttr":$result,
    "::mlir::DenseI64ArrayAttr":$scratch,
    "::mlir::ArrayAttr":$regions,
    "::mlir::DictionaryAttr":$signature,
    "::mlir::UnitAttr":$failure_exit,
    "::mlir::StringAttr":$top,
    "::mlir::StringAttr":$port,
    "::mlir::UnitAttr":$output,
    "::mlir::IntegerAttr":$pipeline,
    "::mlir::IntegerAttr":$unroll,
    "::mlir::IntegerAttr":$partition
  );
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
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
