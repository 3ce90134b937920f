//===- ActivationView.h - activation quantizers in ONNX graphs --*- C++ -*-===//
//
// Reads a chain of onnx.node operations as the quantizer it spells (act_c1).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_ACTIVATIONVIEW_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_ACTIVATIONVIEW_H

#include "ValueRanks.h"
#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

namespace mlir::bitnet {

/// What the operand of a linear layer turned out to be.
struct ActivationView {
  /// The value to quantize, or for `codes` the value that holds integers.
  Value x;
  /// The quantizer; null for plain float activations.
  ActQuantAttr act;
  /// The 16-bit type x is cast to between quantizer and product (null when the
  /// quantizer works in the type of the product).
  Type castTo;
  /// Set when x holds codes that the graph scales back before the product in a
  /// way that no quantizer of act_c1 covers: the value that scales them. It is
  /// the same for a whole row of the product, so it may act after the product.
  Value rowScale;
  bool rowScaleDivides = false;
};

/// Reads `value`, the activations of a linear layer whose reduced axes must be
/// `axes` ([-1], or the non-batch axes of a convolution).
ActivationView viewActivation(Value value, bool isConv, ConstantFolder &folder,
                              ValueRanks &ranks);

/// Whether `value` is known to hold integers in [-128, 127].
bool holdsInt8Codes(Value value, ConstantFolder &folder);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_ACTIVATIONVIEW_H
