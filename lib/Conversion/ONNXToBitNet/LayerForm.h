//===- LayerForm.h - linear layers in ONNX graphs ---------------*- C++ -*-===//
//
// One form for the ONNX operators that multiply activations by weights.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERFORM_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERFORM_H

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

namespace mlir::bitnet {

/// A layer `alpha * x * w + bias` with constant weights.
struct LayerForm {
  mutable onnx::NodeOp node; // operation handles have no const methods
  /// The node's name; its weights' name when the file strips node names.
  std::string name;
  Value x;
  /// The operand that holds the weights.
  Value weightOperand;
  /// What else their values were computed from: operands (zero points, scales)
  /// and attributes of the node. Layers share codes when this is equal, too.
  SmallVector<const void *> weightSources;
  /// [N, K], [F, C, kh, kw] (rowsFirst), or [K, N].
  fold::View weights;
  /// The initializers of weights that are not folded.
  fold::Origin origin;
  bool rowsFirst = false;
  int64_t n = 0, k = 0;
  double alpha = 1;
  /// Added to the result, may be null.
  Value bias;
  ConvAttr conv;
  /// The product is an i32 accumulator.
  bool isInteger = false;
  /// Unsigned activations and their zero point (null: zero).
  bool isUnsigned = false;
  Value zeroPoint;
  /// Why the layer must stay an ONNX node, or empty.
  std::string refusal;
};

/// Fills in two-dimensional weights given as [K, N], or [N, K] when
/// `transposed`. False when they are neither.
bool setWeights(LayerForm &form, const fold::View &view, bool transposed);

/// What the weights of `form` are up to transpositions.
Value getWeightRoot(const LayerForm &form);

/// Reads `node` as a layer; nullopt when it is none or its weights are not
/// constant.
std::optional<LayerForm> readLayer(onnx::NodeOp node, ConstantFolder &folder);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_LAYERFORM_H
