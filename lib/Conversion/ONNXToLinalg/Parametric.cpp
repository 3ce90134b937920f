//===- Parametric.cpp - elementwise operators with parameters -------------===//
//
// Operators whose scalar code depends on attributes, constants or the types of
// several operands; the plain ones are entries of Elementwise.cpp.
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The schema may allow integers for which no meaning is implemented.
static LogicalResult requireFloat(NodeLowering &n) {
  if (isa<FloatType>(n.onnxType(0)))
    return success();
  return n.emitError() << "does not take elements of type " << n.onnxType(0);
}

//===----------------------------------------------------------------------===//
// Pow, Mod, BitShift
//===----------------------------------------------------------------------===//

/// x to the power 0.5, which is 0 of -0 and infinity of -infinity, other than
/// its square root.
static Value rootPower(ScalarBuilder &s, Value x) {
  double inf = std::numeric_limits<double>::infinity();
  Type type = x.getType();
  Value root =
      s.make<math::SqrtOp>(s.make<arith::AddFOp>(x, s.constant(type, 0)));
  Value least = s.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, x,
                                      s.constant(type, -inf));
  return s.make<arith::SelectOp>(least, s.constant(type, inf), root);
}

/// x to a constant power as products, or null.
static Value powConstant(ScalarBuilder &s, Value x, double exponent) {
  bool isFloat = isa<FloatType>(x.getType());
  auto times = [&](Value l, Value r) -> Value {
    return isFloat ? s.make<arith::MulFOp>(l, r) : s.make<arith::MulIOp>(l, r);
  };
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return times(x, x);
  if (exponent == 3)
    return times(times(x, x), x);
  return isFloat && exponent == 0.5 ? rootPower(s, x) : Value();
}

/// Pow: the result has the type of the base.
static LogicalResult lowerPow(NodeLowering &n) {
  Value x = n.operand(0), y = n.operand(1);
  Type base = n.onnxType(0), power = n.onnxType(1);
  std::optional<double> constant = n.constantScalar(y);
  return n.lowerElementwise(
      {x, y}, [&](ScalarBuilder &s, ValueRange a) -> Value {
        if (constant)
          if (Value v = powConstant(s, a[0], *constant))
            return v;
        if (isa<FloatType>(base)) {
          Value exponent = castScalar(s, a[1], power, a[0].getType());
          return s.make<math::PowFOp>(a[0], exponent);
        }
        // Integer powers are exact in f64 up to 2^53.
        Type f64 = s.b.getF64Type();
        Value v = s.make<math::PowFOp>(castScalar(s, a[0], base, f64),
                                       castScalar(s, a[1], power, f64));
        return castScalar(s, v, f64, base);
      });
}

/// Remainder with the sign of the divisor, as Python's %.
static Value floorMod(ScalarBuilder &s, Value lhs, Value rhs, bool isUnsigned) {
  Value r = remainderInt(s, lhs, rhs, isUnsigned);
  if (isUnsigned)
    return r;
  Value zero = s.intConstant(r.getType(), 0);
  using P = arith::CmpIPredicate;
  Value nonZero = s.make<arith::CmpIOp>(P::ne, r, zero);
  Value signs = s.make<arith::XOrIOp>(r, rhs);
  Value differ = s.make<arith::CmpIOp>(P::slt, signs, zero);
  Value adjust = s.make<arith::AndIOp>(nonZero, differ);
  return s.make<arith::SelectOp>(adjust, s.make<arith::AddIOp>(r, rhs), r);
}

/// The same for floats; a zero remainder takes the sign of the divisor.
static Value floorModFloat(ScalarBuilder &s, Value lhs, Value rhs) {
  Value r = s.make<arith::RemFOp>(lhs, rhs);
  Value zero = s.constant(r.getType(), 0);
  using P = arith::CmpFPredicate;
  Value isZero = s.make<arith::CmpFOp>(P::OEQ, r, zero);
  Value negative = s.make<arith::CmpFOp>(P::OLT, r, zero);
  Value below = s.make<arith::CmpFOp>(P::OLT, rhs, zero);
  Value differ = s.make<arith::XOrIOp>(negative, below);
  Value moved = s.make<arith::AddFOp>(r, rhs);
  r = s.make<arith::SelectOp>(differ, moved, r);
  return s.make<arith::SelectOp>(isZero, s.make<math::CopySignOp>(zero, rhs),
                                 r);
}

/// The remainder has the sign of the dividend with fmod, else that of the
/// divisor.
static LogicalResult lowerMod(NodeLowering &n) {
  bool fmod = n.intAttr("fmod", 0) != 0, isUnsigned = n.isUnsigned(0);
  return n.lowerElementwise(n.operands(),
                            [&](ScalarBuilder &s, ValueRange a) -> Value {
                              if (isa<FloatType>(a[0].getType()))
                                return fmod ? s.make<arith::RemFOp>(a[0], a[1])
                                            : floorModFloat(s, a[0], a[1]);
                              if (fmod)
                                return remainderInt(s, a[0], a[1], isUnsigned);
                              return floorMod(s, a[0], a[1], isUnsigned);
                            });
}

