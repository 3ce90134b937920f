//===- Canonicalization.cpp - patterns for operations of other dialects ---===//
//
// Patterns that the canonicalizer needs for operations of upstream dialects.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Sizes of an expansion that became constants enter its types. MLIR 22 leaves
/// `output_shape [3, 30]` beside `tensor<3x?xf32>` when it composes reshapes,
/// and its own pattern for casts then reads operands that are not there.
struct RefineExpansion : OpRewritePattern<tensor::ExpandShapeOp> {
  explicit RefineExpansion(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/10) {}

  LogicalResult matchAndRewrite(tensor::ExpandShapeOp op,
                                PatternRewriter &rewriter) const override;
};
} // namespace

/// The source with the extents that those of the result imply: a group of known
/// extents comes from a known one.
static Value refineSource(PatternRewriter &rewriter, tensor::ExpandShapeOp op,
                          ArrayRef<int64_t> extents) {
  RankedTensorType type = op.getSrcType();
  SmallVector<int64_t> collapsed(type.getShape());
  for (auto [i, group] : llvm::enumerate(op.getReassociationIndices())) {
    auto parts = llvm::map_range(group, [&](int64_t d) { return extents[d]; });
    if (llvm::none_of(parts, ShapedType::isDynamic))
      collapsed[i] = llvm::product_of(parts);
  }
  if (type.getShape() == ArrayRef(collapsed))
    return op.getSrc();
  return tensor::CastOp::create(rewriter, op.getLoc(), type.clone(collapsed),
                                op.getSrc());
}

LogicalResult
RefineExpansion::matchAndRewrite(tensor::ExpandShapeOp op,
                                 PatternRewriter &rewriter) const {
  RankedTensorType type = op.getResultType();
  SmallVector<OpFoldResult> shape = op.getMixedOutputShape();
  SmallVector<int64_t> extents(type.getShape());
  for (auto [extent, size] : llvm::zip_equal(extents, shape))
    if (std::optional<int64_t> known = getConstantIntValue(size)) {
      extent = *known;
      size = rewriter.getIndexAttr(*known);
    }
  // No extent became known, so there is nothing to rewrite.
  if (type.getShape() == ArrayRef(extents))
    return failure();
  Value source = refineSource(rewriter, op, extents);
  Value refined = tensor::ExpandShapeOp::create(
      rewriter, op.getLoc(), type.clone(extents), source,
      op.getReassociationIndices(), shape);
  rewriter.replaceOpWithNewOp<tensor::CastOp>(op, type, refined);
  return success();
}

void BitNetDialect::getCanonicalizationPatterns(
    RewritePatternSet &results) const {
  results.add<RefineExpansion>(results.getContext());
}
