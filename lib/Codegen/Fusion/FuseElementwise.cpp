//===- FuseElementwise.cpp - elementwise nests on tensors -----------------===//

#include "bitnet/Codegen/Fusion/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFUSEELEMENTWISE
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// Whether each element behind `operand` is read exactly once.
static bool isReadOnce(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  return consumer && consumer.getMatchingIndexingMap(operand).isPermutation();
}

static bool mayFuse(OpOperand *operand) {
  Operation *producer = operand->get().getDefiningOp();
  return producer && producer->hasOneUse() && isReadOnce(operand);
}

/// An expand_shape whose source is a nest of its own and has no other reader.
static bool mayMoveReshape(OpOperand *operand) {
  Operation *reshape = operand->get().getDefiningOp();
  if (!isa_and_nonnull<tensor::ExpandShapeOp>(reshape) || !reshape->hasOneUse())
    return false;
  auto source = reshape->getOperand(0).getDefiningOp<linalg::GenericOp>();
  return source && source->hasOneUse() && source.getNumReductionLoops() == 0;
}

static void addCleanups(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
  linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
  context->getLoadedDialect<linalg::LinalgDialect>()
      ->getCanonicalizationPatterns(patterns);
  // An extent is no second reader.
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
}

namespace {
struct FuseElementwise
    : public bitnet::impl::BitNetFuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, mayFuse);
    linalg::populateFoldReshapeOpsByCollapsingPatterns(patterns,
                                                       mayMoveReshape);
    addCleanups(patterns);
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal();
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace
