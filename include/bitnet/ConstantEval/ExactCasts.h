//===- ExactCasts.h - casts of floats that change no number -----*- C++ -*-===//
//
// A quantizer is read through the casts that exporters put between its steps.
// That is right only for a cast of which it is proven that every number passes
// as it is: a rounding to 16 bits in the middle of a float graph is part of
// what the graph computes (mm_c4).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONSTANTEVAL_EXACTCASTS_H
#define BITNET_CONSTANTEVAL_EXACTCASTS_H

#include "bitnet/ConstantEval/ConstantFolder.h"

namespace mlir::bitnet {

/// `value` rounded to `type`, half to even.
double roundToType(double value, FloatType type);

class ExactCasts {
public:
  explicit ExactCasts(ConstantFolder &folder) : folder(folder) {}

  /// The element type that the graph gives `value`, by what its operators do:
  /// types that a file declares beside them may be stale. Null: not known.
  /// Linear in the length of the chain that leads to `value`.
  static Type getElementType(Value value);

  /// Whether the node has inputs of types that its schema does not take, or not
  /// together: an error, which the operator's own lowering reports.
  /// `typeOf` is asked for their element types, null: not known.
  static bool hasWrongTypes(onnx::NodeOp node,
                            function_ref<Type(Value)> typeOf = getElementType);

  /// `value` without identities and casts between floats that change no number.
  Value strip(Value value) const;

  /// Whether every element of `value` is a number of `type`, too.
  bool holds(Value value, FloatType type, unsigned depth = 16) const;

private:
  bool isExact(onnx::NodeOp cast) const;
  bool clipsIntegers(onnx::NodeOp clip, FloatType type) const;
  bool holdsConstant(Value value, FloatType type) const;

  ConstantFolder &folder;
};

} // namespace mlir::bitnet

#endif // BITNET_CONSTANTEVAL_EXACTCASTS_H
