//===- ValueRanks.h - ranks of values in ONNX graphs ------------*- C++ -*-===//
//
// The rank of a value as its operators give it. What a file declares of a value
// between nodes may be stale, so a quantizer whose axes count from the front is
// read as one over rows only when the operators tell the rank.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_VALUERANKS_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_VALUERANKS_H

#include "bitnet/ConstantEval/ConstantFolder.h"

namespace mlir::bitnet {

class ValueRanks {
public:
  explicit ValueRanks(ConstantFolder &folder) : folder(folder) {}

  /// nullopt: not known.
  std::optional<int64_t> get(Value value) { return get(value, kMaxDepth); }

private:
  using Rank = std::optional<int64_t>;
  /// Chains are followed this far; results are remembered, so asking for the
  /// values of a graph in order never goes deep.
  static constexpr unsigned kMaxDepth = 256;

  Rank get(Value value, unsigned depth);
  Rank compute(Value value, unsigned depth);
  Rank ofNode(onnx::NodeOp node, unsigned depth);
  Rank ofSlot(onnx::NodeOp node, unsigned slot, unsigned depth);
  Rank ofLargest(onnx::NodeOp node, unsigned depth);
  Rank ofMatMul(onnx::NodeOp node, unsigned depth);
  Rank ofReduce(onnx::NodeOp node, unsigned depth);
  /// Number of elements of a list of integers, such as a shape.
  Rank getLength(Value value, unsigned depth);
  Rank countAxes(onnx::NodeOp node);

  ConstantFolder &folder;
  llvm::DenseMap<Value, Rank> known;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_VALUERANKS_H
