//===- DecomposeConv.cpp - convolutions as products of windows ------------===//
//
// A convolution is a product of its windows: they are gathered as rows, and the
// product's rows are scattered to [B, F, OH, OW]. Shapes may be dynamic but for
// the kernel and the channels.
//
//===----------------------------------------------------------------------===//

#include "DecomposeLinear.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

/// (in - span) / stride + 1 for a padded extent `in`, never negative.
static OpFoldResult getWindows(ImplicitLocOpBuilder &b, OpFoldResult in,
                               ConvAttr conv, unsigned i) {
  int64_t span = conv.getSpan(i);
  int64_t stride = conv.getStrides()[i];
  if (std::optional<int64_t> known = getConstantIntValue(in))
    return b.getIndexAttr(*known < span ? 0 : (*known - span) / stride + 1);
  auto index = [&](int64_t v) {
    return arith::ConstantIndexOp::create(b, v).getResult();
  };
  Value room = arith::AddIOp::create(b, cast<Value>(in), index(stride - span));
  room = arith::MaxSIOp::create(b, room, index(0));
  return arith::DivUIOp::create(b, room, index(stride)).getResult();
}

/// How much of an extent `have` its `count` windows read. All of it for a
/// stride of 1; never more.
static OpFoldResult getUsed(ImplicitLocOpBuilder &b, OpFoldResult count,
                            OpFoldResult have, ConvAttr conv, unsigned i) {
  int64_t span = conv.getSpan(i);
  int64_t stride = conv.getStrides()[i];
  std::optional<int64_t> windows = getConstantIntValue(count),
                         known = getConstantIntValue(have);
  if (windows && known)
    return b.getIndexAttr(
        *windows == 0 ? 0 : std::min((*windows - 1) * stride + span, *known));
  if (stride == 1)
    return have;
  auto value = [&](OpFoldResult extent) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), extent);
  };
  auto index = [&](int64_t v) { return value(b.getIndexAttr(v)); };
  Value used = arith::MulIOp::create(b, value(count), index(stride));
  used = arith::AddIOp::create(b, used, index(span - stride));
  used = arith::MaxSIOp::create(b, used, index(0));
  return arith::MinSIOp::create(b, used, value(have)).getResult();
}

