//===- PackedDigits.h - weights in and out of packed bytes ------*- C++ -*-===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PACKEDDIGITS_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_PACKEDDIGITS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// The digits t+1 of `bytes`, an i8 or a vector of them, field 0 first. Masks,
/// comparisons and additions only.
SmallVector<Value> emitDigits(ImplicitLocOpBuilder &b, Value bytes,
                              const PackedLayout &layout);

/// Digit `field`, an index known only at run time, of the i8 `byte`.
Value emitDigit(ImplicitLocOpBuilder &b, Value byte, Value field,
                const PackedLayout &layout);

/// The byte that holds these weights t (i8), field 0 first.
Value emitByte(ImplicitLocOpBuilder &b, ArrayRef<Value> weights,
               const PackedLayout &layout);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PACKEDDIGITS_H
