//===- DecomposeProduct.cpp - activations and products of one layer -------===//
//
// Quantizers and products of layers on tensors of rank 2.
//
//===----------------------------------------------------------------------===//

#include "DecomposeLinear.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// A nest that computes one value of type `element` from each element of
/// `input`.
static Value mapElements(ImplicitLocOpBuilder &b, ValueRange inputs,
                         Type element, BodyBuilder body) {
  unsigned rank = getTensorType(inputs[0]).getRank();
  SmallVector<AffineMap> maps(inputs.size() + 1,
                              b.getMultiDimIdentityMap(rank));
  Value init = makeEmpty(b, getExtents(b, inputs[0]), element);
  return makeGeneric(b, inputs, init, maps, rank, body);
}

/// x as [M, K]; it is made once per value and basic block, like codes.
Value ActivationCache::collapse(ImplicitLocOpBuilder &b, Value x) {
  auto type = getTensorType(x);
  if (type.getRank() == 2)
    return x;
  Value &known = collapsed[{x, b.getInsertionBlock()}];
  if (known)
    return known;
  if (type.getRank() == 1) {
    auto rows =
        RankedTensorType::get({1, type.getDimSize(0)}, type.getElementType());
    SmallVector<OpFoldResult> shape = {b.getIndexAttr(1), getExtent(b, x, 0)};
    return known = tensor::ExpandShapeOp::create(
               b, rows, x, ArrayRef<ReassociationIndices>{{0, 1}}, shape);
  }
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t i = 0, e = type.getRank(); i < e; ++i)
    groups[i + 1 < e ? 0 : 1].push_back(i);
  return known = tensor::CollapseShapeOp::create(b, x, groups);
}

/// A float that holds a code as an integer. Clamped so that the conversion is
/// never undefined: a NaN fails the first comparison (act_c2).
static Value toCode(ImplicitLocOpBuilder &b, Value value, Type to,
                    ActQuantAttr act) {
  auto clamp = [&](arith::CmpFPredicate keep, int64_t limit) {
    Value bound = arith::ConstantOp::create(
        b, b.getFloatAttr(value.getType(), double(limit)));
    Value inside = arith::CmpFOp::create(b, keep, value, bound);
    value = arith::SelectOp::create(b, inside, value, bound);
  };
  clamp(arith::CmpFPredicate::OLT, act.getHigh());
  clamp(arith::CmpFPredicate::OGT, act.getLow());
  return arith::FPToSIOp::create(b, to, value);
}

/// With the form `codes`, x holds integers already, so the conversion is exact.
static Value convertCodes(ImplicitLocOpBuilder &b, Value x, Type to,
                          ActQuantAttr act) {
  Type from = getTensorType(x).getElementType();
  if (from == to)
    return x;
  return mapElements(
      b, x, to, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        if (isa<FloatType>(from))
          return toCode(b, args[0], to, act);
        if (from.getIntOrFloatBitWidth() > to.getIntOrFloatBitWidth())
          return arith::TruncIOp::create(b, to, args[0]);
        return arith::ExtSIOp::create(b, to, args[0]);
      });
}

/// x - x is 0 for every number and NaN for NaN and infinities.
Value mlir::bitnet::sumPoison(ImplicitLocOpBuilder &b, Value x, unsigned axis,
                              float start) {
  auto type = getTensorType(x);
  unsigned rank = type.getRank();
  // makeGeneric wants parallel loops first: x is read through a permutation.
  SmallVector<OpFoldResult> shape(rank, b.getIndexAttr(1));
  SmallVector<AffineExpr> from, to;
  for (unsigned i = 0; i < rank; ++i) {
    from.push_back(
        b.getAffineDimExpr(i == axis ? rank - 1 : i - (i > axis ? 1 : 0)));
    to.push_back(i == axis ? b.getAffineConstantExpr(0) : from.back());
    if (i != axis)
      shape[i] = getExtent(b, x, i);
  }
  auto map = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(rank, 0, exprs, b.getContext());
  };
  Type f32 = b.getF32Type();
  Value first = arith::ConstantOp::create(b, b.getF32FloatAttr(start));
  Value init =
      linalg::FillOp::create(b, first, makeEmpty(b, shape, f32)).getResult(0);
  return makeGeneric(b, x, init, {map(from), map(to)}, rank - 1,
                     [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                       Value v = castFloat(b, args[0], f32);
                       Value poison = arith::SubFOp::create(b, v, v);
                       return arith::AddFOp::create(b, args[1], poison);
                     });
}

