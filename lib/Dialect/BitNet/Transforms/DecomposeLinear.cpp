//===- DecomposeLinear.cpp - bitnet.linear to quantize, matmul, rescale ---===//
//
// --bitnet-decompose-linear: every bitnet.linear becomes a quantizer of its
// activations, a bitnet.matmul and a rescaling. Layers that read the same x in
// the same way share the codes.
//
//===----------------------------------------------------------------------===//

#include "DecomposeLinear.h"
#include "FoldWeights.h"

#include "bitnet/Dialect/BitNet/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETDECOMPOSELINEAR
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// x with a static extent along the axis that the weights fix; a dynamic one is
/// checked at run time. A cast would make the operations static that compute x,
/// which come before the check and would read as if it held: a slice does not.
static Value pinChannels(ImplicitLocOpBuilder &b, LinearOp op) {
  Value x = op.getX();
  auto type = getTensorType(x);
  int64_t axis = op.getChannelAxis(), channels = op.getChannels();
  if (!type.isDynamicDim(axis))
    return x;
  Value actual = tensor::DimOp::create(b, x, axis);
  Value expected = arith::ConstantIndexOp::create(b, channels);
  Value same =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, actual, expected);
  cf::AssertOp::create(b, same, op.getWrongChannels());
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = channels;
  RankedTensorType pinned = type.clone(shape);
  if (isa<BlockArgument>(x))
    return tensor::CastOp::create(b, pinned, x);
  SmallVector<OpFoldResult> sizes = getExtents(b, x);
  sizes[axis] = b.getIndexAttr(channels);
  return tensor::ExtractSliceOp::create(
      b, pinned, x, SmallVector<OpFoldResult>(sizes.size(), b.getIndexAttr(0)),
      sizes, SmallVector<OpFoldResult>(sizes.size(), b.getIndexAttr(1)));
}

Value mlir::bitnet::expandLike(ImplicitLocOpBuilder &b, Value rows, Value x,
                               RankedTensorType type) {
  int64_t rank = getTensorType(x).getRank();
  Value result = rows;
  if (rank == 1) {
    result = tensor::CollapseShapeOp::create(
        b, rows, ArrayRef<ReassociationIndices>{{0, 1}});
  } else if (rank > 2) {
    SmallVector<OpFoldResult> shape = getExtents(b, x);
    shape.back() = getExtent(b, rows, 1);
    SmallVector<int64_t> extents(getTensorType(x).getShape());
    extents.back() = getTensorType(rows).getDimSize(1);
    SmallVector<ReassociationIndices> groups(2);
    for (int64_t i = 0; i < rank; ++i)
      groups[i + 1 < rank ? 0 : 1].push_back(i);
    result = tensor::ExpandShapeOp::create(
        b, RankedTensorType::get(extents, getTensorType(rows).getElementType()),
        rows, groups, shape);
  }
  if (result.getType() != type)
    result = tensor::CastOp::create(b, type, result);
  return result;
}

/// Whether one scale serves a whole row of the product: act_c1 wants K among
/// the reduced axes, for convolutions C, H and W.
static bool coversRow(ActQuantAttr act, int64_t rank, bool conv) {
  SmallVector<bool> reduced(rank, false);
  for (int64_t axis : act.getAxes())
    reduced[axis < 0 ? axis + rank : axis] = true;
  ArrayRef<bool> needed(reduced);
  return llvm::all_of(conv ? needed.drop_front() : needed.take_back(),
                      [](bool covered) { return covered; });
}

