//===- NarrowWeights.h - float weights in fewer bits ------------*- C++ -*-===//
//
// Float layers read all their weights for each token, so their size is their
// time (w_c7; docs/Rationale).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_NARROWWEIGHTS_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_NARROWWEIGHTS_H

#include "LayerForm.h"
#include "bitnet/Conversion/ONNXToBitNet/FloatWeights.h"

namespace mlir::bitnet {

/// Constants [N, K] of bf16, or of i8 with scales [N].
struct NarrowWeights {
  Value weights, scale;
};

/// Whether `form` is a product of floats by weights that may be narrow, or a
/// table of such.
bool takesNarrowWeights(const LayerForm &form);

/// The weights of such a layer in fewer bits, null when they stay as they are.
/// Codes that the graph holds behind DequantizeLinear, one scale per row, win
/// (w_c4); others are rounded as `storage` says, streaming. An error when they
/// are not finite (w_c6).
FailureOr<NarrowWeights> makeNarrowWeights(OpBuilder &builder,
                                           const LayerForm &form,
                                           FloatWeights storage,
                                           ConstantFolder &folder);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_NARROWWEIGHTS_H