/// The schema of BitShift has unsigned integers only.
static LogicalResult lowerBitShift(NodeLowering &n) {
  std::string direction = n.stringAttr("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return n.emitError() << "has the unknown direction '" << direction << "'";
  bool left = direction == "LEFT";
  bool signFills = !left && !n.isUnsigned(0);
  unsigned width = n.elementType(n.operand(0)).getIntOrFloatBitWidth();
  return n.lowerElementwise(n.operands(), [&](ScalarBuilder &s, ValueRange a) {
    // Amounts outside [0, width) shift everything out; arith leaves them
    // undefined.
    Type type = a[0].getType();
    Value inRange = s.make<arith::CmpIOp>(arith::CmpIPredicate::ult, a[1],
                                          s.intConstant(type, width));
    if (signFills) {
      Value most = s.intConstant(type, width - 1);
      Value by = s.make<arith::SelectOp>(inRange, a[1], most);
      return s.make<arith::ShRSIOp>(a[0], by);
    }
    Value zero = s.intConstant(type, 0);
    Value by = s.make<arith::SelectOp>(inRange, a[1], zero);
    Value v = left ? s.make<arith::ShLIOp>(a[0], by)
                   : s.make<arith::ShRUIOp>(a[0], by);
    return s.make<arith::SelectOp>(inRange, v, zero);
  });
}

/// The sum of all inputs, divided by their number.
static LogicalResult lowerMean(NodeLowering &n) {
  if (failed(requireFloat(n)))
    return failure();
  return n.lowerElementwise(
      n.operands(), [](ScalarBuilder &s, ValueRange a) -> Value {
        Value sum = a[0];
        for (Value v : a.drop_front())
          sum = s.make<arith::AddFOp>(sum, v);
        return s.make<arith::DivFOp>(sum, s.constant(sum.getType(), a.size()));
      });
}

//===----------------------------------------------------------------------===//
// Clip, Where, IsInf
//===----------------------------------------------------------------------===//

/// max(x, low), then min(., high): NaN propagates, high wins over low.
static Value clampScalar(ScalarBuilder &s, Value v, Value low, Value high,
                         bool isUnsigned) {
  if (isa<FloatType>(v.getType())) {
    v = low ? s.make<arith::MaximumFOp>(v, low) : v;
    return high ? s.make<arith::MinimumFOp>(v, high) : v;
  }
  if (isUnsigned) {
    v = low ? s.make<arith::MaxUIOp>(v, low) : v;
    return high ? s.make<arith::MinUIOp>(v, high) : v;
  }
  v = low ? s.make<arith::MaxSIOp>(v, low) : v;
  return high ? s.make<arith::MinSIOp>(v, high) : v;
}

/// Clip-6: bounds are attributes, by default the largest finite floats, so that
/// an infinity does not pass.
static LogicalResult lowerClipAttrs(NodeLowering &n) {
  double most = std::numeric_limits<float>::max();
  double low = n.floatAttr("min", -most), high = n.floatAttr("max", most);
  return n.lowerElementwise(n.operands(), [&](ScalarBuilder &s, ValueRange a) {
    Type type = a[0].getType();
    return clampScalar(s, a[0], s.constant(type, low), s.constant(type, high),
                       /*isUnsigned=*/false);
  });
}

/// Clip-11: bounds are optional inputs of one element.
static LogicalResult lowerClipInputs(NodeLowering &n) {
  SmallVector<Value> values{n.operand(0)};
  int lowAt = -1, highAt = -1;
  for (unsigned slot : {1u, 2u}) {
    Value bound = n.operand(slot);
    if (!bound)
      continue;
    if (n.rank(bound) > 0) {
      FailureOr<Value> scalar = n.reshape(bound, {});
      if (failed(scalar))
        return failure();
      bound = *scalar;
    }
    (slot == 1 ? lowAt : highAt) = values.size();
    values.push_back(bound);
  }
  bool isUnsigned = n.isUnsigned(0);
  return n.lowerElementwise(values, [&](ScalarBuilder &s, ValueRange a) {
    return clampScalar(s, a[0], lowAt < 0 ? Value() : a[lowAt],
                       highAt < 0 ? Value() : a[highAt], isUnsigned);
  });
}

/// Where: all three operands broadcast.
static LogicalResult lowerWhere(NodeLowering &n) {
  Value x = n.operand(1);
  FailureOr<Value> v = n.elementwise(
      n.operands(), n.elementType(x), [](ScalarBuilder &s, ValueRange a) {
        return s.make<arith::SelectOp>(a[0], a[1], a[2]);
      });
  if (failed(v))
    return failure();
  n.setResult(0, *v, n.onnxType(1));
  return success();
}

/// IsInf: one sign or both, as the attributes say.
static LogicalResult lowerIsInf(NodeLowering &n) {
  if (failed(requireFloat(n)))
    return failure();
  bool positive = n.intAttr("detect_positive", 1) != 0;
  bool negative = n.intAttr("detect_negative", 1) != 0;
  auto body = [&](ScalarBuilder &s, ValueRange a) -> Value {
    auto type = cast<FloatType>(a[0].getType());
    auto equals = [&](bool minus) {
      auto inf = APFloat::getInf(type.getFloatSemantics(), minus);
      Value bound = s.make<arith::ConstantOp>(FloatAttr::get(type, inf));
      return s.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, a[0], bound);
    };
    Value no = s.intConstant(s.b.getI1Type(), 0);
    return s.make<arith::OrIOp>(positive ? equals(false) : no,
                                negative ? equals(true) : no);
  };
  Type boolean = n.b.getI1Type();
  n.setResult(0, n.map(n.operand(0), boolean, body), boolean);
  return success();
}

void mlir::bitnet::registerParametricOps(OpRegistry &r) {
  r.add("Pow", 7, lowerPow, "integer powers are computed in f64");
  r.add("Mod", 10, lowerMod);
  r.add("BitShift", 11, lowerBitShift);
  r.add("Mean", 6, lowerMean);
  r.add("Clip", 6, lowerClipAttrs);
  r.add("Clip", 11, lowerClipInputs);
  r.add("Where", 9, lowerWhere);
  r.add("IsInf", 10, lowerIsInf);
}
