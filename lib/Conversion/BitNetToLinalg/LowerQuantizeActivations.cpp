//===- LowerQuantizeActivations.cpp - act_c1, act_c2, act_c3 --------------===//
//
// act_c1 as linalg: absmax over the reduced axes, the scale, then the codes.
// Every step rounds to the element type of x (act_c3), and none may be fused.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "bitnet/Dialect/BitNet/Transforms/ActivationScale.h"
#include "bitnet/Dialect/BitNet/Transforms/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Scalar arithmetic as the graph does it (act_c3): operations of a 16-bit type
/// are computed in f32 and rounded to that type one by one. Values are held in
/// the compute type.
class RoundedMath {
public:
  RoundedMath(ImplicitLocOpBuilder &b, Type element)
      : b(b), element(element),
        compute(element.getIntOrFloatBitWidth() < 32 ? b.getF32Type()
                                                     : element) {}

  Value load(Value value) { return castFloat(b, value, compute); }
  Value store(Value value) { return castFloat(b, value, element); }
  Value constant(double value) {
    APFloat rounded(value);
    bool lost;
    rounded.convert(cast<FloatType>(element).getFloatSemantics(),
                    APFloat::rmNearestTiesToEven, &lost);
    rounded.convert(cast<FloatType>(compute).getFloatSemantics(),
                    APFloat::rmNearestTiesToEven, &lost);
    return arith::ConstantOp::create(b, b.getFloatAttr(compute, rounded));
  }
  Value mul(Value x, Value y) { return round(arith::MulFOp::create(b, x, y)); }
  Value div(Value x, Value y) { return round(arith::DivFOp::create(b, x, y)); }

private:
  Value round(Value value) { return load(store(value)); }

  ImplicitLocOpBuilder &b;
  Type element, compute;
};

/// One quantize_activations operation and what its loops share.
class Lowering {
public:
  Lowering(ImplicitLocOpBuilder &b, QuantizeActivationsOp op);
  SmallVector<Value, 2> build();

private:
  using Combine = function_ref<Value(ImplicitLocOpBuilder &, Value, Value)>;
  Value reduceMagnitudes(double start, Combine combine);
  Value buildMaximum();
  Value buildMinimum();
  Value buildScale(Value maximum);
  Value poison(ImplicitLocOpBuilder &b, Value scale, Value minimum);
  Value buildCodes(Value maximum, Value scale);
  Value toInteger(ImplicitLocOpBuilder &b, Value value);
  AffineMap getMap(ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(rank, 0, exprs, b.getContext());
  }

  ImplicitLocOpBuilder &b;
  QuantizeActivationsOp op;
  ActQuantAttr act;
  Type element;
  unsigned rank;
  /// Kept loops of x, its reduced ones, and how a scale is indexed.
  SmallVector<AffineExpr> kept, scaleIndex;
  SmallVector<bool> reduced;
};
} // namespace

Lowering::Lowering(ImplicitLocOpBuilder &b, QuantizeActivationsOp op)
    : b(b), op(op), act(op.getAct()) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  element = type.getElementType();
  rank = type.getRank();
  reduced.assign(rank, false);
  for (int64_t axis : act.getAxes())
    reduced[axis < 0 ? axis + rank : axis] = true;
  for (unsigned i = 0; i < rank; ++i) {
    if (!reduced[i])
      kept.push_back(b.getAffineDimExpr(i));
    scaleIndex.push_back(reduced[i] ? b.getAffineConstantExpr(0)
                                    : b.getAffineDimExpr(i));
  }
}

/// One number for each scale out of `start` and all |x|, without the reduced
/// axes.
Value Lowering::reduceMagnitudes(double start, Combine combine) {
  SmallVector<OpFoldResult> shape;
  // makeGeneric wants parallel loops first: x is read through a permutation.
  SmallVector<AffineExpr> from(rank), to;
  unsigned parallel = kept.size(), nextKept = 0, nextReduced = parallel;
  for (unsigned i = 0; i < rank; ++i) {
    from[i] = b.getAffineDimExpr(reduced[i] ? nextReduced++ : nextKept++);
    if (reduced[i])
      continue;
    shape.push_back(getExtent(b, op.getX(), i));
    to.push_back(from[i]);
  }
  RoundedMath outer(b, element);
  Value first = outer.store(outer.constant(start));
  Value empty = makeEmpty(b, shape, element);
  Value init = linalg::FillOp::create(b, first, empty).getResult(0);
  return makeGeneric(b, op.getX(), init, {getMap(from), getMap(to)}, parallel,
                     [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                       Value abs = math::AbsFOp::create(b, args[0]);
                       return combine(b, args[1], abs);
                     });
}

