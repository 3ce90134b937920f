//===- DecomposeConv.cpp - convolutions as products of windows ------------===//

#include "DecomposeLinear.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

/// (in - span) / stride + 1 for a padded extent `in`, never negative.
static OpFoldResult getWindows(ImplicitLocOpBuilder &b, Value padded,
                               ConvAttr conv, unsigned i) {
  int64_t span = conv.getDilations()[i] * (conv.getKernel()[i] - 1) + 1;
  int64_t stride = conv.getStrides()[i];
  OpFoldResult in = getExtent(b, padded, 2 + i);
  if (std::optional<int64_t> known = getConstantIntValue(in))
    return b.getIndexAttr(*known < span ? 0 : (*known - span) / stride + 1);
  auto index = [&](int64_t v) {
    return arith::ConstantIndexOp::create(b, v).getResult();
  };
  Value room = arith::AddIOp::create(b, cast<Value>(in), index(stride - span));
  room = arith::MaxSIOp::create(b, room, index(0));
  return arith::DivUIOp::create(b, room, index(stride)).getResult();
}

/// [a, b, c, x, y, z] to [a*b*c, x*y*z], or to [a*b*c, z] with `keep` == 1.
static Value collapseInTwo(ImplicitLocOpBuilder &b, Value value) {
  SmallVector<ReassociationIndices> groups(2);
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  for (int64_t i = 0; i < rank; ++i)
    groups[i < 3 ? 0 : 1].push_back(i);
  return tensor::CollapseShapeOp::create(b, value, groups);
}

Value mlir::bitnet::gatherWindows(ImplicitLocOpBuilder &b, Value x,
                                  ConvAttr conv,
                                  SmallVectorImpl<OpFoldResult> &extents) {
  ArrayRef<int64_t> pads = conv.getPads(), kernel = conv.getKernel();
  Value padded =
      padWithZeros(b, x, {0, 0, pads[0], pads[1]}, {0, 0, pads[2], pads[3]});
  extents.assign({getExtent(b, padded, 0), getWindows(b, padded, conv, 0),
                  getWindows(b, padded, conv, 1)});
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
  Type element = cast<RankedTensorType>(x.getType()).getElementType();
  Value windows = makeGeneric(
      b, padded, makeEmpty(b, shape, element),
      {from, b.getMultiDimIdentityMap(6)}, 6,
      [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
  return collapseInTwo(b, windows);
}

Value mlir::bitnet::repeatScale(ImplicitLocOpBuilder &b, Value scale,
                                ArrayRef<OpFoldResult> extents) {
  auto type = cast<RankedTensorType>(scale.getType());
  SmallVector<OpFoldResult> shape = llvm::to_vector(extents);
  shape.push_back(b.getIndexAttr(1));
  AffineExpr zero = b.getAffineConstantExpr(0);
  AffineExpr sample = type.getDimSize(0) == 1 ? zero : b.getAffineDimExpr(0);
  AffineMap from =
      AffineMap::get(4, 0, {sample, zero, zero, zero}, b.getContext());
  Value repeated = makeGeneric(
      b, scale, makeEmpty(b, shape, type.getElementType()),
      {from, b.getMultiDimIdentityMap(4)}, 4,
      [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
  return collapseInTwo(b, repeated);
}

Value mlir::bitnet::scatterWindows(ImplicitLocOpBuilder &b, Value rows,
                                   ArrayRef<OpFoldResult> extents,
                                   RankedTensorType type) {
  auto rowsType = cast<RankedTensorType>(rows.getType());
  SmallVector<OpFoldResult> shape = llvm::to_vector(extents);
  shape.push_back(getExtent(b, rows, 1));
  SmallVector<int64_t> staticShape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(shape, dynamic, staticShape);
  auto expandedType =
      RankedTensorType::get(staticShape, rowsType.getElementType());
  SmallVector<ReassociationIndices> groups = {{0, 1, 2}, {3}};
  Value expanded =
      tensor::ExpandShapeOp::create(b, expandedType, rows, groups, shape);
  SmallVector<OpFoldResult> target = {shape[0], shape[3], shape[1], shape[2]};
  Value init = makeEmpty(b, target, rowsType.getElementType());
  Value result = linalg::TransposeOp::create(b, expanded, init,
                                             ArrayRef<int64_t>{0, 3, 1, 2})
                     ->getResult(0);
  if (result.getType() != type)
    result = tensor::CastOp::create(b, type, result);
  return result;
}
