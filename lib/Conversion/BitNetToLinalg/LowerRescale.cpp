//===- LowerRescale.cpp - mm_c2 -------------------------------------------===//
//
// mm_c2 as one elementwise nest, or with groups a reduction over them: (acc *
// r) * scale + bias, rounded once to the result's type.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "bitnet/Dialect/BitNet/Transforms/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// r = 1/s, once per row (IEEE division).
static Value buildReciprocal(ImplicitLocOpBuilder &b, Value scale) {
  Type f32 = b.getF32Type();
  AffineMap identity = b.getMultiDimIdentityMap(2);
  return makeGeneric(
      b, scale, makeEmpty(b, getExtents(b, scale), f32), {identity, identity},
      2, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value one = arith::ConstantOp::create(b, b.getF32FloatAttr(1));
        return arith::DivFOp::create(b, one, castFloat(b, args[0], f32));
      });
}

/// A sum as f32. An i32 sum rounds to nearest even, which is exact up to 2^24.
static Value toF32(ImplicitLocOpBuilder &b, Value acc) {
  if (isa<FloatType>(acc.getType()))
    return castFloat(b, acc, b.getF32Type());
  return arith::SIToFPOp::create(b, b.getF32Type(), acc);
}

namespace {
/// Operands of one loop nest over (m, n) or (m, n, g), in the order in which
/// the body takes them.
struct Operands {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;

  void add(Value value, AffineMap map) {
    values.push_back(value);
    maps.push_back(map);
  }
};
} // namespace

/// How weight scales are indexed by row n of the weights and group g.
static AffineMap getWeightScaleMap(unsigned dims, Value scale, AffineExpr n,
                                   AffineExpr g) {
  SmallVector<AffineExpr> index = {n, g};
  index.resize(getTensorType(scale).getRank());
  return AffineMap::get(dims, 0, index, n.getContext());
}

/// (f32(acc)*r)*ws: two roundings; absent factors are 1 and cost none.
static Value scaleElement(ImplicitLocOpBuilder &b, RescaleOp op,
                          ValueRange args) {
  Value value = toF32(b, args[0]);
  unsigned next = 1;
  if (op.getScale())
    value = arith::MulFOp::create(b, value, args[next++]);
  if (op.getWeightScale())
    value = arith::MulFOp::create(b, value,
                                  castFloat(b, args[next++], b.getF32Type()));
  return value;
}

/// Groups are added in ascending order: g is the outermost, sequential loop.
static Value sumGroups(ImplicitLocOpBuilder &b, RescaleOp op,
                       Value reciprocal) {
  AffineExpr g, m, n;
  bindDims(b.getContext(), g, m, n);
  auto map = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(3, 0, exprs, b.getContext());
  };
  Operands in;
  in.add(op.getAcc(), map({g, m, n}));
  if (reciprocal)
    in.add(reciprocal, map({m, b.getAffineConstantExpr(0)}));
  in.add(op.getWeightScale(), getWeightScaleMap(3, op.getWeightScale(), n, g));
  SmallVector<OpFoldResult> shape = getExtents(b, op.getAcc());
  shape.erase(shape.begin());
  Value init = makeZeros(b, shape, b.getF32Type());
  in.maps.push_back(map({m, n}));
  using utils::IteratorType;
  auto generic = linalg::GenericOp::create(
      b, TypeRange(init.getType()), in.values, ValueRange(init), in.maps,
      ArrayRef<IteratorType>{IteratorType::reduction, IteratorType::parallel,
                             IteratorType::parallel},
      [&](OpBuilder &inner, Location loc, ValueRange args) {
        ImplicitLocOpBuilder nested(loc, inner);
        Value term = scaleElement(nested, op, args);
        Value sum = arith::AddFOp::create(nested, args.back(), term);
        linalg::YieldOp::create(nested, sum);
      });
  return generic.getResult(0);
}

/// Without groups one nest does it all. With groups sumGroups has applied both
/// scales, so the nest here only adds the bias and rounds.
Value mlir::bitnet::lowerRescale(ImplicitLocOpBuilder &b, RescaleOp op) {
  Value reciprocal =
      op.getScale() ? buildReciprocal(b, op.getScale()) : Value();
  bool grouped = getTensorType(op.getAcc()).getRank() == 3;
  AffineExpr m, n;
  bindDims(b.getContext(), m, n);
  auto map = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(2, 0, exprs, b.getContext());
  };
  AffineExpr zero = b.getAffineConstantExpr(0);
  Operands in;
  in.add(grouped ? sumGroups(b, op, reciprocal) : op.getAcc(), map({m, n}));
  if (!grouped && reciprocal)
    in.add(reciprocal, map({m, zero}));
  if (!grouped && op.getWeightScale())
    in.add(op.getWeightScale(),
           getWeightScaleMap(2, op.getWeightScale(), n, zero));
  if (op.getBias())
    in.add(op.getBias(), map({n}));
  Type element = getTensorType(op.getY()).getElementType();
  Value init = makeEmpty(b, getExtents(b, in.values[0]), element);
  in.maps.push_back(map({m, n}));
  return makeGeneric(
      b, in.values, init, in.maps, 2,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value value = grouped ? args[0] : scaleElement(b, op, args);
        if (op.getBias()) {
          Value bias = castFloat(b, args[args.size() - 2], b.getF32Type());
          value = arith::AddFOp::create(b, value, bias);
        }
        return castFloat(b, value, element);
      });
}
