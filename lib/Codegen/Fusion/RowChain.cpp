//===- RowChain.cpp - nests that go over the same rows --------------------===//
//
// Which nests may share a loop over rows: their leading loops must be rows of
// every operand, with the same extents, and no nest may read a row that another
// iteration writes.
//
//===----------------------------------------------------------------------===//

#include "RowChain.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

std::optional<unsigned> mlir::bitnet::getRowDims(AffineMap map,
                                                 unsigned loops) {
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

/// Whether the outer `loops` loops of `op` are rows of every operand, or leave
/// it alone.
static bool isRowLoopCount(linalg::LinalgOp op, unsigned loops) {
  for (OpOperand &operand : op->getOpOperands()) {
    auto dims = getRowDims(op.getMatchingIndexingMap(&operand), loops);
    if (!dims)
      return false;
    bool isShared = *dims == 0;
    if (isShared &&
        (op.isDpsInit(&operand) || op.getRank(&operand) > kMaxSharedRank))
      return false;
  }
  return true;
}

/// The largest number of outer loops that are rows of every operand.
static unsigned getMaxRowLoops(linalg::LinalgOp op) {
  unsigned loops = 0;
  for (utils::IteratorType type : op.getIteratorTypesArray()) {
    if (type != utils::IteratorType::parallel)
      break;
    ++loops;
  }
  while (loops > 0 && !isRowLoopCount(op, loops))
    --loops;
  return loops;
}

/// Leading extents of a buffer that was allocated here.
static SmallVector<OpFoldResult> getLeadingExtents(Value buffer,
                                                   unsigned count) {
  auto alloc = buffer.getDefiningOp<memref::AllocOp>();
  if (!alloc)
    return {};
  SmallVector<OpFoldResult> sizes = alloc.getMixedSizes();
  sizes.resize(std::min<size_t>(count, sizes.size()));
  return sizes;
}

/// Whether rows of `written` and of `operand` are the same rows, or the two
/// never meet. Another view of the same buffer, or an operand that all rows
/// read, would see rows that are not done yet.
static bool meetsByRow(Value written, OpOperand &operand,
                       AliasAnalysis &aliases) {
  if (!isa<MemRefType>(operand.get().getType()) ||
      aliases.alias(written, operand.get()).isNo())
    return true;
  auto op = cast<linalg::LinalgOp>(operand.getOwner());
  return written == operand.get() &&
         *getRowDims(op.getMatchingIndexingMap(&operand), /*loops=*/1) == 1;
}

bool RowChain::isIndependent(linalg::LinalgOp op) const {
  auto meetByRow = [&](linalg::LinalgOp writer, linalg::LinalgOp user) {
    Value written = writer.getDpsInits().front();
    return llvm::all_of(user->getOpOperands(), [&](OpOperand &operand) {
      return meetsByRow(written, operand, aliases);
    });
  };
  return llvm::all_of(ops, [&](linalg::LinalgOp other) {
    return meetByRow(other, op) && meetByRow(op, other);
  });
}

/// Whether the body loads from buffers, which may be those of other rows.
static bool capturesBuffers(linalg::LinalgOp op) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  return llvm::any_of(captured, [](Value value) {
    return isa<BaseMemRefType>(value.getType());
  });
}

/// All conditions are checked before the chain changes.
bool RowChain::append(linalg::LinalgOp op) {
  // Products, also those with a vector, are left out, because they have code of
  // their own.
  if (!op.hasPureBufferSemantics() || op.hasIndexSemantics() ||
      op.getNumDpsInits() != 1 || linalg::isaContractionOpInterface(op) ||
      capturesBuffers(op))
    return false;
  unsigned loops = getMaxRowLoops(op);
  if (!ops.empty())
    loops = std::min(loops, numRowLoops);
  unsigned most = std::max(maxLoops, unsigned(op.getNumLoops()));
  // All loops but one must be rows, because fewer would cost parallelism.
  if (loops == 0 || loops + 1 < most || !isRowLoopCount(op, loops))
    return false;
  auto sizes = getLeadingExtents(op.getDpsInits().front(), loops);
  if (sizes.size() != loops)
    return false;
  if (!ops.empty() && !llvm::equal(ArrayRef(extents).take_front(loops), sizes))
    return false;
  for (linalg::LinalgOp other : ops)
    if (!isRowLoopCount(other, loops))
      return false;
  if (!isIndependent(op))
    return false;
  extents = sizes;
  numRowLoops = loops;
  maxLoops = most;
  ops.push_back(op);
  return true;
}

void RowChain::clear() {
  ops.clear();
  extents.clear();
  numRowLoops = maxLoops = 0;
}
