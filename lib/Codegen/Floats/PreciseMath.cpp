//===- PreciseMath.cpp - f32 functions with the same bits everywhere ------===//
//
// The formulas behind --bitnet-expand-math. Each is built of operations that
// IEEE 754 rounds once, without fused multiply-add, so all CPUs give the same
// bits. The error bounds were found by trying every third f32
// (docs/Rationale.md). Numbers written in hexadecimal are polynomials fitted to
// the interval of the comment.
//
//===----------------------------------------------------------------------===//

#include "PreciseMath.h"

#include "MathBuilder.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// x = n ln 2 + r with |r| <= ln 2 / 2 or little more.
struct Reduced {
  /// n in the low bits.
  Value bits;
  Value n;
};
} // namespace

/// x / ln 2 rounded to an integer by adding 1.5 * 2^52 (f32: 2^23), in whose
/// low bits it then stands.
static Reduced reduce(MathBuilder &m, Value x, double perUnit, double shift) {
  if (perUnit != 1)
    x = m.mul(x, m.f(perUnit));
  Value shifted = m.add(x, m.f(shift));
  return {m.toBits(shifted), m.sub(shifted, m.f(shift))};
}

static constexpr double kShift32 = 12582912.0, kShift64 = 6755399441055744.0;

//===----------------------------------------------------------------------===//
// In f32
//===----------------------------------------------------------------------===//

/// e^r - 1 - r, |r| <= 0.3475, to 2^-33 of e^r.
static Value emitExpTail(MathBuilder &m, Value r) {
  static const double series[] = {0.5,         0x1.555554p-3,  0x1.5554e6p-5,
                                  0x1.1113p-7, 0x1.6d4f36p-10, 0x1.9e1acep-13};
  return m.mul(m.mul(r, r), m.polynomial(r, series));
}

namespace {
/// e^x = fraction * 2^n, where n stands in the low bits.
struct Power {
  Value fraction, bits;
};
} // namespace

/// e^x for |x| up to about 100. ln 2 is used in two parts, of which the first
/// times n is exact; what the roundings of r and 1 + r lose is added last.
static Power emitPower(MathBuilder &m, Value x) {
  const double high = 0x1.62e4p-1;
  Reduced reduced = reduce(m, x, M_LOG2E, kShift32);
  Value partial = m.sub(x, m.mul(reduced.n, m.f(high)));
  Value correction = m.mul(reduced.n, m.f(M_LN2 - high));
  Value r = m.sub(partial, correction);
  Value lostOfR = m.sub(m.sub(partial, r), correction);
  Value head = m.add(m.f(1), r);
  Value lostOfHead = m.sub(r, m.sub(head, m.f(1)));
  Value tail = m.add(emitExpTail(m, r), m.add(lostOfR, lostOfHead));
  return {m.add(head, tail), reduced.bits};
}

/// e^x to 0.68 ulp; 0 and infinity beyond the bounds. The factor 2^n is
/// multiplied in as two powers, because results below 2^-126 need an n that one
/// power of f32 cannot hold.
static Value emitExp(MathBuilder &m, Value x) {
  Power power = emitPower(m, m.atMost(m.atLeast(x, -104), 89));
  // The shift is even, and no bit of its half remains in an exponent.
  Value half = m.halfBits(power.bits);
  Value otherHalf = m.subBits(power.bits, half);
  return m.mul(m.mul(power.fraction, m.powerOfTwo(half)),
               m.powerOfTwo(otherHalf));
}

/// For |x| from here on, tanh |x| is computed as 1 - 2 / (e^2|x| + 1), which
/// does not cancel there.
static constexpr double kTanhBound = 0.75;

/// tanh a for 0 <= a < kTanhBound: a + a^3 p(a^2).
static Value emitSmallTanh(MathBuilder &m, Value a) {
  static const double p[] = {-0x1.55554ap-2, 0x1.110ddap-3,  -0x1.b98106p-5,
                             0x1.5f9066p-6,  -0x1.f66194p-8, 0x1.c89284p-10};
  Value square = m.mul(a, a);
  return m.add(a, m.mul(a, m.mul(square, m.polynomial(square, p))));
}

/// tanh a for a >= kTanhBound; tanh 9.25 rounds to 1.
static Value emitLargeTanh(MathBuilder &m, Value a) {
  Value bounded = m.atMost(a, 9.25);
  Power power = emitPower(m, m.add(bounded, bounded));
  Value e = m.mul(power.fraction, m.powerOfTwo(power.bits));
  return m.sub(m.f(1), m.div(m.f(2), m.add(e, m.f(1))));
}

/// tanh x to 1.02 ulp.
static Value emitTanh(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value magnitude =
      m.select(m.less(a, kTanhBound), emitSmallTanh(m, a), emitLargeTanh(m, a));
  return m.copySign(magnitude, x);
}

/// For |x| from here on, erf |x| is computed as 1 - erfc |x|, which does not
/// cancel there.
static constexpr double kErfBound = 0.84375;

/// erf a for 0 <= a < kErfBound: a + a p(a^2).
static Value emitSmallErf(MathBuilder &m, Value a) {
  static const double p[] = {0x1.06eba8p-3,  -0x1.812740p-2, 0x1.ce2d5ap-4,
                             -0x1.b7ff2cp-6, 0x1.542b32p-8,  -0x1.a47de6p-11,
                             0x1.4886c0p-14};
  return m.add(a, m.mul(a, m.polynomial(m.mul(a, a), p)));
}

