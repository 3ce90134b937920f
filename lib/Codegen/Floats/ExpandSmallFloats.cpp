//===- ExpandSmallFloats.cpp - f16 and bf16 without a library -------------===//
//
// --bitnet-expand-small-floats: conversions from and to f16 on integers where
// the CPU has no instruction, and from f64 to 16 bits everywhere, because LLVM
// would call a compiler library, or round twice.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Floats/Passes.h"
#include "bitnet/Codegen/Strategy/ISATable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETEXPANDSMALLFLOATS
#include "bitnet/Codegen/Floats/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

namespace {
/// Arithmetic on values shaped like one operand (scalars or vectors).
class Bits {
public:
  Bits(PatternRewriter &rewriter, Location loc, Type shapeLike)
      : b(loc, rewriter), shaped(dyn_cast<ShapedType>(shapeLike)) {}

  Type like(Type element) {
    return shaped ? Type(shaped.clone(element)) : element;
  }
  Value i32(uint32_t value) { return constant(b.getI32Type(), value); }
  Value constant(Type element, int64_t value) {
    TypedAttr attr = b.getIntegerAttr(element, value);
    if (shaped)
      attr = DenseElementsAttr::get(cast<ShapedType>(like(element)),
                                    Attribute(attr));
    return arith::ConstantOp::create(b, attr);
  }
  Value toBits(Value v) {
    unsigned width = getElementTypeOrSelf(v).getIntOrFloatBitWidth();
    return arith::BitcastOp::create(b, like(b.getIntegerType(width)), v);
  }
  Value toFloat(Value v, FloatType type) {
    return arith::BitcastOp::create(b, like(type), v);
  }
  Value widen(Value v) {
    return arith::ExtUIOp::create(b, like(b.getI32Type()), v);
  }
  Value narrow(Value v) {
    return arith::TruncIOp::create(b, like(b.getI16Type()), v);
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value band(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
  Value bor(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
  Value shl(Value x, uint32_t n) { return arith::ShLIOp::create(b, x, i32(n)); }
  Value shr(Value x, Value n) { return arith::ShRUIOp::create(b, x, n); }
  Value umin(Value x, Value y) { return arith::MinUIOp::create(b, x, y); }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, c, x, y);
  }
  Value cmp(arith::CmpIPredicate p, Value x, Value y) {
    return arith::CmpIOp::create(b, p, x, y);
  }

  ImplicitLocOpBuilder b;

private:
  ShapedType shaped;
};

using P = arith::CmpIPredicate;

/// Converts f64 to f16 or bf16 through an f32 that is rounded to odd. Its last
/// bit then stands for all lost bits, so the second rounding gives the correct
/// result.
struct NarrowF64 : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    Type from = getElementTypeOrSelf(op.getIn());
    Type to = getElementTypeOrSelf(op.getType());
    if (!from.isF64() || !(to.isF16() || to.isBF16()))
      return failure();
    Bits x(rewriter, op.getLoc(), op.getType());
    auto f32 = x.b.getF32Type();
    Value rounded = arith::TruncFOp::create(x.b, x.like(f32), op.getIn());
    Value back = arith::ExtFOp::create(x.b, x.like(from), rounded);
    Value bits = x.toBits(rounded);
    Value even = x.cmp(P::eq, x.band(bits, x.i32(1)), x.i32(0));
    // An ordered comparison is false for NaN, which therefore stays as it is.
    Value inexact =
        arith::CmpFOp::create(x.b, arith::CmpFPredicate::ONE, back, op.getIn());
    Value magnitude = absolute(x, back), wanted = absolute(x, op.getIn());
    Value below = x.cmp(P::ult, magnitude, wanted);
    Value odd = x.select(below, x.add(bits, x.i32(1)), x.sub(bits, x.i32(1)));
    // What is beyond the largest f32 becomes infinity, not the odd number, and
    // is infinity in `to`, too.
    Value adjust = x.band(even, inexact);
    Value chosen = x.select(adjust, odd, bits);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(),
                                                 x.toFloat(chosen, f32));
    return success();
  }

  /// The bits of |v|; ordered like the magnitudes.
  static Value absolute(Bits &x, Value v) {
    Type i64 = x.b.getI64Type();
    return x.band(x.toBits(v), x.constant(i64, INT64_MAX));
  }
};

