//===- Patterns.h - lowerings of single bitnet operations -------*- C++ -*-===//
//
// One function per operation of the dialect; BitNetToLinalg.cpp calls them and
// replaces the operation.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_BITNETTOLINALG_PATTERNS_H
#define BITNET_LIB_CONVERSION_BITNETTOLINALG_PATTERNS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// Each function builds the replacement of `op`'s results at the builder's
/// position and leaves `op` for the caller to erase. The shapes are those of
/// the operation's results: codes like x, and one scale for each row.
SmallVector<Value, 2> lowerQuantizeActivations(ImplicitLocOpBuilder &b,
                                               QuantizeActivationsOp op);
/// Scaled sums in the result's type [M, N]; sums with groups come as [G, M, N].
Value lowerRescale(ImplicitLocOpBuilder &b, RescaleOp op);
/// Packed bytes [blocks, k steps, chunks, 64] of codes [N, K]; the padding is
/// zero codes.
Value lowerPack(ImplicitLocOpBuilder &b, PackOp op);
/// Codes [N, K] of `packed`, without the padding.
Value lowerUnpack(ImplicitLocOpBuilder &b, Value packed, PackingAttr packing);
/// The unpacked form, or the packed one by way of `lowerUnpack`.
Value lowerMatMul(ImplicitLocOpBuilder &b, MatMulOp op);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_BITNETTOLINALG_PATTERNS_H
