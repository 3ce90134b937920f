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

/// Each builds the replacement of `op`'s results at the builder's position.
SmallVector<Value, 2> lowerQuantizeActivations(ImplicitLocOpBuilder &b,
                                               QuantizeActivationsOp op);
Value lowerRescale(ImplicitLocOpBuilder &b, RescaleOp op);
Value lowerPack(ImplicitLocOpBuilder &b, PackOp op);
Value lowerUnpack(ImplicitLocOpBuilder &b, Value packed, PackingAttr packing);
/// The unpacked form, or the packed one by way of `lowerUnpack`.
Value lowerMatMul(ImplicitLocOpBuilder &b, MatMulOp op);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_BITNETTOLINALG_PATTERNS_H