/// erf a for a >= kErfBound: erfc(bound + t) = erfc(bound) 2^(-t q(t)), and
/// erf 4 rounds to 1.
static Value emitLargeErf(MathBuilder &m, Value a) {
  static const double q[] = {0x1.b7432cp+1,  0x1.2f9f26p+0, 0x1.1d4cccp-4,
                             -0x1.10f8c4p-6, 0x1.8b6cd8p-9, -0x1.357736p-12};
  // erfc(bound) 2^-v for |v| <= 1/2.
  static const double power[] = {
      0x1.dcb8cap-3, -0x1.4a703cp-3,  0x1.ca16b6p-5, -0x1.a75ad6p-7,
      0x1.24cf80p-9, -0x1.46e96ap-12, 0x1.98b19cp-15};
  Value t = m.atMost(m.sub(a, m.f(kErfBound)), 4 - kErfBound);
  Value z = m.mul(t, m.polynomial(t, q));
  Reduced reduced = reduce(m, z, 1, kShift32);
  Value fraction = m.polynomial(m.sub(z, reduced.n), power);
  // No bit of the shift itself remains in an exponent.
  Value scale = m.powerOfTwo(m.subBits(m.i(0), reduced.bits));
  return m.sub(m.f(1), m.mul(fraction, scale));
}

/// erf x to 0.93 ulp.
static Value emitErf(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value magnitude =
      m.select(m.less(a, kErfBound), emitSmallErf(m, a), emitLargeErf(m, a));
  return m.copySign(magnitude, x);
}

//===----------------------------------------------------------------------===//
// In f64, rounded once
//===----------------------------------------------------------------------===//

/// e^x for |x| up to some hundreds, to 1e-12.
static Value emitWideExp(MathBuilder &m, Value x) {
  static const double series[] = {
      0x1.ffffffffff79bp-1,  0x1.ffffffffd52adp-1,  0x1.00000000889a0p-1,
      0x1.555555a0cd29cp-3,  0x1.55555403e8a73p-5,  0x1.1110824fe07b0p-7,
      0x1.6c18b43e8e1c3p-10, 0x1.a1a8a15ecf062p-13, 0x1.9eda79d0959fap-16};
  Reduced reduced = reduce(m, x, M_LOG2E, kShift64);
  Value r = m.sub(x, m.mul(reduced.n, m.f(M_LN2)));
  return m.mul(m.polynomial(r, series), m.powerOfTwo(reduced.bits));
}

/// e^x - 1; where that cancels, by its series. Beyond the bounds f32's e^x is 0
/// or infinity.
static Value emitExpM1(MathBuilder &m, Value x) {
  Value small = m.less(m.abs(x), 0.01);
  static const double series[] = {1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120};
  Value near = m.mul(x, m.polynomial(x, series));
  Value far = m.sub(emitWideExp(m, m.atMost(m.atLeast(x, -110), 95)), m.f(1));
  return m.select(small, near, far);
}

/// x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and ln(1 + f) =
/// 2 atanh(f / (2 + f)) by its series, to 1e-12. A subnormal of f32 is a normal
/// number here.
static Value emitFiniteLog(MathBuilder &m, Value x) {
  const int64_t root = 0x3fe6a09e667f3bcd, far = int64_t(1024) << 52;
  static const double series[] = {1.0,     1.0 / 3,  1.0 / 5, 1.0 / 7,
                                  1.0 / 9, 1.0 / 11, 1.0 / 13};
  // k, from 1024 on so that no sign has to be shifted.
  Value bits = m.toBits(x);
  Value k = m.highBits(m.addBits(bits, m.i(far - root)), 52);
  k = m.subBits(k, m.i(1024));
  Value f = m.sub(m.fromBits(m.subBits(bits, m.shifted(k, 52))), m.f(1));
  Value s = m.div(f, m.add(f, m.f(2)));
  Value tail = m.mul(m.add(s, s), m.polynomial(m.mul(s, s), series));
  Value n =
      m.sub(m.fromBits(m.addBits(k, m.toBits(m.f(kShift64)))), m.f(kShift64));
  return m.add(m.mul(n, m.f(M_LN2)), tail);
}

/// ln x; -infinity of 0, NaN below. One NaN, whatever the bits of x: of a sum
/// of two it depends on the CPU which one comes out.
static Value emitLog(MathBuilder &m, Value x) {
  const double inf = std::numeric_limits<double>::infinity();
  Value nan = m.f(std::nan(""));
  Value number = m.select(m.less(x, inf), emitFiniteLog(m, x), x);
  Value known = m.select(m.less(x, 0x1p-149), m.f(-inf), number);
  return m.select(m.isNotLess(x, 0), known, nan);
}

namespace {
using Emitter = Value (*)(MathBuilder &, Value);

/// Replaces Op on f32 by `emit`, computed in `bits` bits and rounded to f32.
template <typename Op, Emitter emit, unsigned bits>
struct Expand : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    MathBuilder m(rewriter, op, bits);
    rewriter.replaceOp(op, m.narrow(emit(m, m.widen(op.getOperand()))));
    return success();
  }
};
} // namespace

void bitnet::populatePreciseMathPatterns(RewritePatternSet &patterns) {
  patterns.add<
      Expand<math::ExpOp, emitExp, 32>, Expand<math::ErfOp, emitErf, 32>,
      Expand<math::TanhOp, emitTanh, 32>, Expand<math::ExpM1Op, emitExpM1, 64>,
      Expand<math::LogOp, emitLog, 64>>(patterns.getContext());
}
