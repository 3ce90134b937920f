//===- FloatLayer.h - layers whose weights stay float -----------*- C++ -*-===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATLAYER_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATLAYER_H

#include "LayerForm.h"

namespace mlir::bitnet {

/// The float weights of `form` as a constant [N, K]: the file's own bytes when
/// they already lie so, a transposed copy otherwise. Null for other types.
Value makeFloatWeights(OpBuilder &builder, const LayerForm &form);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATLAYER_H
