//===- ScalarMath.cpp - scalar code shared by op files --------------------===//
//
// Scalar code whose result is defined for every input, as NumPy or onnxruntime
// define it, where arith leaves it open: division by zero, conversions out of
// range.
//
//===----------------------------------------------------------------------===//

#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::bitnet;

bool mlir::bitnet::isNarrowFloat(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32;
}

Value mlir::bitnet::widen(ScalarBuilder &s, Value v) {
  if (!isNarrowFloat(v.getType()))
    return v;
  return s.make<arith::ExtFOp>(s.b.getF32Type(), v);
}

//===----------------------------------------------------------------------===//
// Integer division
//===----------------------------------------------------------------------===//

static Value compare(ScalarBuilder &s, arith::CmpIPredicate predicate, Value v,
                     int64_t constant) {
  return s.make<arith::CmpIOp>(predicate, v,
                               s.intConstant(v.getType(), constant));
}

/// rhs with the divisors that arith leaves undefined replaced by 1.
static Value safeDivisor(ScalarBuilder &s, Value rhs, Value isZero,
                         Value isMinusOne) {
  Value one = s.intConstant(rhs.getType(), 1);
  if (isMinusOne)
    rhs = s.make<arith::SelectOp>(isMinusOne, one, rhs);
  return s.make<arith::SelectOp>(isZero, one, rhs);
}

/// The quotient, rounded toward zero. x / 0 is 0, and the minimum divided by -1
/// wraps.
Value mlir::bitnet::divideInt(ScalarBuilder &s, Value lhs, Value rhs,
                              bool isUnsigned) {
  Value zero = s.intConstant(rhs.getType(), 0);
  Value isZero = compare(s, arith::CmpIPredicate::eq, rhs, 0);
  if (isUnsigned) {
    Value quotient =
        s.make<arith::DivUIOp>(lhs, safeDivisor(s, rhs, isZero, {}));
    return s.make<arith::SelectOp>(isZero, zero, quotient);
  }
  Value isMinusOne = compare(s, arith::CmpIPredicate::eq, rhs, -1);
  Value divisor = safeDivisor(s, rhs, isZero, isMinusOne);
  Value quotient = s.make<arith::DivSIOp>(lhs, divisor);
  Value negated = s.make<arith::SubIOp>(zero, lhs);
  quotient = s.make<arith::SelectOp>(isMinusOne, negated, quotient);
  return s.make<arith::SelectOp>(isZero, zero, quotient);
}

Value mlir::bitnet::remainderInt(ScalarBuilder &s, Value lhs, Value rhs,
                                 bool isUnsigned) {
  // Divisors 0 and -1 become 1, whose remainder is their defined result: 0.
  Value isZero = compare(s, arith::CmpIPredicate::eq, rhs, 0);
  if (isUnsigned)
    return s.make<arith::RemUIOp>(lhs, safeDivisor(s, rhs, isZero, {}));
  Value isMinusOne = compare(s, arith::CmpIPredicate::eq, rhs, -1);
  return s.make<arith::RemSIOp>(lhs, safeDivisor(s, rhs, isZero, isMinusOne));
}

//===----------------------------------------------------------------------===//
// Cast
//===----------------------------------------------------------------------===//

/// A bool is 0 or 1.
static bool isUnsignedType(Type type) {
  return type.isUnsignedInteger() || type.isInteger(1);
}

/// Clamps to the integers of `to`, then converts.
static Value floatToInt(ScalarBuilder &s, Value v, IntegerType to) {
  auto type = cast<FloatType>(v.getType());
  unsigned width = to.getWidth();
  APInt low = APInt::getSignedMinValue(width),
        high = APInt::getSignedMaxValue(width);
  if (to.isUnsigned())
    low = APInt::getZero(width), high = APInt::getMaxValue(width);
  auto bound = [&](const APInt &value) {
    // The bound is rounded toward zero, because a rounded-up maximum would be
    // out of range again.
    APFloat f(type.getFloatSemantics());
    f.convertFromAPInt(value, !to.isUnsigned(), APFloat::rmTowardZero);
    return s.make<arith::ConstantOp>(FloatAttr::get(type, f));
  };
  v = s.make<arith::MaxNumFOp>(v, bound(low));
  v = s.make<arith::MinNumFOp>(v, bound(high));
  Type plain = signless(to);
  if (to.isUnsigned())
    return s.make<arith::FPToUIOp>(plain, v);
  return s.make<arith::FPToSIOp>(plain, v);
}

