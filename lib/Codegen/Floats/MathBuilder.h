//===- MathBuilder.h - arithmetic on values of one shape --------*- C++ -*-===//
//
// Used by PreciseMath.cpp only, where formulas would otherwise be three times
// as long. Every function emits one operation unless it says otherwise; all
// values have the shape of the operation that is expanded.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CODEGEN_FLOATS_MATHBUILDER_H
#define BITNET_LIB_CODEGEN_FLOATS_MATHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::bitnet {

/// Floats and integers of `bits` bits, shaped like the result of an operation
/// (a scalar or a vector). Only what IEEE 754 rounds once, and no fused
/// multiply-add: all CPUs give the same bits. The rounding of the machine is to
/// nearest, ties to even; no function looks at exceptions. With 64 bits an f32
/// result is computed in f64 and rounded once more, which is exact enough that
/// only values very near to the middle of two floats are off by one bit.
class MathBuilder {
public:
  MathBuilder(PatternRewriter &rewriter, Operation *op, unsigned bits)
      : b(op->getLoc(), rewriter), result(op->getResult(0).getType()),
        floats(like(bits == 64 ? Type(b.getF64Type()) : b.getF32Type())),
        integers(like(b.getIntegerType(bits))), bits(bits) {}

  /// Constants, in all lanes. A double that f32 does not hold is rounded.
  Value f(double value) {
    return splat(b.getFloatAttr(getElementTypeOrSelf(floats), value));
  }
  Value i(int64_t value) {
    return splat(b.getIntegerAttr(getElementTypeOrSelf(integers), value));
  }
  /// Conversions from the type of the operation to the one that is computed in,
  /// and back.
  Value widen(Value v) {
    return result == floats ? v : arith::ExtFOp::create(b, floats, v);
  }
  Value narrow(Value v) {
    return result == floats ? v : arith::TruncFOp::create(b, result, v);
  }

  /// IEEE operations on floats.
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  /// The magnitude of `x` with the sign of `sign`, also for zeros and NaN.
  Value copySign(Value x, Value sign) {
    return math::CopySignOp::create(b, x, sign);
  }
  /// False for NaN, as `isNotLess` is.
  Value less(Value x, double bound) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, f(bound));
  }
  /// False for NaN.
  Value isNotLess(Value x, double bound) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, x, f(bound));
  }
  /// `x` in lanes in which `c` is true, and `y` in the others. Both are
  /// computed, so that neither may trap.
  /// Per element: x where c holds, else y.
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, c, x, y);
  }
  /// `x < bound ? bound : x`, so NaN stays NaN.
  Value atLeast(Value x, double bound) {
    return bounded(arith::CmpFPredicate::OLT, x, bound);
  }
  /// `x > bound ? bound : x`, so that NaN stays NaN, too.
  Value atMost(Value x, double bound) {
    return bounded(arith::CmpFPredicate::OGT, x, bound);
  }
  /// A polynomial by Horner's rule; `coefficients` begin with the constant
  /// term.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = f(coefficients.back());
    for (double c : llvm::reverse(coefficients.drop_back()))
      sum = add(mul(sum, x), f(c));
    return sum;
  }

  /// The bits of floats as integers, and arithmetic on them.
  Value toBits(Value x) { return arith::BitcastOp::create(b, integers, x); }
  Value addBits(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value subBits(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  /// Half of an unsigned integer, rounded down.
  Value halfBits(Value x) { return highBits(x, 1); }
  /// The bits of `x` without the last `n`.
  Value highBits(Value x, int64_t n) {
    return arith::ShRUIOp::create(b, x, i(n));
  }
  /// The bits of `x` with `n` zeros behind them, without the first `n`.
  Value shifted(Value x, int64_t n) {
    return arith::ShLIOp::create(b, x, i(n));
  }
  /// The floats that have the bits `x`: the inverse of toBits.
  Value fromBits(Value x) { return arith::BitcastOp::create(b, floats, x); }
  /// 2^n for the integer n in the low bits of `x`, within normal exponents.
  Value powerOfTwo(Value x) {
    int64_t fraction = bits == 64 ? 52 : 23, bias = bits == 64 ? 1023 : 127;
    return fromBits(shifted(addBits(x, i(bias)), fraction));
  }

private:
  /// The type with the shape of the operation's result.
  Type like(Type element) {
    auto shaped = dyn_cast<ShapedType>(result);
    return shaped ? Type(shaped.clone(element)) : element;
  }
  /// A constant of the shape of the result, or a scalar for a scalar.
  Value splat(TypedAttr attr) {
    if (auto shaped = dyn_cast<ShapedType>(like(attr.getType())))
      attr = DenseElementsAttr::get(shaped, Attribute(attr));
    return arith::ConstantOp::create(b, attr);
  }
  Value bounded(arith::CmpFPredicate predicate, Value x, double bound) {
    Value limit = f(bound);
    Value outside = arith::CmpFOp::create(b, predicate, x, limit);
    return select(outside, limit, x);
  }

  ImplicitLocOpBuilder b;
  Type result, floats, integers;
  unsigned bits;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_FLOATS_MATHBUILDER_H