/// m = max(absmax(x), eps). `maximumf` hands a NaN on (act_c2).
Value Lowering::buildMaximum() {
  return reduceMagnitudes(act.getEps().getValueAsDouble(),
                          [](ImplicitLocOpBuilder &b, Value m, Value x) {
                            return arith::MaximumFOp::create(b, m, x);
                          });
}

/// The smallest |x|: whether there is a 0.
Value Lowering::buildMinimum() {
  return reduceMagnitudes(INFINITY,
                          [](ImplicitLocOpBuilder &b, Value m, Value x) {
                            return arith::MinNumFOp::create(b, m, x);
                          });
}

/// NaN instead of an infinite scale that meets a 0 (act_c2).
Value Lowering::poison(ImplicitLocOpBuilder &b, Value scale, Value minimum) {
  RoundedMath math(b, element);
  auto is = [&](Value value, double number) -> Value {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, value,
                                 math.constant(number));
  };
  Value isNaN = arith::AndIOp::create(b, is(scale, INFINITY), is(minimum, 0));
  return arith::SelectOp::create(b, isNaN, math.constant(NAN), scale);
}

/// The scale of act_c1 out of `maximum`, in the shape of x with the reduced
/// dimensions 1. Where the scale may become infinite, the smallest |x| is read
/// too (see poison).
Value Lowering::buildScale(Value maximum) {
  SmallVector<Value> operands{maximum};
  SmallVector<AffineMap> maps{getMap(kept)};
  if (mayOverflow(act, cast<FloatType>(element))) {
    operands.push_back(buildMinimum());
    maps.push_back(getMap(kept));
  }
  maps.push_back(b.getMultiDimIdentityMap(rank));
  SmallVector<OpFoldResult> shape;
  for (unsigned i = 0; i < rank; ++i)
    shape.push_back(reduced[i] ? OpFoldResult(b.getIndexAttr(1))
                               : getExtent(b, op.getX(), i));
  return makeGeneric(b, operands, makeEmpty(b, shape, element), maps, rank,
                     [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                       RoundedMath math(b, element);
                       Value m = math.load(args[0]),
                             qmax = math.constant(act.getQmax());
                       Value s =
                           act.getForm() == ScaleForm::ReciprocalMul
                               ? math.mul(math.div(math.constant(1), m), qmax)
                               : math.div(qmax, m);
                       if (operands.size() > 1)
                         s = poison(b, s, math.load(args[1]));
                       // act_c2: m - m is 0, or NaN when m is not finite.
                       Value nan = arith::SubFOp::create(b, m, m);
                       return math.store(arith::AddFOp::create(b, s, nan));
                     });
}

/// clamp(round half to even) as an integer; never undefined, as a NaN fails the
/// first comparison and becomes the bound (act_c2).
Value Lowering::toInteger(ImplicitLocOpBuilder &b, Value value) {
  Type type = value.getType();
  auto bound = [&](int64_t v) -> Value {
    return arith::ConstantOp::create(b, b.getFloatAttr(type, double(v)));
  };
  Value rounded = math::RoundEvenOp::create(b, value);
  Value high = bound(act.getHigh()), low = bound(act.getLow());
  Value below =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, rounded, high);
  rounded = arith::SelectOp::create(b, below, rounded, high);
  Value above =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, rounded, low);
  rounded = arith::SelectOp::create(b, above, rounded, low);
  Type code = cast<RankedTensorType>(op.getCodes().getType()).getElementType();
  return arith::FPToSIOp::create(b, code, rounded);
}

/// The codes of x. The form MulDivide computes x * qmax / m from the maximum m;
/// the others multiply x by the rounded scale.
Value Lowering::buildCodes(Value maximum, Value scale) {
  bool divides = act.getForm() == ScaleForm::MulDivide;
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  Type code = cast<RankedTensorType>(op.getCodes().getType()).getElementType();
  Value init = makeEmpty(b, getExtents(b, op.getX()), code);
  Value factor = divides ? maximum : scale;
  return makeGeneric(
      b, {op.getX(), factor}, init,
      {identity, getMap(divides ? kept : scaleIndex), identity}, rank,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        RoundedMath math(b, element);
        Value x = math.load(args[0]), y = math.load(args[1]);
        if (divides)
          return toInteger(
              b, math.div(math.mul(x, math.constant(act.getQmax())), y));
        return toInteger(b, math.mul(x, y));
      });
}

SmallVector<Value, 2> Lowering::build() {
  Value maximum = buildMaximum();
  Value scale = buildScale(maximum);
  return {buildCodes(maximum, scale), scale};
}

SmallVector<Value, 2>
mlir::bitnet::lowerQuantizeActivations(ImplicitLocOpBuilder &b,
                                       QuantizeActivationsOp op) {
  return Lowering(b, op).build();
}