/// Casts between floats, rounding once, half to even.
static Value floatToFloat(ScalarBuilder &s, Value v, FloatType to) {
  unsigned have = cast<FloatType>(v.getType()).getWidth();
  if (have < to.getWidth())
    return s.make<arith::ExtFOp>(to, v);
  if (have > to.getWidth())
    return s.make<arith::TruncFOp>(to, v);
  return v;
}

/// Casts between integers: cuts, or widens by the sign of `from`.
static Value intToInt(ScalarBuilder &s, Value v, Type from, Type to) {
  unsigned have = v.getType().getIntOrFloatBitWidth();
  unsigned want = to.getIntOrFloatBitWidth();
  if (have > want)
    return s.make<arith::TruncIOp>(signless(to), v);
  if (have == want)
    return v;
  if (isUnsignedType(from))
    return s.make<arith::ExtUIOp>(signless(to), v);
  return s.make<arith::ExtSIOp>(signless(to), v);
}

/// `from` and `to` are ONNX types, with signs.
Value mlir::bitnet::castScalar(ScalarBuilder &s, Value v, Type from, Type to) {
  bool fromFloat = isa<FloatType>(from), toFloat = isa<FloatType>(to);
  if (fromFloat && toFloat)
    return floatToFloat(s, v, cast<FloatType>(to));
  if (to.isInteger(1) && from.isInteger(1))
    return v;
  if (to.isInteger(1)) {
    Value zero = s.constant(v.getType(), 0);
    if (fromFloat)
      return s.make<arith::CmpFOp>(arith::CmpFPredicate::UNE, v, zero);
    return s.make<arith::CmpIOp>(arith::CmpIPredicate::ne, v, zero);
  }
  if (fromFloat)
    return floatToInt(s, v, cast<IntegerType>(to));
  if (!toFloat)
    return intToInt(s, v, from, to);
  Type wide = to.getIntOrFloatBitWidth() < 32 ? s.b.getF32Type() : to;
  if (isUnsignedType(from))
    return s.make<arith::UIToFPOp>(wide, v);
  return s.make<arith::SIToFPOp>(wide, v);
}

/// Casts all elements.
Value NodeLowering::convert(Value v, Type from, Type to) {
  if (from == to || (isa<IntegerType>(from) && !from.isInteger(1) &&
                     signless(from) == signless(to)))
    return v;
  return map(v, signless(to), [&](ScalarBuilder &s, ValueRange args) {
    return castScalar(s, args[0], from, to);
  });
}

/// Widens floats that are narrower than f32; other values stay as they are.
Value NodeLowering::toF32(Value v) {
  Type type = elementType(v);
  if (!isa<FloatType>(type) || type.getIntOrFloatBitWidth() >= 32)
    return v;
  return convert(v, type, b.getF32Type());
}

//===----------------------------------------------------------------------===//
// Inverse hyperbolic functions
//===----------------------------------------------------------------------===//

namespace {
/// Short names for the formulas below.
struct Formula {
  ScalarBuilder &s;
  Type type;