/// `padded` without what no window reads along its axes `first` and `first` +
/// 1: a loop over one window goes away, also where that becomes known later,
/// and linalg then takes the image for as long as the kernel's loop.
static Value cutToWindows(ImplicitLocOpBuilder &b, Value padded, ConvAttr conv,
                          ArrayRef<OpFoldResult> windows, unsigned first) {
  // Only the two axes of the image are cut to what the windows read.
  SmallVector<OpFoldResult> have = getExtents(b, padded), used = have;
  SmallVector<OpFoldResult> zeros(have.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(have.size(), b.getIndexAttr(1));
  for (unsigned i : {0u, 1u})
    used[first + i] = getUsed(b, windows[i], have[first + i], conv, i);
  if (used == have)
    return padded;
  // MLIR takes a slice of a tensor without elements for out of bounds.
  auto type = cast<RankedTensorType>(padded.getType());
  if (llvm::is_contained(type.getShape(), 0))
    return makeEmpty(b, used, type.getElementType());
  return tensor::ExtractSliceOp::create(b, padded, zeros, used, ones);
}

/// [a, b, c, x, ...] to [a*b*c, x*...].
static Value collapseInTwo(ImplicitLocOpBuilder &b, Value value) {
  SmallVector<ReassociationIndices> groups(2);
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  for (int64_t i = 0; i < rank; ++i)
    groups[i < 3 ? 0 : 1].push_back(i);
  return tensor::CollapseShapeOp::create(b, value, groups);
}

/// A copy in which element (i, j, ...) comes from `map`.
static Value copyElements(ImplicitLocOpBuilder &b, Value from, AffineMap map,
                          ArrayRef<OpFoldResult> shape) {
  Type element = cast<RankedTensorType>(from.getType()).getElementType();
  unsigned rank = shape.size();
  return makeGeneric(
      b, from, makeEmpty(b, shape, element),
      {map, b.getMultiDimIdentityMap(rank)}, rank,
      [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
}

/// Gathers the windows: six nested loops, as one linalg operation over the
/// padded image.
Value mlir::bitnet::gatherWindows(ImplicitLocOpBuilder &b, Value x,
                                  ConvAttr conv,
                                  SmallVectorImpl<OpFoldResult> &extents) {
  ArrayRef<int64_t> pads = conv.getPads(), kernel = conv.getKernel();
  Value padded =
      padWithZeros(b, x, {0, 0, pads[0], pads[1]}, {0, 0, pads[2], pads[3]});
  // The extents B, OH, OW, which scatterWindows needs.
  extents.assign({getExtent(b, padded, 0)});
  for (unsigned i : {0u, 1u})
    extents.push_back(getWindows(b, getExtent(b, padded, 2 + i), conv, i));
  padded = cutToWindows(b, padded, conv, ArrayRef(extents).drop_front(), 2);
  SmallVector<OpFoldResult> shape = llvm::to_vector(extents);
  shape.push_back(getExtent(b, padded, 1));
  shape.append({b.getIndexAttr(kernel[0]), b.getIndexAttr(kernel[1])});

  SmallVector<AffineExpr> d(6);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(d));
  auto window = [&](unsigned i) {
    return d[1 + i] * conv.getStrides()[i] + d[4 + i] * conv.getDilations()[i];
  };
  AffineMap from =
      AffineMap::get(6, 0, {d[0], d[3], window(0), window(1)}, b.getContext());
  return collapseInTwo(b, copyElements(b, padded, from, shape));
}

/// [B, C, H, W] as [B, H, W, C]. Rows and columns of the image are joined for
/// it, so that short rows of an image do not make short rows of the
/// transposition.
static Value moveChannelsLast(ImplicitLocOpBuilder &b, Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<OpFoldResult> e = getExtents(b, x);
  Value planes = tensor::CollapseShapeOp::create(
      b, x, ArrayRef<ReassociationIndices>{{0}, {1}, {2, 3}});
  Value init = makeEmpty(b, {e[0], getExtent(b, planes, 2), e[1]},
                         type.getElementType());
  Value last =
      linalg::TransposeOp::create(b, planes, init, ArrayRef<int64_t>{0, 2, 1})
          ->getResult(0);
  ArrayRef<int64_t> d = type.getShape();
  return tensor::ExpandShapeOp::create(
      b, type.clone({d[0], d[2], d[3], d[1]}), last,
      ArrayRef<ReassociationIndices>{{0}, {1, 2}, {3}},
      SmallVector<OpFoldResult>{e[0], e[2], e[3], e[1]});
}

Value mlir::bitnet::gatherChannelsLast(ImplicitLocOpBuilder &b, Value x,
                                       ConvAttr conv,
                                       SmallVectorImpl<OpFoldResult> &extents) {
  ArrayRef<int64_t> pads = conv.getPads(), kernel = conv.getKernel(),
                    strides = conv.getStrides(),
                    dilations = conv.getDilations();
  Value padded =
      padWithZeros(b, moveChannelsLast(b, x), {0, pads[0], pads[1], 0},
                   {0, pads[2], pads[3], 0});
  extents.assign({getExtent(b, padded, 0)});
  for (unsigned i : {0u, 1u})
    extents.push_back(getWindows(b, getExtent(b, padded, 1 + i), conv, i));
  padded = cutToWindows(b, padded, conv, ArrayRef(extents).drop_front(), 1);
  bool single = conv.getArea() == 1 && strides[0] == 1 && strides[1] == 1;
  if (single)
    return collapseInTwo(b, padded);

  // A row of a window lies in one piece unless it is dilated.
  int64_t channels = cast<RankedTensorType>(x.getType()).getDimSize(1);
  int64_t pieces = dilations[1] == 1 ? 1 : kernel[1];
  SmallVector<OpFoldResult> shape = llvm::to_vector(extents);
  for (int64_t extent : {kernel[0], pieces, kernel[1] / pieces * channels})
    shape.push_back(b.getIndexAttr(extent));
  Value lines = tensor::CollapseShapeOp::create(
      b, padded, ArrayRef<ReassociationIndices>{{0}, {1}, {2, 3}});
  SmallVector<AffineExpr> d(6);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(d));
  AffineExpr row = d[1] * strides[0] + d[3] * dilations[0];
  AffineExpr at =
      d[2] * (strides[1] * channels) + d[4] * (dilations[1] * channels) + d[5];
  AffineMap from = AffineMap::get(6, 0, {d[0], row, at}, b.getContext());
  return collapseInTwo(b, copyElements(b, lines, from, shape));
}

/// Whether a tap of window `index` meets an image of `extent` elements along
/// axis `i`: some t in [0, kernel) with 0 <= index * stride - pad + t *
/// dilation < extent.
static Value meetsImage(ImplicitLocOpBuilder &b, ConvAttr conv, unsigned i,
                        Value index, Value extent) {
  auto number = [&](int64_t v) -> Value {
    return arith::ConstantIndexOp::create(b, v);
  };
  Value dilation = number(conv.getDilations()[i]), zero = number(0);
  Value at = arith::MulIOp::create(b, index, number(conv.getStrides()[i]));
  // `ahead` is how far the first tap lies in front of the image, `reach` how
  // far the last pixel lies behind the first tap.
  Value ahead = arith::SubIOp::create(b, number(conv.getPads()[i]), at);
  Value reach = arith::AddIOp::create(
      b, arith::SubIOp::create(b, extent, number(1)), ahead);
  Value first = arith::MaxSIOp::create(
      b, arith::CeilDivSIOp::create(b, ahead, dilation), zero);
  Value last =
      arith::MinSIOp::create(b, arith::FloorDivSIOp::create(b, reach, dilation),
                             number(conv.getKernel()[i] - 1));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, first, last);
}

