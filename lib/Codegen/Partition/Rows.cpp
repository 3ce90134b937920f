//===- Rows.cpp - the rows that a nest goes over --------------------------===//
//
// Decided by indexing maps alone, which are the same on tensors and on buffers.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Partition/Rows.h"

using namespace mlir;
using namespace mlir::bitnet;

/// How many leading dimensions of the operand the outer `loops` index, in
/// order: `loops`, or 0 when the operand is the same for all rows; nullopt when
/// it is neither.
static std::optional<unsigned> getRowDims(AffineMap map, unsigned loops) {
  ArrayRef<AffineExpr> results = map.getResults();
  unsigned leading = 0;
  while (leading < std::min<size_t>(loops, results.size()) &&
         results[leading] == getAffineDimExpr(leading, map.getContext()))
    ++leading;
  if (leading != 0 && leading != loops)
    return std::nullopt;
  for (AffineExpr result : results.drop_front(leading))
    for (unsigned loop = 0; loop < loops; ++loop)
      if (result.isFunctionOfDim(loop))
        return std::nullopt;
  return leading;
}

/// Operands that all rows read have at most this rank: a matrix that meets
/// every row makes a product, which has kernels of its own.
static constexpr int64_t kMaxSharedRank = 1;

/// Whether the outer `loops` loops of `nest` are rows of every operand, or
/// leave it alone.
static bool isRowLoopCount(linalg::LinalgOp nest, unsigned loops) {
  for (OpOperand &operand : nest->getOpOperands()) {
    auto dims = getRowDims(nest.getMatchingIndexingMap(&operand), loops);
    if (!dims)
      return false;
    bool isShared = *dims == 0;
    if (isShared &&
        (nest.isDpsInit(&operand) || nest.getRank(&operand) > kMaxSharedRank))
      return false;
  }
  return true;
}

bool bitnet::isDividedByRows(OpOperand &operand) {
  auto nest = cast<linalg::LinalgOp>(operand.getOwner());
  return getRowDims(nest.getMatchingIndexingMap(&operand), /*loops=*/1) == 1;
}

unsigned bitnet::getNumRowLoops(linalg::LinalgOp nest) {
  unsigned loops = 0;
  for (utils::IteratorType type : nest.getIteratorTypesArray()) {
    if (type != utils::IteratorType::parallel)
      break;
    ++loops;
  }
  while (loops > 0 && !isRowLoopCount(nest, loops))
    --loops;
  return loops;
}