  Value number(double v) const { return s.constant(type, v); }
  Value add(Value l, Value r) const { return s.make<arith::AddFOp>(l, r); }
  Value sub(Value l, Value r) const { return s.make<arith::SubFOp>(l, r); }
  Value mul(Value l, Value r) const { return s.make<arith::MulFOp>(l, r); }
  Value div(Value l, Value r) const { return s.make<arith::DivFOp>(l, r); }
  Value sqrt(Value v) const { return s.make<math::SqrtOp>(v); }
  Value log1p(Value v) const { return s.make<math::Log1pOp>(v); }
  Value abs(Value v) const { return s.make<math::AbsFOp>(v); }
  /// `small`, or log(2x) where x is so large that its square may overflow.
  Value orLogOfTwice(Value x, Value small) const {
    constexpr double kLn2 = 0.693147180559945309417, kLarge = 1e8;
    Value large =
        s.make<arith::CmpFOp>(arith::CmpFPredicate::OGT, x, number(kLarge));
    Value log = add(s.make<math::LogOp>(x), number(kLn2));
    return s.make<arith::SelectOp>(large, log, small);
  }
};
} // namespace

Value mlir::bitnet::asinh(ScalarBuilder &s, Value x) {
  Formula f{s, x.getType()};
  Value a = f.abs(x), square = f.mul(a, a), one = f.number(1);
  // log(a + sqrt(a^2 + 1)) = log1p(a + a^2 / (1 + sqrt(a^2 + 1)))
  Value root = f.sqrt(f.add(square, one));
  Value small = f.log1p(f.add(a, f.div(square, f.add(one, root))));
  return s.make<math::CopySignOp>(f.orLogOfTwice(a, small), x);
}

Value mlir::bitnet::acosh(ScalarBuilder &s, Value x) {
  Formula f{s, x.getType()};
  // log(x + sqrt(x^2 - 1)) = log1p(t + sqrt(2 t + t^2)) with t = x - 1
  Value t = f.sub(x, f.number(1));
  Value root = f.sqrt(f.add(f.mul(f.number(2), t), f.mul(t, t)));
  Value result = f.orLogOfTwice(x, f.log1p(f.add(t, root)));
  Value below =
      s.make<arith::CmpFOp>(arith::CmpFPredicate::OLT, x, f.number(1));
  Value nan = f.number(std::numeric_limits<double>::quiet_NaN());
  return s.make<arith::SelectOp>(below, nan, result);
}

Value mlir::bitnet::atanh(ScalarBuilder &s, Value x) {
  Formula f{s, x.getType()};
  // log((1 + a) / (1 - a)) / 2; beyond 1 log1p's argument is below -1.
  Value a = f.abs(x);
  Value ratio = f.div(f.mul(f.number(2), a), f.sub(f.number(1), a));
  return s.make<math::CopySignOp>(f.mul(f.number(0.5), f.log1p(ratio)), x);
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// 1 / (1 + e^-x), which is 0 where e^-x overflows.
Value mlir::bitnet::sigmoid(ScalarBuilder &s, Value x) {
  Value one = s.constant(x.getType(), 1);
  Value e = s.make<math::ExpOp>(s.make<arith::NegFOp>(x));
  return s.make<arith::DivFOp>(one, s.make<arith::AddFOp>(one, e));
}

/// 0.5 * x * (1 + t)
static Value geluOf(ScalarBuilder &s, Value x, Value t) {
  Value half = s.make<arith::MulFOp>(s.constant(x.getType(), 0.5), x);
  Value one = s.constant(x.getType(), 1);
  return s.make<arith::MulFOp>(half, s.make<arith::AddFOp>(one, t));
}

Value mlir::bitnet::geluErf(ScalarBuilder &s, Value x) {
  Value scale = s.constant(x.getType(), 0.70710678118654752440);
  return geluOf(s, x, s.make<math::ErfOp>(s.make<arith::MulFOp>(x, scale)));
}

Value mlir::bitnet::geluTanh(ScalarBuilder &s, Value x) {
  Type type = x.getType();
  Value square = s.make<arith::MulFOp>(x, x);
  Value cube = s.make<arith::MulFOp>(square, x);
  Value inner = s.make<arith::AddFOp>(
      x, s.make<arith::MulFOp>(s.constant(type, 0.044715), cube));
  inner =
      s.make<arith::MulFOp>(s.constant(type, 0.79788456080286535588), inner);
  return geluOf(s, x, s.make<math::TanhOp>(inner));
}