/// A window of padding alone has scale 1: no NaN of its sample reaches it.
Value mlir::bitnet::repeatScale(ImplicitLocOpBuilder &b, Value scale, Value x,
                                ConvAttr conv, ArrayRef<OpFoldResult> extents) {
  auto type = cast<RankedTensorType>(scale.getType());
  SmallVector<OpFoldResult> shape = llvm::to_vector(extents);
  shape.push_back(b.getIndexAttr(1));
  AffineExpr zero = b.getAffineConstantExpr(0);
  AffineExpr sample = type.getDimSize(0) == 1 ? zero : b.getAffineDimExpr(0);
  AffineMap from =
      AffineMap::get(4, 0, {sample, zero, zero, zero}, b.getContext());
  std::array<Value, 2> images;
  for (unsigned i : {0u, 1u})
    if (OpFoldResult extent = getExtent(b, x, 2 + i);
        conv.mayMissImage(i, getConstantIntValue(extent)))
      images[i] = getValueOrCreateConstantIndexOp(b, b.getLoc(), extent);
  auto body = [&](ImplicitLocOpBuilder &inner, ValueRange args) {
    Value result = args[0];
    for (unsigned i : {0u, 1u}) {
      if (!images[i])
        continue;
      Value index = linalg::IndexOp::create(inner, 1 + i);
      Value meets = meetsImage(inner, conv, i, index, images[i]);
      Value one = arith::ConstantOp::create(
          inner, inner.getFloatAttr(type.getElementType(), 1.0));
      result = arith::SelectOp::create(inner, meets, result, one);
    }
    return result;
  };
  Value repeated =
      makeGeneric(b, scale, makeEmpty(b, shape, type.getElementType()),
                  {from, b.getMultiDimIdentityMap(4)}, 4, body);
  return collapseInTwo(b, repeated);
}

/// Rows are [B*OH*OW, F]; channels move back in front.
Value mlir::bitnet::scatterWindows(ImplicitLocOpBuilder &b, Value rows,
                                   ArrayRef<OpFoldResult> extents,
                                   RankedTensorType type) {
  auto rowsType = cast<RankedTensorType>(rows.getType());
  auto expand = [&](Value value, ArrayRef<OpFoldResult> shape,
                    ArrayRef<ReassociationIndices> groups) -> Value {
    SmallVector<int64_t> extents;
    SmallVector<Value> dynamic;
    dispatchIndexOpFoldResults(shape, dynamic, extents);
    return tensor::ExpandShapeOp::create(b, rowsType.clone(extents), value,
                                         groups, shape);
  };
  OpFoldResult batch = extents[0], height = extents[1], width = extents[2],
               filters = getExtent(b, rows, 1);
  Value windows =
      expand(rows, {batch, height, width, filters}, {{0, 1, 2}, {3}});
  Value lines = tensor::CollapseShapeOp::create(
      b, windows, ArrayRef<ReassociationIndices>{{0}, {1, 2}, {3}});
  Value init = makeEmpty(b, {batch, filters, getExtent(b, lines, 1)},
                         rowsType.getElementType());
  Value planes =
      linalg::TransposeOp::create(b, lines, init, ArrayRef<int64_t>{0, 2, 1})
          ->getResult(0);
  Value result =
      expand(planes, {batch, filters, height, width}, {{0}, {1}, {2, 3}});
  if (result.getType() != type)
    result = tensor::CastOp::create(b, type, result);
  return result;
}
