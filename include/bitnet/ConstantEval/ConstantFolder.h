//===- ConstantFolder.h - constant ONNX subgraphs as streams ----*- C++ -*-===//
//
// Turns the value at the end of a chain of ONNX nodes over initializers into a
// Stream. Knows what ONNX operators compute, and nothing about quantization.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONSTANTEVAL_CONSTANTFOLDER_H
#define BITNET_CONSTANTEVAL_CONSTANTFOLDER_H

#include "bitnet/ConstantEval/Stream.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace mlir::bitnet {

/// Discardable attribute on an evaluated onnx.constant: a dictionary of the
/// initializers that it was computed of, with their bytes.
inline constexpr StringLiteral kOriginAttr =
    onnx::ONNXDialect::OriginAttrHelper::getNameStr();

/// A value that is computed of constants alone, but not here.
struct Unfolded {
  /// The first operator that is not folded.
  StringRef op;
  fold::Origin origin;
};

/// An analysis of a module, too: values keep their streams from pass to pass.
class ConstantFolder {
public:
  explicit ConstantFolder(BlobStore &store) : store(store) {}
  explicit ConstantFolder(Operation *op);

  /// Whether the operator of `node` has a stream for some inputs.
  static bool hasStream(onnx::NodeOp node);

  /// `value` as a stream, or a null view when it is not constant or uses an
  /// operator that is not folded. Chains are shared by all their users.
  fold::View get(Value value);

  /// All values of a constant of at most `limit` elements.
  std::optional<std::vector<double>> getValues(Value value,
                                               int64_t limit = 4096);
  /// The same for integer tensors.
  std::optional<SmallVector<int64_t>> getIntegers(Value value);
  /// The value of a constant with one element.
  std::optional<double> getScalar(Value value);

  /// Why `value` is not folded; nullopt when it depends on an input.
  std::optional<Unfolded> explain(Value value);

  /// The initializers that a constant `value` is computed of.
  fold::Origin getOrigin(Value value);

  /// Forgets the streams built so far (they may hold memory).
  void clear() {
    views.clear();
    variable.clear();
  }
  /// Forgets `value`, which is about to go.
  void forget(Value value) {
    views.erase(value);
    variable.erase(value);
  }
  /// Forgets that values have no streams: what they read has changed.
  void forgetUnfolded();

  /// Blocked weights of com.microsoft.MatMulNBits as [N, K].
  fold::View getMatMulNBits(onnx::NodeOp node);

private:
  fold::View build(Value value);
  fold::View buildConstant(onnx::ConstantOp op);
  /// Makes a stream of a node; null views as `get` gives them.
  using Builder = fold::View (*)(ConstantFolder &, onnx::NodeOp);
  static Builder getBuilder(StringRef op);
  fold::View buildNode(onnx::NodeOp node);
  fold::View buildMap(onnx::NodeOp node, fold::MapKind kind);
  fold::View buildClip(onnx::NodeOp node);
  fold::View buildCast(onnx::NodeOp node);
  fold::View buildReduce(onnx::NodeOp node, fold::ReduceKind kind);
  fold::View buildTranspose(onnx::NodeOp node);
  fold::View buildReshape(onnx::NodeOp node);
  fold::View buildExpand(onnx::NodeOp node);
  fold::View buildConcat(onnx::NodeOp node);
  fold::View buildRows(onnx::NodeOp node);
  fold::View buildDequantize(onnx::NodeOp node);
  fold::View buildNonZero(onnx::NodeOp node);

  /// Brings operands to one dimension order, that of the largest.
  fold::View applyMap(fold::MapKind kind, Type element,
                      ArrayRef<fold::View> operands);

  /// Whether `value` is computed of constants alone, told in `found`.
  bool collect(Value value, Unfolded &found, llvm::DenseSet<Value> &seen);

  BlobStore &store;
  unsigned depth = 0;
  /// Values that depend on an input.
  llvm::DenseSet<Value> variable;
  llvm::DenseMap<Value, fold::View> views;
};

} // namespace mlir::bitnet

#endif // BITNET_CONSTANTEVAL_CONSTANTFOLDER_H