/// A scale of x's rank as [M, 1], repeated where more than K was reduced.
static Value collapseScale(ImplicitLocOpBuilder &b, ActivationCache &cache,
                           Value scale, Value x) {
  if (!scale)
    return {};
  auto type = getTensorType(scale);
  SmallVector<OpFoldResult> shape = getExtents(b, x);
  shape.back() = b.getIndexAttr(1);
  SmallVector<AffineExpr> from;
  bool repeat = false;
  for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
    bool one = type.getDimSize(i) == 1;
    from.push_back(one ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(i));
    repeat |= one && !isConstantIntValue(shape[i], 1);
  }
  if (repeat)
    scale = makeGeneric(
        b, scale, makeEmpty(b, shape, type.getElementType()),
        {AffineMap::get(type.getRank(), 0, from, b.getContext()),
         b.getMultiDimIdentityMap(type.getRank())},
        type.getRank(),
        [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
  return cache.collapse(b, scale);
}

/// The scale of each window of codes that the graph computes in floats: 1, or
/// NaN where the window holds a NaN (act_c2).
static Value makeWindowPoison(ImplicitLocOpBuilder &b, Value x, ConvAttr conv) {
  SmallVector<OpFoldResult> extents;
  Value plane = sumPoison(b, x, /*axis=*/1, /*start=*/0);
  return sumPoison(b, gatherWindows(b, plane, conv, extents), /*axis=*/1,
                   /*start=*/1);
}

/// A convolution gathers the windows of codes as rows, and then is like any
/// other layer.
static Value decomposeConv(ImplicitLocOpBuilder &b, LinearOp op,
                           ActivationCache &cache, ConvWeights &weights) {
  ConvAttr conv = op.getConvAttr();
  Value input = pinChannels(b, op);
  QuantizedActivation x = {input, {}};
  ActQuantAttr act = op.getActAttr();
  if (act)
    x = cache.get(b, op, input, act);
  // Windows have their channels last where that makes fewer copies.
  bool last = ConvWeights::areBetterLast(op, x.codes);
  if (last) {
    Value w = weights.get(op);
    if (!w)
      return {};
    op.getWMutable().assign(w);
  }
  SmallVector<OpFoldResult> extents;
  Value rows = last ? gatherChannelsLast(b, x.codes, conv, extents)
                    : gatherWindows(b, x.codes, conv, extents);
  Value scale =
      x.scale ? repeatScale(b, x.scale, input, conv, extents) : Value();
  if (act && act.getForm() == ScaleForm::Codes &&
      isa<FloatType>(getTensorType(input).getElementType()))
    scale = makeWindowPoison(b, input, conv);
  Value product = buildProduct(b, op, rows, scale);
  return scatterWindows(b, product, extents, getTensorType(op.getY()));
}

/// x as [M, K], where M counts all leading dimensions.
static Value decomposeRows(ImplicitLocOpBuilder &b, LinearOp op,
                           ActivationCache &cache) {
  Value x = pinChannels(b, op);
  ActQuantAttr act = op.getActAttr();
  Value rows, scale;
  if (act && act.getForm() != ScaleForm::Codes && act.getAxes().size() > 1) {
    // When more than K is reduced, x is quantized in its own shape.
    QuantizedActivation q = cache.get(b, op, x, act);
    rows = cache.collapse(b, q.codes);
    scale = collapseScale(b, cache, q.scale, x);
  } else {
    rows = cache.collapse(b, x);
    if (act) {
      auto last =
          ActQuantAttr::get(b.getContext(), act.getForm(), {-1}, act.getQmax(),
                            act.getEps(), act.getLow(), act.getHigh());
      QuantizedActivation q = cache.get(b, op, rows, last);
      rows = q.codes;
      scale = q.scale;
    }
  }
  Value product = buildProduct(b, op, rows, scale);
  return expandLike(b, product, x, getTensorType(op.getY()));
}

/// Checks what a verifier cannot know before types are inferred.
static LogicalResult decompose(LinearOp op, ActivationCache &cache,
                               ConvWeights &weights, ConstantReaper &reaper) {
  auto x = dyn_cast<RankedTensorType>(op.getX().getType());
  if (!x || !isa<RankedTensorType>(op.getY().getType()))
    return op.emitError("layer '")
           << op.getName() << "' has no type yet: run convert-onnx-to-linalg";
  bool integer = isa<IntegerType>(x.getElementType());
  if (integer && (!op.isTernary() || op.getScale() || op.getBias()))
    return op.emitError("layer '")
           << op.getName()
           << "': mm_c1: integer x needs ternary weights, no scale, no bias";
  ActQuantAttr act = op.getActAttr();
  if (integer && act && act.getForm() != ScaleForm::Codes)
    return op.emitError("layer '")
           << op.getName() << "': act_c1: cannot quantize integers again";
  if (act && act.getForm() != ScaleForm::Codes &&
      !coversRow(act, x.getRank(), bool(op.getConvAttr())))
    return op.emitError("layer '")
           << op.getName()
           << "': act_c1: the reduced axes must cover the whole row";
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value w = op.getW();
  Value result = op.getConvAttr() ? decomposeConv(b, op, cache, weights)
                                  : decomposeRows(b, op, cache);
  if (!result)
    return failure();
  op.getY().replaceAllUsesWith(result);
  op.erase();
  reaper.releaseIfUnused(w);
  return success();
}

namespace {
struct DecomposeLinear
    : bitnet::impl::BitNetDecomposeLinearBase<DecomposeLinear> {
  void runOnOperation() override {
    ActivationCache cache;
    ConvWeights weights;
    ConstantReaper reaper(getOperation());
    SmallVector<LinearOp> ops;
    getOperation().walk([&](LinearOp op) { ops.push_back(op); });
    for (LinearOp op : ops)
      if (failed(decompose(op, cache, weights, reaper)))
        return signalPassFailure();
  }
};
} // namespace
