//===- FloatPolicy.h - wishes for layers that are not ternary ---*- C++ -*-===//
//
// The options of the pass (--quantize, --float-weights and their patterns),
// made once and asked for each layer.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATPOLICY_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATPOLICY_H

#include "bitnet/Conversion/ONNXToBitNet/FloatWeights.h"
#include "bitnet/Support/NameFilter.h"

namespace mlir::bitnet {

/// What the user wishes for layers that are not ternary.
struct FloatPolicy {
  /// Keep layers as bitnet.linear with the model's floats, for
  /// bitnet-quantize-linears: those of `linears`.
  bool hasLinears = false;
  NameFilter linears;
  /// How others store their weights: those of `stored`.
  FloatWeights storage = FloatWeights::Lossless;
  NameFilter stored;

  bool isLinear(llvm::StringRef name) const {
    return hasLinears && linears.matches(name);
  }
  /// Layers that are not chosen lose nothing.
  FloatWeights getStorage(llvm::StringRef name) const {
    return stored.matches(name) || storage == FloatWeights::Keep
               ? storage
               : FloatWeights::Lossless;
  }
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATPOLICY_H
