//===- WeightConstants.h - constants of recognised layers -------*- C++ -*-===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_WEIGHTCONSTANTS_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_WEIGHTCONSTANTS_H

#include "TernaryJudge.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/Builders.h"

namespace mlir::bitnet {

/// Bytes as ONNX stores `type`, as a bitnet.constant that is inline when small.
Value makeConstant(OpBuilder &builder, Location loc, StringRef name,
                   RankedTensorType type, std::vector<uint8_t> bytes);

/// `values` as an f32 bitnet.constant, inline when small.
Value makeFloatConstant(OpBuilder &builder, Location loc, StringRef name,
                        ArrayRef<int64_t> shape, ArrayRef<float> values);

/// The codes of `weight` as a constant [N, K] of i2.
Value makeCodes(OpBuilder &builder, Location loc, StringRef name,
                const TernaryWeight &weight);

/// The scales of `weight`, of the shape bitnet.linear wants; null when the
/// scale is 1.
Value makeScale(OpBuilder &builder, Location loc, StringRef name,
                const TernaryWeight &weight, double alpha);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_WEIGHTCONSTANTS_H
