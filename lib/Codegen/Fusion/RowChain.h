//===- RowChain.h - nests that go over the same rows -----------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_FUSION_ROWCHAIN_H
#define LIB_BITNET_CODEGEN_FUSION_ROWCHAIN_H

#include "mlir/Analysis/AliasAnalysis.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::bitnet {

/// Nests on buffers, one after the other, whose outer loops run over the same
/// rows and exchange values within a row only.
class RowChain {
public:
  explicit RowChain(AliasAnalysis &aliases) : aliases(aliases) {}

  /// Appends `op`, or returns false when it does not fit.
  bool append(linalg::LinalgOp op);
  void clear();

  ArrayRef<linalg::LinalgOp> getOps() const { return ops; }
  /// How many outer loops all nests share.
  unsigned getNumRowLoops() const { return numRowLoops; }
  /// The extents of those loops.
  ArrayRef<OpFoldResult> getExtents() const { return extents; }
  /// Whether fusion pays: the chain has more than one nest, and one of them has
  /// an inner loop.
  bool isWorthwhile() const { return ops.size() > 1 && maxLoops > numRowLoops; }

private:
  /// Whether `op` and the chain exchange values within a row only.
  bool isIndependent(linalg::LinalgOp op) const;

  AliasAnalysis &aliases;
  SmallVector<linalg::LinalgOp> ops;
  SmallVector<OpFoldResult> extents;
  unsigned numRowLoops = 0, maxLoops = 0;
};

/// How many leading dimensions of the operand the outer `loops` index, in
/// order: `loops`, or 0 when the operand is the same for all rows; nullopt
/// when it is neither.
std::optional<unsigned> getRowDims(AffineMap map, unsigned loops);

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_FUSION_ROWCHAIN_H
