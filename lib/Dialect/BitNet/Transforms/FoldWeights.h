//===- FoldWeights.h - compile-time evaluation of weights -------*- C++ -*-===//

#ifndef BITNET_LIB_DIALECT_BITNET_TRANSFORMS_FOLDWEIGHTS_H
#define BITNET_LIB_DIALECT_BITNET_TRANSFORMS_FOLDWEIGHTS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "llvm/ADT/StringMap.h"

namespace mlir::bitnet {

/// Frees weight constants as soon as nothing reads them, so that a model's
/// weights are not held twice.
class ConstantReaper {
public:
  explicit ConstantReaper(Operation *root);
  /// Erases the constant behind `value` when unused, and its memory buffer when
  /// no other constant names it.
  void releaseIfUnused(Value value);
  /// Counts a constant made after construction.
  void add(ConstantOp op);

private:
  llvm::StringMap<unsigned> users;
};

/// Evaluates `op`, whose operand is constant, in place. `label` names the layer
/// in messages.
LogicalResult foldQuantizeWeights(QuantizeWeightsOp op, StringRef label,
                                  ConstantReaper &reaper);

/// Evaluates every quantize_weights, pack and unpack of constants under `root`.
LogicalResult foldWeights(Operation *root, ConstantReaper &reaper);

} // namespace mlir::bitnet

#endif // BITNET_LIB_DIALECT_BITNET_TRANSFORMS_FOLDWEIGHTS_H