/// Converts f32 to f16 to nearest even, on integers.
struct NarrowF32ToF16 : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getIn()).isF32() ||
        !getElementTypeOrSelf(op.getType()).isF16())
      return failure();
    Bits x(rewriter, op.getLoc(), op.getType());
    Value bits = x.toBits(op.getIn());
    Value magnitude = x.band(bits, x.i32(0x7fffffff));
    Value sign = x.shr(x.band(bits, x.i32(0x80000000u)), x.i32(16));
    // Numbers of 2^16 and more are infinity; smaller ones that round up to it
    // carry into the exponent by themselves.
    Value isNaN = x.cmp(P::ugt, magnitude, x.i32(0x7f800000));
    Value isHuge = x.cmp(P::uge, magnitude, x.i32(0x47800000));
    Value isSmall = x.cmp(P::ult, magnitude, x.i32(0x38800000));
    Value result =
        x.select(isSmall, subnormal(x, magnitude), normal(x, magnitude));
    result = x.select(isHuge, x.i32(0x7c00), result);
    result = x.select(isNaN, x.i32(0x7e00), result);
    Value all = x.narrow(x.bor(result, sign));
    rewriter.replaceOp(op, x.toFloat(all, x.b.getF16Type()));
    return success();
  }

  /// The exponent is rebiased by 127 - 15, and 13 bits are rounded away.
  static Value normal(Bits &x, Value magnitude) {
    Value rebiased = x.sub(magnitude, x.i32(112u << 23));
    return roundAway(x, rebiased, x.i32(13));
  }

  /// Numbers below 2^-14 are subnormal: the significand is shifted so that its
  /// last bit is worth 2^-24. When it is shifted by 31 bits or more nothing is
  /// left, not even for the rounding.
  static Value subnormal(Bits &x, Value magnitude) {
    Value exponent = x.shr(magnitude, x.i32(23));
    Value significand =
        x.bor(x.band(magnitude, x.i32(0x7fffff)), x.i32(0x800000));
    Value shift = x.umin(x.sub(x.i32(126), exponent), x.i32(31));
    return roundAway(x, significand, shift);
  }

  /// `v >> shift`, to nearest, ties to even.
  static Value roundAway(Bits &x, Value v, Value shift) {
    Value one = x.i32(1);
    Value half = arith::ShLIOp::create(x.b, one, x.sub(shift, one));
    Value odd = x.band(x.shr(v, shift), one);
    return x.shr(x.add(v, x.add(x.sub(half, one), odd)), shift);
  }
};

/// Converts f16 to f32, which is exact, and through that to f64.
struct WidenF16 : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getIn()).isF16())
      return failure();
    Bits x(rewriter, op.getLoc(), op.getType());
    Value bits = x.widen(x.toBits(op.getIn()));
    Value sign = x.shl(x.band(bits, x.i32(0x8000)), 16);
    Value magnitude = x.band(bits, x.i32(0x7fff));
    Value rebiased = x.add(x.shl(magnitude, 13), x.i32(112u << 23));
    Value special = x.bor(x.shl(magnitude, 13), x.i32(0x7f800000));
    Value isSpecial = x.cmp(P::uge, magnitude, x.i32(0x7c00));
    Value isSmall = x.cmp(P::ult, magnitude, x.i32(0x400));
    Value result = x.select(isSpecial, special, rebiased);
    result = x.select(isSmall, subnormal(x, magnitude), result);
    Value wide = x.toFloat(x.bor(result, sign), x.b.getF32Type());
    if (wide.getType() != op.getType())
      wide = arith::ExtFOp::create(x.b, op.getType(), wide);
    rewriter.replaceOp(op, wide);
    return success();
  }

  /// `magnitude` counts units of 2^-24: an integer that f32 holds exactly.
  static Value subnormal(Bits &x, Value magnitude) {
    Type f32 = x.like(x.b.getF32Type());
    Value units = arith::UIToFPOp::create(x.b, f32, magnitude);
    Value unit = x.toFloat(x.i32((127u - 24) << 23), x.b.getF32Type());
    return x.toBits(arith::MulFOp::create(x.b, units, unit));
  }
};

struct BitNetExpandSmallFloats
    : bitnet::impl::BitNetExpandSmallFloatsBase<BitNetExpandSmallFloats> {
  using Base::Base;

  void runOnOperation() override {
    bitnet::keepRoundings(getOperation());
    RewritePatternSet patterns(&getContext());
    patterns.add<NarrowF64>(&getContext());
    const bitnet::TargetInfo *machine = bitnet::findMachine(getOperation());
    if (!(machine ? machine->hasHalf() : nativeHalf))
      patterns.add<NarrowF32ToF16, WidenF16>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
