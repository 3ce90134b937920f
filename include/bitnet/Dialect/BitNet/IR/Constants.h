//===- Constants.h - bytes of constant tensors ------------------*- C++ -*-===//
//
// Reads and makes constants without caring whether they are inline or blobs.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_CONSTANTS_H
#define BITNET_DIALECT_BITNET_IR_CONSTANTS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/Builders.h"

#include <vector>

namespace mlir::bitnet {

/// The storage of a constant tensor: little-endian, row-major, elements
/// narrower than a byte bit-packed low bits first. Points into the blob store
/// or at `owned`.
struct ConstantBytes {
  RankedTensorType type;
  ArrayRef<uint8_t> bytes;
  std::vector<uint8_t> owned;
};

/// Whether `value` is a constant that `readConstant` understands.
bool isConstant(Value value);

/// The bytes behind a constant; an error is reported at its operation when the
/// blob cannot be read. Only for values with `isConstant`.
FailureOr<std::unique_ptr<ConstantBytes>> readConstant(Value value);

/// The storage bytes of an inline constant.
std::vector<uint8_t> getStorage(DenseElementsAttr elements);

/// The inline constant of `type` (integer elements) with these storage bytes.
DenseElementsAttr makeDense(RankedTensorType type, ArrayRef<uint8_t> bytes);

/// A `bitnet.constant` with these bytes: inline up to `kInlineConstantBytes`,
/// else a memory blob.
ConstantOp createConstant(OpBuilder &builder, Location loc,
                          RankedTensorType type, std::vector<uint8_t> bytes,
                          PackingAttr packing, StringAttr name);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_CONSTANTS_H
