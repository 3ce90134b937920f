//===- Quantize.cpp - QuantizeLinear, DequantizeLinear, DynamicQuantize ---===//
//
// Linear quantization. Scales and zero points are scalars, vectors along an
// axis, or have one number per quantization block.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Scales and zero points
//===----------------------------------------------------------------------===//

/// v [C] along `axis` of x. A length that is only known at run time may be 1 as
/// well: one scale for all.
static FailureOr<Value> alignList(NodeLowering &n, Value v, Value x,
                                  int64_t axis) {
  OpFoldResult length = n.dims.simplify(n.dim(v, 0));
  if (isa<Attribute>(length) || n.dims.same(length, n.dim(x, axis)))
    return alongAxis(n, v, x, axis, "scale");
  Dims extents(n.rank(x) - axis, n.dims.constant(1));
  extents[0] = length;
  FailureOr<Value> column = n.reshape(v, extents);
  if (failed(column) ||
      failed(requireBroadcastTo(n, *column, n.dimsOf(x), "scale")))
    return failure();
  return column;
}

/// Checks that `v` has one element per block of `axis` of x, and the extents of
/// x elsewhere: nothing broadcasts.
static LogicalResult requireBlocks(NodeLowering &n, Value v, Value x,
                                   int64_t axis, int64_t block) {
  for (int64_t i = 0; i < n.rank(x); ++i) {
    OpFoldResult have = n.dim(v, i), want = n.dim(x, i);
    if (i == axis)
      want = n.dims.ceilDiv(want, n.dims.constant(block));
    if (failed(n.requireSame(have, want,
                             i == axis ? "numbers of scales and blocks"
                                       : "the sizes of scale and its input")))
      return failure();
  }
  return success();
}

/// v (scalar, per axis, or blocked along the axis) spread over x's extents, or
/// shaped so that it broadcasts to them.
static FailureOr<Value> alignTo(NodeLowering &n, Value v, Value x) {
  int64_t rank = n.rank(x), block = n.intAttr("block_size", 0);
  int64_t given = n.intAttr("axis", 1);
  if (n.rank(v) == 0 ||
      (n.rank(v) == 1 && block == 0 && isConstantIntValue(n.dim(v, 0), 1)))
    return n.reshape(v, {});
  FailureOr<int64_t> axis = n.normalizeAxis(given, rank);
  if (failed(axis))
    return failure();
  if (n.rank(v) == 1 && block == 0)
    return alignList(n, v, x, *axis);
  if (n.rank(v) != rank || block <= 0)
    return n.emitError() << "needs a scale that is scalar, per axis or blocked",
           failure();
  if (failed(requireBlocks(n, v, x, *axis, block)))
    return failure();
  auto body = [&](ScalarBuilder &s, ValueRange) -> Value {
    SmallVector<Value> at = loopIndices(s, rank);
    Value size = s.make<arith::ConstantIndexOp>(block);
    at[*axis] = s.make<arith::DivUIOp>(at[*axis], size);
    return s.make<tensor::ExtractOp>(v, at);
  };
  return buildParallel(n, n.dimsOf(x), n.elementType(v), {}, {}, body);
}

/// An integer as i32, extended by the sign of its ONNX type.
static Value toI32(ScalarBuilder &s, Value v, bool isUnsigned) {
  Type i32 = s.b.getI32Type();
  if (v.getType() == i32)
    return v;
  return isUnsigned ? s.make<arith::ExtUIOp>(i32, v)
                    : s.make<arith::ExtSIOp>(i32, v);
}

//===----------------------------------------------------------------------===//
// DequantizeLinear
//===----------------------------------------------------------------------===//

/// The type of the result: that of the scale, or output_dtype (from opset 23
/// on).
static FailureOr<Type> dequantizedType(NodeLowering &n) {
  int64_t proto = n.intAttr("output_dtype", 0);
  Type type = proto == 0 ? n.elementType(n.operand(1))
                         : onnx::getElementType(n.b.getContext(), proto);
  if (!isa_and_nonnull<FloatType>(type) || type.getIntOrFloatBitWidth() < 16)
    return n.emitError() << "supports only floats of 16 bits and more as its "
                            "output_dtype",
           failure();
  return type;
}

