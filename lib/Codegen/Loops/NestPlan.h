//===- NestPlan.h - how a linalg operation becomes vector loops -*- C++ -*-===//

#ifndef BITNET_LIB_CODEGEN_LOOPS_NESTPLAN_H
#define BITNET_LIB_CODEGEN_LOOPS_NESTPLAN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::bitnet {

/// Lanes of every vector, on every machine: sums have one order everywhere.
inline constexpr int64_t kNestLanes = 16;
/// Partial sums of a reduction along the row are this many vectors.
inline constexpr int64_t kNestAccumulators = 4;

/// How an operand moves along the vector loop.
enum class Access {
  Invariant,  ///< one element for the whole row
  Contiguous, ///< lanes are neighbours in memory
  Alternate,  ///< every second element, as windows of stride 2 read
  Strided,    ///< one access per lane
};

/// What a linalg operation on buffers becomes: parallel loops outside, then
/// sequential ones, then the row loop.
struct NestPlan {
  linalg::LinalgOp op;
  SmallVector<int64_t> extents;
  SmallVector<utils::IteratorType> iterators;
  /// The loop of the row; unset for operations on one element.
  std::optional<unsigned> row;
  SmallVector<Access> accesses;
  /// 1: the body stays scalar. Shorter rows take the powers of two below.
  int64_t lanes = 1;
  /// Set for transpositions: the loop along which the input lies densely. It
  /// makes tiles with the row, which are transposed in registers.
  std::optional<unsigned> column;
  /// Set when the row is reduced: the operation that combines, and what it adds
  /// to the accumulator.
  Operation *combiner = nullptr;
  Value contribution;

  bool isParallel(unsigned loop) const {
    return iterators[loop] == utils::IteratorType::parallel;
  }
  /// Loops that run once have no loop.
  bool isUnit(unsigned loop) const { return extents[loop] == 1; }
};

/// Fails for operations that keep upstream's lowering.
FailureOr<NestPlan> planNest(linalg::LinalgOp op);

/// How `operand` moves with `loop`. An operand of any access but Invariant
/// and Strided moves in one dimension of its buffer: getMovingDim.
Access getAccess(linalg::LinalgOp op, OpOperand &operand, unsigned loop);

unsigned getMovingDim(linalg::LinalgOp op, OpOperand &operand, unsigned loop);

/// Whether a vector of such elements lies in memory as its elements do.
bool isVectorElement(Type type);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_LOOPS_NESTPLAN_H
