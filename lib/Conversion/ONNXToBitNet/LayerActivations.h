//===- LayerActivations.h - what a layer reads ------------------*- C++ -*-===//
//
// ActivationView.h finds the quantizer that a graph spells. Whether the layer
// may compute with its codes is decided here: not where the graph's own
// roundings (act_c3), NaN or infinity (act_c2) would be lost.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERACTIVATIONS_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERACTIVATIONS_H

#include "ActivationView.h"
#include "LayerForm.h"

namespace mlir::bitnet {

/// The activations of the ternary layer `form`: codes where that gives what the
/// graph computes, else `form.x` in floats. `builder` makes the codes of an
/// integer layer.
ActivationView viewActivations(const LayerForm &form, OpBuilder &builder,
                               ConstantFolder &folder, ValueRanks &ranks);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERACTIVATIONS_H