/// (x - zero) * scale: the difference exact, one product, rounded once.
static LogicalResult lowerDequantize(NodeLowering &n) {
  Value x = n.operand(0), zero = n.operand(2);
  FailureOr<Value> scale = alignTo(n, n.operand(1), x);
  if (failed(scale))
    return failure();
  FailureOr<Type> element = dequantizedType(n);
  if (failed(element))
    return failure();
  SmallVector<Value> values{x, *scale};
  if (zero) {
    if (failed(requireSameShape(n, n.operand(1), zero, "scale and zero point")))
      return failure();
    FailureOr<Value> aligned = alignTo(n, zero, x);
    if (failed(aligned))
      return failure();
    values.push_back(*aligned);
  }
  bool isUnsigned = n.isUnsigned(0);
  bool isInteger = isa<IntegerType>(n.elementType(x));
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    Type wide = args[1].getType();
    Value v = args[0];
    if (isInteger) {
      v = toI32(s, v, isUnsigned);
      if (zero)
        v = s.make<arith::SubIOp>(v, toI32(s, args[2], isUnsigned));
      v = s.make<arith::SIToFPOp>(wide, v);
    }
    return s.make<arith::MulFOp>(v, args[1]);
  };
  FailureOr<Value> y = n.elementwise(values, *element, body);
  if (failed(y))
    return failure();
  n.setResult(0, *y, *element);
  return success();
}

//===----------------------------------------------------------------------===//
// QuantizeLinear
//===----------------------------------------------------------------------===//

/// round-half-even(v) + zero, saturated to the integer type `target` (with its
/// ONNX sign). NaN becomes the lowest value.
static Value saturate(ScalarBuilder &s, Value v, Value zero, Type target) {
  auto type = cast<IntegerType>(target);
  Type wide = v.getType();
  unsigned width = type.getWidth();
  bool isUnsigned = type.isUnsigned();
  double low = isUnsigned ? 0 : -std::ldexp(1.0, width - 1);
  double high = std::ldexp(1.0, isUnsigned ? width : width - 1) - 1;
  v = s.make<math::RoundEvenOp>(v);
  if (zero)
    v = s.make<arith::AddFOp>(v, zero);
  v = s.make<arith::MaxNumFOp>(v, s.constant(wide, low));
  v = s.make<arith::MinNumFOp>(v, s.constant(wide, high));
  Value i = s.make<arith::FPToSIOp>(s.b.getI32Type(), v);
  return s.make<arith::TruncIOp>(signless(type), i);
}

/// The output type: the zero point's, or output_dtype, or uint8.
static FailureOr<Type> quantizedType(NodeLowering &n) {
  constexpr int64_t kUInt8 = 2; // of TensorProto.DataType
  int64_t proto = n.intAttr("output_dtype", 0);
  Type type = n.operand(2) ? n.onnxType(2)
                           : onnx::getElementType(n.b.getContext(),
                                                  proto == 0 ? kUInt8 : proto);
  if (!type || !isa<IntegerType>(type) || type.getIntOrFloatBitWidth() > 16)
    return n.emitError() << "supports only integer results of up to 16 bits",
           failure();
  return type;
}

/// How 8-bit floats saturate, and in which type the division happens: it is
/// that of the input here, whatever else is asked for is not supported.
static LogicalResult checkQuantizeAttributes(NodeLowering &n) {
  n.ignoreAttrs({"saturate"});
  int64_t precision = n.intAttr("precision", 0);
  if (precision == 0 ||
      onnx::getElementType(n.b.getContext(), precision) == n.onnxType(0))
    return success();
  return n.emitError() << "supports only the precision of its input";
}

