//===- FloatTable.h - tables of floats that Gather reads --------*- C++ -*-===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATTABLE_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATTABLE_H

#include "LayerForm.h"
#include "NarrowWeights.h"

namespace mlir::bitnet {

/// A Gather of rows of a large constant table of floats [N, K], such as an
/// embedding, as a layer whose x are the indices; nullopt for other nodes.
std::optional<LayerForm> readTable(onnx::NodeOp node, ConstantFolder &folder);

/// Gathers rows of `weights` and widens those (w_c7).
void gatherNarrow(const LayerForm &form, NarrowWeights weights);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_FLOATTABLE_H
