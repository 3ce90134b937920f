//===- FuseElementwise.cpp - elementwise nests on tensors -----------------===//
//
// --bitnet-fuse-elementwise, on tensors: loops over one element are dropped,
// elementwise producers move into their only reader, and reshapes leave the
// places between nests, so that --bitnet-form-layers and --bitnet-form-rows see
// nests of two loops over the same rows.
//
//===----------------------------------------------------------------------===//

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

/// The most operands of a fused nest. They become arguments of one function,
/// which lie on the stack of its caller, so a sum of a thousand tensors stays
/// several nests.
static constexpr unsigned kMaxInputs = 32;

/// The most operations in the body of a fused nest. Fusing copies both bodies,
/// so one body of thousands of nodes would take quadratic time, and nothing is
/// gained beyond what keeps a row in the first-level cache.
static constexpr size_t kMaxBody = 256;

static size_t getBodySize(Operation *nest) {
  return nest->getRegion(0).front().getOperations().size();
}

/// Whether a producer may move into its reader: it must have no other reader
/// and compute no element twice.
static bool mayFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  if (!producer || !producer->hasOneUse() || !isReadOnce(operand))
    return false;
  Operation *consumer = operand->getOwner();
  return producer->getNumOperands() + consumer->getNumOperands() <=
             kMaxInputs &&
         getBodySize(producer) + getBodySize(consumer) <= kMaxBody;
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
  // Upstream's pattern takes a tensor of rank 0 for one without padding, so
  // those are left out here.
  if (cast<RankedTensorType>(source.getType()).getRank() == 0)
    return false;
  return source.getDefiningOp<linalg::GenericOp>() && source.hasOneUse();
}

/// How often each loop of `nest` runs, as far as any operand's type tells.
static SmallVector<int64_t> getKnownTrips(linalg::GenericOp nest) {
  SmallVector<int64_t> trips(nest.getNumLoops(), ShapedType::kDynamic);
  for (OpOperand &operand : nest->getOpOperands())
    for (auto [expr, size] :
         llvm::zip_equal(nest.getMatchingIndexingMap(&operand).getResults(),
                         nest.getShape(&operand)))
      if (auto loop = dyn_cast<AffineDimExpr>(expr);
          loop && ShapedType::isStatic(size))
        trips[loop.getPosition()] = size;
  return trips;
}

/// `nest` with all operands as static as any of them says. An operand that
/// leaves open what another one fixes would lose its extent with a loop over
/// one element: dropUnitDims reads it as 0 then.
static linalg::GenericOp makeStatic(IRRewriter &rewriter,
                                    linalg::GenericOp nest) {
  SmallVector<int64_t> trips = getKnownTrips(nest);
  auto refine = [&](OpOperand &operand) -> Value {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!type)
      return operand.get();
    SmallVector<int64_t> shape(type.getShape());
    for (auto [i, expr] :
         llvm::enumerate(nest.getMatchingIndexingMap(&operand).getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr);
          loop && ShapedType::isDynamic(shape[i]))
        shape[i] = trips[loop.getPosition()];
    return rewriter.createOrFold<tensor::CastOp>(
        nest.getLoc(), type.clone(shape), operand.get());
  };
  SmallVector<Value> operands;
  for (OpOperand &operand : nest->getOpOperands())
    operands.push_back(refine(operand));
  if (llvm::equal(operands, nest->getOperands()))
    return nest;
  ValueRange outputs = ValueRange(operands).drop_front(nest.getNumDpsInputs());
  auto refined = cast<linalg::GenericOp>(
      mlir::clone(rewriter, nest, TypeRange(outputs), operands));
  SmallVector<Value> results;
  for (auto [old, result] :
       llvm::zip_equal(nest.getResults(), refined.getResults()))
    results.push_back(rewriter.createOrFold<tensor::CastOp>(
        nest.getLoc(), old.getType(), result));
  rewriter.replaceOp(nest, results);
  return refined;
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
    if (nest.hasPureTensorSemantics())
      nest = makeStatic(rewriter, nest);
    rewriter.setInsertionPoint(nest);
    FailureOr<linalg::DropUnitDimsResult> result =
        linalg::dropUnitDims(rewriter, nest, linalg::ControlDropUnitDims());
    if (succeeded(result))
      rewriter.replaceOp(nest, result->replacements);
  }
}

/// Canonicalizations that make the next fusion visible.
static void addCleanups(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
  linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
  linalg::FillOp::getCanonicalizationPatterns(patterns, context);
  tensor::CastOp::getCanonicalizationPatterns(patterns, context);
  tensor::EmptyOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
  context->getLoadedDialect<linalg::LinalgDialect>()
      ->getCanonicalizationPatterns(patterns);
  tensor::populateFoldTensorEmptyPatterns(patterns);
  // These patterns replace tensor.dim, which would count as a second reader of
  // a tensor.
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
}

namespace {
/// A nest that writes all of its result and reads nothing of it may write to
/// any memory. Its init becomes an empty tensor, so that nobody fills it in
/// vain.
struct DropUnreadInits : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp nest,
                                PatternRewriter &rewriter) const override {
    if (nest.getNumReductionLoops() != 0 || !nest.hasPureTensorSemantics())
      return failure();
    bool isChanged = false;
    for (OpOperand &init : nest.getDpsInitsMutable()) {
      if (nest.payloadUsesValueFromOperand(&init) ||
          init.get().getDefiningOp<tensor::EmptyOp>())
        continue;
      auto type = cast<RankedTensorType>(init.get().getType());
      Value memory = tensor::EmptyOp::create(
          rewriter, nest.getLoc(),
          tensor::getMixedSizes(rewriter, nest.getLoc(), init.get()),
          type.getElementType());
      rewriter.modifyOpInPlace(nest, [&] { init.set(memory); });
      isChanged = true;
    }
    return success(isChanged);
  }
};

struct FuseElementwise
    : public bitnet::impl::BitNetFuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    dropUnitLoops(getOperation());
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, mayFuse);
    // Upstream drops unread inits of reductions, too. Where a body folded to a
    // constant (the maximum with INT_MAX, a product with 0), the init is still
    // the result when there is nothing to reduce.
    llvm::erase_if(patterns.getNativePatterns(), [](const auto &pattern) {
      return pattern->getDebugName().ends_with("RemoveOutsDependency");
    });
    patterns.add<DropUnreadInits>(&getContext());
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
