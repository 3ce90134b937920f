//===- PreciseMath.cpp - f32 functions evaluated in f64 -------------------===//

#include "PreciseMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Arithmetic on f64 values shaped like one f32 operand.
class Doubles {
public:
  Doubles(PatternRewriter &rewriter, Operation *op)
      : b(op->getLoc(), rewriter), result(op->getResult(0).getType()),
        shaped(dyn_cast<ShapedType>(result)) {}

  Type like(Type element) {
    return shaped ? Type(shaped.clone(element)) : element;
  }
  Value splat(TypedAttr attr) {
    if (shaped)
      attr = DenseElementsAttr::get(cast<ShapedType>(like(attr.getType())),
                                    Attribute(attr));
    return arith::ConstantOp::create(b, attr);
  }
  Value f64(double value) { return splat(b.getF64FloatAttr(value)); }
  Value i64(int64_t value) { return splat(b.getI64IntegerAttr(value)); }
  Value widen(Value v) {
    return arith::ExtFOp::create(b, like(b.getF64Type()), v);
  }
  Value narrow(Value v) { return arith::TruncFOp::create(b, result, v); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value copySign(Value x, Value sign) {
    return math::CopySignOp::create(b, x, sign);
  }
  /// `x < bound ? bound : x`; NaN stays.
  Value atLeast(Value x, double bound) {
    return choose(arith::CmpFPredicate::OLT, x, bound);
  }
  Value atMost(Value x, double bound) {
    return choose(arith::CmpFPredicate::OGT, x, bound);
  }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, c, x, y);
  }
  Value less(Value x, double bound) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, f64(bound));
  }
  /// Horner; the constant term first.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = f64(coefficients.back());
    for (double c : llvm::reverse(coefficients.drop_back()))
      sum = add(mul(sum, x), f64(c));
    return sum;
  }
  Value exp(Value x);

private:
  Value choose(arith::CmpFPredicate predicate, Value x, double bound) {
    Value limit = f64(bound);
    Value outside = arith::CmpFOp::create(b, predicate, x, limit);
    return select(outside, limit, x);
  }

  ImplicitLocOpBuilder b;
  Type result;
  ShapedType shaped;
};
} // namespace

/// e^x for |x| up to some hundreds, to 1e-14: x = n ln 2 + r, 2^n by bits, e^r
/// by its series. Adding 1.5 * 2^52 rounds to an integer that then stands in
/// the low bits.
Value Doubles::exp(Value x) {
  const double shift = 6755399441055744.0;
  Value shifted = add(mul(x, f64(M_LOG2E)), f64(shift));
  Value n = sub(shifted, f64(shift));
  Value r = sub(x, mul(n, f64(M_LN2)));
  static const double series[] = {1.0,          1.0,           1.0 / 2,
                                  1.0 / 6,      1.0 / 24,      1.0 / 120,
                                  1.0 / 720,    1.0 / 5040,    1.0 / 40320,
                                  1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
  Value power = polynomial(r, series);
  Type i64Type = like(b.getI64Type());
  Value bits = arith::BitcastOp::create(b, i64Type, shifted);
  Value biased = arith::AddIOp::create(b, bits, i64(1023));
  Value exponent = arith::ShLIOp::create(b, biased, i64(52));
  Value scale = arith::BitcastOp::create(b, like(b.getF64Type()), exponent);
  return mul(power, scale);
}

/// Beyond these bounds f32's e^x is 0 or infinity.
static Value boundedExp(Doubles &d, Value x) {
  return d.exp(d.atMost(d.atLeast(x, -110), 95));
}

static Value emitExp(Doubles &d, Value x) { return boundedExp(d, x); }

/// e^x - 1; where that cancels, by its series.
static Value emitExpM1(Doubles &d, Value x) {
  Value small = d.less(d.abs(x), 0.01);
  static const double series[] = {1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120};
  Value near = d.mul(x, d.polynomial(x, series));
  Value far = d.sub(boundedExp(d, x), d.f64(1));
  return d.select(small, near, far);
}

/// tanh |x| = 1 - 2 / (e^2|x| + 1); where that cancels, by its series.
static Value emitTanh(Doubles &d, Value x) {
  Value magnitude = d.abs(x);
  Value bounded = d.atMost(magnitude, 20);
  Value power = d.exp(d.add(bounded, bounded));
  Value far = d.sub(d.f64(1), d.div(d.f64(2), d.add(power, d.f64(1))));
  static const double series[] = {1.0, -1.0 / 3, 2.0 / 15};
  Value near =
      d.mul(magnitude, d.polynomial(d.mul(magnitude, magnitude), series));
  return d.copySign(d.select(d.less(magnitude, 0.01), near, far), x);
}

/// erf x = x g(x^2 / 8 - 1) with g a Chebyshev interpolation for |x| <= 4,
/// relative error 8e-11; erf 4 rounds to 1.
static Value emitErf(Doubles &d, Value x) {
  static const double g[] = {
      0x1.6a0407813ba6ap-2,   -0x1.69a0ccd9f6df8p-3, 0x1.0dabafa9f88e4p-3,
      -0x1.b92e963095bd0p-4,  0x1.717ed25590363p-4,  -0x1.3215ca717cdadp-4,
      0x1.ea9c22453d0afp-5,   -0x1.76e9d031dbf77p-5, 0x1.0eba27d1d1e96p-5,
      -0x1.7022a7b996b7ep-6,  0x1.d7c38f92e4738p-7,  -0x1.1a89711343d13p-7,
      0x1.37242b1831533p-8,   -0x1.4d36ca00e41d5p-9, 0x1.78c1edb02fd74p-10,
      -0x1.5b3198a59e823p-11, 0x1.4cf6ca5f0eadep-13, -0x1.462501dc85e0fp-14,
      0x1.97ec8501d6727p-14,  -0x1.2a5b1cc3bdea6p-15};
  Value bounded = d.atMost(d.atLeast(x, -4), 4);
  Value u = d.sub(d.mul(d.mul(bounded, bounded), d.f64(0.125)), d.f64(1));
  return d.mul(bounded, d.polynomial(u, g));
}

namespace {
using Emitter = Value (*)(Doubles &, Value);

template <typename Op, Emitter emit> struct InDoubles : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Doubles d(rewriter, op);
    rewriter.replaceOp(op, d.narrow(emit(d, d.widen(op.getOperand()))));
    return success();
  }
};
} // namespace

void bitnet::populatePreciseMathPatterns(RewritePatternSet &patterns) {
  patterns
      .add<InDoubles<math::ExpOp, emitExp>, InDoubles<math::ExpM1Op, emitExpM1>,
           InDoubles<math::TanhOp, emitTanh>, InDoubles<math::ErfOp, emitErf>>(
          patterns.getContext());
}
