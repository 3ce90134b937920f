//===- PackedDigits.cpp - weights in and out of packed bytes --------------===//
//
// Digits out of packed bytes, and into them, by masks, shifts, comparisons and
// additions of i8 or vectors of i8: no table, no multiplication on the way out.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/PackedDigits.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

/// `value` in the type of `like`, an i8 or a vector of them.
static Value constantLike(ImplicitLocOpBuilder &b, Value like, int64_t value) {
  TypedAttr attr = b.getI8IntegerAttr(int8_t(value));
  if (auto type = dyn_cast<VectorType>(like.getType()))
    attr = DenseElementsAttr::get(type, Attribute(attr));
  return arith::ConstantOp::create(b, attr);
}

/// Compares `v` with a constant, signed or unsigned.
static Value compare(ImplicitLocOpBuilder &b, arith::CmpIPredicate predicate,
                     Value value, int64_t bound) {
  return arith::CmpIOp::create(b, predicate, value,
                               constantLike(b, value, bound));
}

/// The digits of a byte with two bits for each.
static SmallVector<Value> crumbs(ImplicitLocOpBuilder &b, Value bytes,
                                 int64_t fields) {
  SmallVector<Value> digits;
  for (int64_t f = 0; f < fields; ++f) {
    Value v = bytes;
    if (f)
      v = arith::ShRUIOp::create(b, v, constantLike(b, v, 2 * f));
    // Bits of higher fields are masked away.
    digits.push_back(arith::AndIOp::create(b, v, constantLike(b, v, 3)));
  }
  return digits;
}

/// The number v, from its magnitude and the sign in bit 7.
static Value signedValue(ImplicitLocOpBuilder &b, Value bytes) {
  Value size = arith::AndIOp::create(b, bytes, constantLike(b, bytes, 0x7f));
  Value minus = arith::SubIOp::create(b, constantLike(b, size, 0), size);
  Value negative = compare(b, arith::CmpIPredicate::slt, bytes, 0);
  return arith::SelectOp::create(b, negative, minus, size);
}

/// The leading digit is 1 above (3^f - 1)/2 and -1 below its negative; what is
/// left of v belongs to the digits below.
static SmallVector<Value> base3(ImplicitLocOpBuilder &b, Value bytes,
                                int64_t fields) {
  SmallVector<Value> digits(fields);
  Value rest = signedValue(b, bytes), one = constantLike(b, rest, 1);
  int64_t power = 1;
  for (int64_t f = 1; f < fields; ++f)
    power *= 3;
  for (int64_t f = fields - 1; f > 0; --f, power /= 3) {
    int64_t half = (power - 1) / 2;
    Value up = compare(b, arith::CmpIPredicate::sgt, rest, half);
    Value down = compare(b, arith::CmpIPredicate::slt, rest, -half);
    Value high = arith::SelectOp::create(b, up, constantLike(b, rest, 2), one);
    digits[f] =
        arith::SelectOp::create(b, down, constantLike(b, rest, 0), high);
    Value step = constantLike(b, rest, power);
    Value less = arith::SubIOp::create(b, rest, step);
    Value more = arith::AddIOp::create(b, rest, step);
    Value kept = arith::SelectOp::create(b, up, less, rest);
    rest = arith::SelectOp::create(b, down, more, kept);
  }
  digits[0] = arith::AddIOp::create(b, rest, one);
  return digits;
}

SmallVector<Value> mlir::bitnet::emitDigits(ImplicitLocOpBuilder &b,
                                            Value bytes,
                                            const PackedLayout &layout) {
  return (layout.form == DigitForm::Crumbs ? crumbs : base3)(b, bytes,
                                                             layout.fields);
}

/// The digit of one field of a byte. When the field is known at run time only,
/// base 3 computes all digits and chooses one.
Value mlir::bitnet::emitDigit(ImplicitLocOpBuilder &b, Value byte, Value field,
                              const PackedLayout &layout) {
  if (layout.form == DigitForm::Crumbs) {
    Value bit = arith::AddIOp::create(b, field, field);
    Value shift = arith::IndexCastOp::create(b, byte.getType(), bit);
    Value shifted = arith::ShRUIOp::create(b, byte, shift);
    return arith::AndIOp::create(b, shifted, constantLike(b, byte, 3));
  }
  SmallVector<Value> digits = emitDigits(b, byte, layout);
  Value digit = digits.front();
  for (int64_t f = 1; f < layout.fields; ++f) {
    Value at = arith::ConstantIndexOp::create(b, f);
    Value is = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, field, at);
    digit = arith::SelectOp::create(b, is, digits[f], digit);
  }
  return digit;
}

/// The byte of four weights (-1, 0 or 1) with two bits for each.
static Value crumbByte(ImplicitLocOpBuilder &b, ArrayRef<Value> weights) {
  Value byte = constantLike(b, weights[0], 0);
  for (auto [f, weight] : llvm::enumerate(weights)) {
    Value digit = arith::AddIOp::create(b, weight, constantLike(b, weight, 1));
    digit = arith::ShLIOp::create(b, digit, constantLike(b, digit, 2 * f));
    byte = arith::OrIOp::create(b, byte, digit);
  }
  return byte;
}

/// The byte of five digits to the base 3: their number by Horner's rule, then
/// its magnitude and sign.
static Value base3Byte(ImplicitLocOpBuilder &b, ArrayRef<Value> weights) {
  Value sum = weights.back();
  for (Value weight : llvm::reverse(weights.drop_back())) {
    sum = arith::MulIOp::create(b, sum, constantLike(b, sum, 3));
    sum = arith::AddIOp::create(b, sum, weight);
  }
  Value minus = arith::SubIOp::create(b, constantLike(b, sum, 0), sum);
  Value marked = arith::OrIOp::create(b, minus, constantLike(b, sum, 0x80));
  Value negative = compare(b, arith::CmpIPredicate::slt, sum, 0);
  return arith::SelectOp::create(b, negative, marked, sum);
}

Value mlir::bitnet::emitByte(ImplicitLocOpBuilder &b, ArrayRef<Value> weights,
                             const PackedLayout &layout) {
  return (layout.form == DigitForm::Crumbs ? crumbByte : base3Byte)(b, weights);
}