/// A probe shows the codes under the name of the first layer that reads them.
QuantizedActivation ActivationCache::get(ImplicitLocOpBuilder &b,
                                         LinearOp linear, Value x,
                                         ActQuantAttr act) {
  QuantizedActivation &known = quantized[{{x, b.getInsertionBlock()}, act}];
  if (known.codes)
    return known;
  unsigned width = act.fitsInt8() ? 8 : 16;
  auto type = getTensorType(x);
  if (act.getForm() == ScaleForm::Codes) {
    known = {convertCodes(b, x, b.getIntegerType(width), act), {}};
    if (isa<FloatType>(type.getElementType()) && !linear.getConvAttr())
      known.scale = sumPoison(b, x, type.getRank() - 1, /*start=*/1);
  } else {
    SmallVector<int64_t> reduced(type.getShape());
    for (int64_t axis : act.getAxes())
      reduced[axis < 0 ? axis + type.getRank() : axis] = 1;
    auto op = QuantizeActivationsOp::create(
        b, type.clone(b.getIntegerType(width)), type.clone(reduced), x, act);
    known = {op.getCodes(), op.getScale()};
  }
  ProbeOp::create(b, linear.getName(), known.codes);
  return known;
}

/// A bitnet.matmul into a fresh accumulator.
static Value buildMatMul(ImplicitLocOpBuilder &b, LinearOp op, Value rows) {
  Type element = getTensorType(rows).getElementType();
  Type acc =
      isa<IntegerType>(element) ? Type(b.getI32Type()) : Type(b.getF32Type());
  auto weights = getTensorType(op.getW());
  SmallVector<OpFoldResult> shape = {getExtent(b, rows, 0),
                                     b.getIndexAttr(weights.getDimSize(0))};
  // A single group is the plain form, which is faster.
  IntegerAttr group = op.getGroupSizeAttr();
  if (group && group.getInt() == weights.getDimSize(1))
    group = {};
  if (group)
    shape.insert(shape.begin(),
                 b.getIndexAttr(weights.getDimSize(1) / group.getInt()));
  Value init = makeEmpty(b, shape, acc);
  auto matmul = MatMulOp::create(b, init.getType(), rows, op.getW(), Value(),
                                 init, PackingAttr(), group, LoweringAttr());
  // Stage 3 tells the layer's record how the weights are packed.
  BitNetDialect::LayerAttrHelper(b.getContext())
      .setAttr(matmul, op.getNameAttr());
  return matmul->getResult(0);
}

/// w_c2: i16 codes that may be +128 as int8 codes plus what is cut off, which
/// is multiplied on its own: exact.
static Value buildSplitMatMul(ImplicitLocOpBuilder &b, LinearOp op,
                              Value rows) {
  Type i8 = b.getI8Type();
  auto part = [&](bool rest) {
    return mapElements(
        b, rows, i8, [&](ImplicitLocOpBuilder &b, ValueRange args) {
          Type i16 = args[0].getType();
          Value limit =
              arith::ConstantOp::create(b, b.getIntegerAttr(i16, 127));
          Value low = arith::MinSIOp::create(b, args[0], limit);
          Value value =
              rest ? arith::SubIOp::create(b, args[0], low).getResult() : low;
          return arith::TruncIOp::create(b, i8, value).getResult();
        });
  };
  Value low = buildMatMul(b, op, part(false));
  Value rest = buildMatMul(b, op, part(true));
  return mapElements(
      b, {low, rest}, b.getI32Type(),
      [](ImplicitLocOpBuilder &b, ValueRange args) {
        return arith::AddIOp::create(b, args[0], args[1]).getResult();
      });
}

/// Float `rows` with elements of type `element`.
static Value convertFloats(ImplicitLocOpBuilder &b, Value rows, Type element) {
  if (getTensorType(rows).getElementType() == element)
    return rows;
  return mapElements(b, rows, element,
                     [&](ImplicitLocOpBuilder &b, ValueRange args) {
                       return castFloat(b, args[0], element);
                     });
}

/// Codes of 16 bits are split in two products; the rest is one product.
static Value buildTernary(ImplicitLocOpBuilder &b, LinearOp op, Value rows,
                          Value scale) {
  Type element = getTensorType(rows).getElementType();
  if (isa<FloatType>(element))
    rows = convertFloats(b, rows, b.getF32Type());
  else if (element.getIntOrFloatBitWidth() > 16)
    rows = convertCodes(b, rows, b.getI8Type(), ActQuantAttr());
  // Codes have type i16 only when they may be +128.
  bool split = element.isInteger(16);
  Value acc = split ? buildSplitMatMul(b, op, rows) : buildMatMul(b, op, rows);
  Type result = getTensorType(op.getY()).getElementType();
  if (isa<IntegerType>(result))
    return acc;
  SmallVector<int64_t> shape(getTensorType(acc).getShape().take_back(2));
  return RescaleOp::create(b, RankedTensorType::get(shape, result), acc, scale,
                           op.getScale(), op.getBias());
}

Value mlir::bitnet::buildProduct(ImplicitLocOpBuilder &b, LinearOp linear,
                                 Value rows, Value scale) {
  return linear.isTernary() ? buildTernary(b, linear, rows, scale)
                            : buildFloatProduct(b, linear, rows);
}
