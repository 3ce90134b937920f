//===- BitNet.h - the bitnet dialect ----------------------------*- C++ -*-===//
//
// Operations mean what docs/Semantics.md says; BitNetOps.td describes each.
// Everything from stage 1 to stage 4 includes this header.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNET_H
#define BITNET_DIALECT_BITNET_IR_BITNET_H

#include "bitnet/Support/BlobStore.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <memory>

#include "bitnet/Dialect/BitNet/IR/PackedLayout.h"
// The dialect's helpers of attributes return types of these.
#define GET_ATTRDEF_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetAttrs.h.inc"
#include "bitnet/Dialect/BitNet/IR/BitNetDialect.h.inc"
#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetOps.h.inc"

namespace mlir::bitnet {
/// An attribute that stages pass on beside operations, by its helper in the
/// dialect: `getAttr<BitNetDialect::StageAttrHelper>(module)`. Null: there is
/// none.
template <typename Helper> auto getAttr(Operation *op) {
  return Helper(op->getContext()).getAttr(op);
}

/// Constants up to this many bytes are inline `dense` attributes, larger ones
/// blobs.
inline constexpr uint64_t kInlineConstantBytes = 4096;

/// Bytes that a tensor of `type` takes in a blob (sub-byte elements
/// bit-packed), or failure when the product overflows or the element type has
/// no storage.
llvm::FailureOr<uint64_t> getStorageBytes(ShapedType type);
} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_BITNET_H
