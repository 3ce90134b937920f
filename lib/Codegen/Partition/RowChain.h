//===- RowChain.h - nests that go over the same rows -----------*- C++ -*-===//
//
// What --bitnet-form-rows makes a dispatch of. All questions are about SSA
// values: on tensors a nest reads what it names and nothing else.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_BITNET_CODEGEN_PARTITION_ROWCHAIN_H
#define LIB_BITNET_CODEGEN_PARTITION_ROWCHAIN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::bitnet {

/// Nests on tensors, in the order of their block, whose outer loops run over
/// the same rows and exchange values within a row only.
class RowChain {
public:
  /// Appends `nest`, which reads no value that follows from the chain except
  /// its results; or returns false when it does not fit.
  bool append(linalg::LinalgOp nest);
  void clear() { *this = RowChain(); }

  ArrayRef<linalg::LinalgOp> getNests() const { return nests; }
  /// How many outer loops all nests share.
  unsigned getNumLoops() const { return numRowLoops; }
  /// Whether fusion pays: the chain has more than one nest, and one of them has
  /// an inner loop.
  bool isWorthwhile() const {
    return nests.size() > 1 && maxLoops > numRowLoops;
  }
  /// Whether `value` is a result of one of the nests.
  bool makes(Value value) const {
    return llvm::is_contained(members, value.getDefiningOp());
  }
  /// Whether `op` is one of the nests.
  bool contains(Operation *op) const { return members.contains(op); }

  /// The tensor that `value` is written to in the end: `value` itself, or where
  /// the nests that update it in place began.
  Value getDestination(Value value) const;

private:
  /// How the nests use the elements of a tensor from outside.
  struct Access {
    Value value; ///< the tensor, in one of its shapes
    bool isWritten = false;
    bool isByRow = true;    ///< no row reads those of another one
    bool isOneShape = true; ///< all nests see it as `value`
  };
  using Accesses = llvm::SmallMapVector<Value, Access, 8>;

  bool hasSameExtents(linalg::LinalgOp nest, unsigned loops) const;
  bool note(Accesses &changed, OpOperand &operand) const;
  bool isIndependent(linalg::LinalgOp nest, Accesses &changed) const;

  SmallVector<linalg::LinalgOp> nests;
  llvm::SmallPtrSet<Operation *, 8> members;
  SmallVector<OpFoldResult> extents;
  /// By the tensor that reshapes lead to.
  Accesses accesses;
  unsigned numRowLoops = 0, maxLoops = 0;
};

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_PARTITION_ROWCHAIN_H
