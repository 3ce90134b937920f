//===- FoldEmpty.cpp - tensors that are known to have no elements ---------===//
//
// --bitnet-fold-empty: what is computed for tensors that are known to have no
// elements is dropped, because later passes divide by extents or take slices of
// them.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFOLDEMPTY
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Whether some extent is known to be 0; others may be known at run time only.
static bool isEmpty(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && llvm::is_contained(type.getShape(), 0);
}

/// The extents of `result`, computed from those of the operands, or failure.
static FailureOr<SmallVector<OpFoldResult>> getExtents(OpBuilder &b,
                                                       OpResult result) {
  Operation *op = result.getOwner();
  auto type = cast<RankedTensorType>(result.getType());
  if (type.hasStaticShape())
    return getAsIndexOpFoldResult(b.getContext(), type.getShape());
  if (auto linear = dyn_cast<LinearOp>(op); linear && !linear.getConvAttr()) {
    SmallVector<OpFoldResult> extents =
        tensor::getMixedSizes(b, op->getLoc(), linear.getX());
    extents.back() = b.getIndexAttr(type.getShape().back());
    return extents;
  }
  ReifiedRankedShapedTypeDims dims;
  if (failed(reifyResultShapes(b, op, dims)))
    return failure();
  return dims[result.getResultNumber()];
}

/// Replaces each result without elements by an empty tensor, so that nothing is
/// computed for it.
static void replaceResults(Operation *op) {
  if (isa<tensor::EmptyOp, tensor::CastOp>(op) ||
      matchPattern(op, m_Constant()))
    return;
  OpBuilder builder(op);
  for (OpResult result : op->getResults()) {
    if (!isEmpty(result) || result.use_empty())
      continue;
    FailureOr<SmallVector<OpFoldResult>> extents = getExtents(builder, result);
    if (failed(extents))
      continue;
    auto type = cast<RankedTensorType>(result.getType());
    Value empty = tensor::EmptyOp::create(builder, op->getLoc(), *extents,
                                          type.getElementType());
    if (empty.getType() != type)
      empty = tensor::CastOp::create(builder, op->getLoc(), type, empty);
    result.replaceAllUsesWith(empty);
  }
}

/// Replaces a nest without iterations by its inits, which are what it would
/// have added to.
static void skipNest(Operation *op) {
  auto nest = dyn_cast<linalg::LinalgOp>(op);
  if (nest && nest.hasPureTensorSemantics() &&
      llvm::is_contained(nest.getStaticLoopRanges(), 0))
    op->replaceAllUsesWith(SmallVector<Value>(nest.getDpsInits().begin(),
                                              nest.getDpsInits().end()));
}

/// The product of two extents, folded where one factor is 0 or 1.
static OpFoldResult multiply(OpBuilder &b, Location loc, OpFoldResult l,
                             OpFoldResult r) {
  std::optional<int64_t> x = getConstantIntValue(l), y = getConstantIntValue(r);
  if (x && y)
    return b.getIndexAttr(*x * *y);
  if (x == 0 || y == 1)
    return l;
  if (y == 0 || x == 1)
    return r;
  return arith::MulIOp::create(b, loc,
                               getValueOrCreateConstantIndexOp(b, loc, l),
                               getValueOrCreateConstantIndexOp(b, loc, r))
      .getResult();
}

/// Replaces the insertion of an empty slice by the tensor that it would be put
/// into.
static void skipInsertion(Operation *op) {
  auto insert = dyn_cast<tensor::InsertSliceOp>(op);
  if (insert && isEmpty(insert.getSource()))
    op->replaceAllUsesWith(ValueRange(insert.getDest()));
}

/// An axis that is collapsed with others hides that it has no elements, which a
/// collapse of buffers does not allow.
static void skipCollapse(Operation *op) {
  auto collapse = dyn_cast<tensor::CollapseShapeOp>(op);
  if (!collapse || !isEmpty(collapse.getSrc()) || isEmpty(collapse.getResult()))
    return;
  OpBuilder b(op);
  Location loc = op->getLoc();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, loc, collapse.getSrc());
  SmallVector<OpFoldResult> extents;
  for (ArrayRef<int64_t> group : collapse.getReassociationIndices()) {
    OpFoldResult extent = b.getIndexAttr(1);
    for (int64_t axis : group)
      extent = multiply(b, loc, extent, sizes[axis]);
    extents.push_back(extent);
  }
  auto type = collapse.getResultType();
  Value empty = tensor::EmptyOp::create(b, loc, extents, type.getElementType());
  op->replaceAllUsesWith(
      ValueRange(b.createOrFold<tensor::CastOp>(loc, type, empty)));
}

/// Reified extents are affine.apply operations, which no stage before loops may
/// have, so they are expanded.
static void expandApply(affine::AffineApplyOp apply) {
  OpBuilder b(apply);
  std::optional<SmallVector<Value, 8>> values =
      affine::expandAffineMap(b, apply.getLoc(), apply.getAffineMap(),
                              llvm::to_vector(apply.getOperands()));
  if (!values)
    return;
  apply.replaceAllUsesWith(values->front());
  apply.erase();
}

namespace {
struct FoldEmpty : bitnet::impl::BitNetFoldEmptyBase<FoldEmpty> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      // An assertion or a probe stays even where nothing is computed.
      if (!isMemoryEffectFree(op))
        return;
      replaceResults(op);
      skipNest(op);
      skipInsertion(op);
      skipCollapse(op);
    });
    getOperation().walk(expandApply);
  }
};
} // namespace
