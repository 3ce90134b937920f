//===- FuseElementwise.cpp - elementwise nests on tensors -----------------===//

#include "bitnet/Codegen/Fusion/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
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

/// Reshapes leave the places between nests: an expand_shape moves below its
/// only reader, a collapse_shape above the nest whose only reader it is.
static bool mayMoveReshape(OpOperand *operand) {
  Operation *producer = operand->get().getDefiningOp();
  if (!producer || !producer->hasOneUse())
    return false;
  if (isa<tensor::CollapseShapeOp>(operand->getOwner()))
    return isa<linalg::GenericOp>(producer);
  if (!isa<tensor::ExpandShapeOp>(producer))
    return false;
  Value source = producer->getOperand(0);
  return source.getDefiningOp<linalg::GenericOp>() && source.hasOneUse();
}

/// Loops over one element go, so that rows are the leading dimension of all
/// operands. Bodies of loops stay as they are: reshapes of a carried tensor
/// would keep bufferization from updating it in place.
static void dropUnitLoops(func::FuncOp function) {
  SmallVector<linalg::GenericOp> nests;
  for (Block &block : function.getBody())
    llvm::append_range(nests, block.getOps<linalg::GenericOp>());
  IRRewriter rewriter(function.getContext());
  for (linalg::GenericOp nest : nests) {
    rewriter.setInsertionPoint(nest);
    FailureOr<linalg::DropUnitDimsResult> result =
        linalg::dropUnitDims(rewriter, nest, linalg::ControlDropUnitDims());
    if (succeeded(result))
      rewriter.replaceOp(nest, result->replacements);
  }
}

static void addCleanups(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
  linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
  linalg::FillOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
  context->getLoadedDialect<linalg::LinalgDialect>()
      ->getCanonicalizationPatterns(patterns);
  tensor::populateFoldTensorEmptyPatterns(patterns);
  // An extent is no second reader.
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
}

namespace {
struct FuseElementwise
    : public bitnet::impl::BitNetFuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    dropUnitLoops(getOperation());
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