/// saturate(round(x / scale) + zero).
static LogicalResult lowerQuantize(NodeLowering &n) {
  if (failed(checkQuantizeAttributes(n)))
    return failure();
  Value x = n.operand(0), zero = n.operand(2);
  FailureOr<Type> target = quantizedType(n);
  FailureOr<Value> scale = alignTo(n, n.operand(1), x);
  if (failed(target) || failed(scale))
    return failure();
  SmallVector<Value> values{x, *scale};
  if (zero) {
    if (failed(requireSameShape(n, n.operand(1), zero, "scale and zero point")))
      return failure();
    FailureOr<Value> aligned = alignTo(n, zero, x);
    if (failed(aligned))
      return failure();
    values.push_back(*aligned);
  }
  bool isUnsigned = target->isUnsignedInteger();
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    Value v = args[0], offset;
    if (!isa<FloatType>(v.getType()))
      v = s.make<arith::SIToFPOp>(args[1].getType(), v);
    v = s.make<arith::DivFOp>(v, args[1]);
    if (zero)
      offset =
          s.make<arith::SIToFPOp>(v.getType(), toI32(s, args[2], isUnsigned));
    return saturate(s, v, offset, *target);
  };
  FailureOr<Value> y = n.elementwise(values, signless(*target), body);
  if (failed(y))
    return failure();
  n.setResult(0, *y, *target);
  return success();
}

//===----------------------------------------------------------------------===//
// DynamicQuantizeLinear
//===----------------------------------------------------------------------===//

template <typename FoldOp> static Value extreme(NodeLowering &n, Value x) {
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  auto fold = [](ScalarBuilder &s, Value v, Value acc) {
    return s.make<FoldOp>(v, acc);
  };
  // Starting at 0 puts 0 into the range, as ONNX asks.
  return n.reduce(x, axes, /*keepDims=*/false,
                  {numberAttr(n.elementType(x), 0), nullptr, fold});
}

/// uint8 by the range of the tensor, which holds 0.
static LogicalResult lowerDynamicQuantize(NodeLowering &n) {
  Value x = n.operand(0);
  Type f32 = n.b.getF32Type(), i8 = n.b.getI8Type();
  Type ui8 = IntegerType::get(n.b.getContext(), 8, IntegerType::Unsigned);
  Value high = extreme<arith::MaximumFOp>(n, x);
  Value low = extreme<arith::MinimumFOp>(n, x);
  FailureOr<Value> scale = n.elementwise(
      {high, low}, f32, [&](ScalarBuilder &s, ValueRange args) -> Value {
        Value range = s.make<arith::SubFOp>(args[0], args[1]);
        Value step = s.make<arith::DivFOp>(range, s.constant(f32, 255));
        // When all elements are zero, any scale is right but 0, which would
        // divide by zero.
        Value none = s.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, range,
                                           s.constant(f32, 0));
        return s.make<arith::SelectOp>(none, s.constant(f32, 1), step);
      });
  if (failed(scale))
    return failure();
  FailureOr<Value> zero = n.elementwise(
      {low, *scale}, i8, [&](ScalarBuilder &s, ValueRange args) -> Value {
        Value v = s.make<arith::DivFOp>(args[0], args[1]);
        v = s.make<arith::SubFOp>(s.constant(f32, 0), v);
        return saturate(s, v, Value(), ui8);
      });
  if (failed(zero))
    return failure();
  FailureOr<Value> y = n.elementwise(
      {x, *scale, *zero}, i8, [&](ScalarBuilder &s, ValueRange args) -> Value {
        Value v = s.make<arith::DivFOp>(args[0], args[1]);
        Value offset = s.make<arith::SIToFPOp>(f32, toI32(s, args[2], true));
        return saturate(s, v, offset, ui8);
      });
  if (failed(y))
    return failure();
  n.setResult(0, *y, ui8);
  n.setResult(1, *scale);
  n.setResult(2, *zero, ui8);
  return success();
}

void bitnet::registerQuantizeOps(OpRegistry &r) {
  r.add("QuantizeLinear", 10, lowerQuantize, "integer results");
  r.add("DequantizeLinear", 10, lowerDequantize);
  r.add("DynamicQuantizeLinear", 11, lowerDynamicQuantize);
}
