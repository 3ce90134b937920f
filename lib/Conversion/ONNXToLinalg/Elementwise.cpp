//===- Elementwise.cpp - table of elementwise operators -------------------===//
//
// A table with one entry per operator: the scalar code for floats, integers and
// bools, and how the operator works on extents when its operands are known
// integer lists.
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
using BodyFn = Value (*)(ScalarBuilder &, ValueRange, bool isUnsigned);
using Args = ArrayRef<OpFoldResult>;
using ExtentFn = OpFoldResult (*)(DimBuilder &, Args);

enum class Result { Same, Bool };

/// An entry; null functions mean that the operator does not take such elements.
struct Row {
  llvm::StringLiteral op;
  int64_t since;
  unsigned arity; // 0: one or more, folded from the left
  Result result;
  BodyFn onFloat, onInt, onBool; // null: not defined for these elements
  ExtentFn onExtent = nullptr;   // null: as other integers
};
} // namespace

//===----------------------------------------------------------------------===//
// Scalar code
//===----------------------------------------------------------------------===//

template <typename Op>
static Value unary(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<Op>(a[0]);
}

template <typename Op>
static Value binary(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<Op>(a[0], a[1]);
}

template <typename Signed, typename Unsigned>
static Value binaryInt(ScalarBuilder &s, ValueRange a, bool isUnsigned) {
  return isUnsigned ? s.make<Unsigned>(a[0], a[1]) : s.make<Signed>(a[0], a[1]);
}

template <arith::CmpFPredicate predicate>
static Value compareFloat(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<arith::CmpFOp>(predicate, a[0], a[1]);
}

template <arith::CmpIPredicate ifSigned, arith::CmpIPredicate ifUnsigned>
static Value compareInt(ScalarBuilder &s, ValueRange a, bool isUnsigned) {
  return s.make<arith::CmpIOp>(isUnsigned ? ifUnsigned : ifSigned, a[0], a[1]);
}

template <Value (*fn)(ScalarBuilder &, Value)>
static Value apply(ScalarBuilder &s, ValueRange a, bool) {
  return fn(s, a[0]);
}

/// The negated integer; it wraps at the minimum, as NumPy does.
static Value negateInt(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<arith::SubIOp>(s.intConstant(a[0].getType(), 0), a[0]);
}

static Value complement(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<arith::XOrIOp>(a[0], s.intConstant(a[0].getType(), -1));
}

static Value absInt(ScalarBuilder &s, ValueRange a, bool isUnsigned) {
  return isUnsigned ? a[0] : s.make<math::AbsIOp>(a[0]);
}

static Value reluFloat(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<arith::MaximumFOp>(a[0], s.constant(a[0].getType(), 0));
}

static Value reluInt(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<arith::MaxSIOp>(a[0], s.intConstant(a[0].getType(), 0));
}

static Value reciprocal(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<arith::DivFOp>(s.constant(a[0].getType(), 1), a[0]);
}

static Value isNaN(ScalarBuilder &s, ValueRange a, bool) {
  return s.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, a[0], a[0]);
}

/// -1, 0 or 1, and the argument itself for zeros and NaN.
static Value signFloat(ScalarBuilder &s, ValueRange a, bool) {
  Type type = a[0].getType();
  Value zero = s.constant(type, 0);
  Value isPos = s.make<arith::CmpFOp>(arith::CmpFPredicate::OGT, a[0], zero);
  Value isNeg = s.make<arith::CmpFOp>(arith::CmpFPredicate::OLT, a[0], zero);
  // Zero and NaN stay as they are.
  Value v = s.make<arith::SelectOp>(isNeg, s.constant(type, -1), a[0]);
  return s.make<arith::SelectOp>(isPos, s.constant(type, 1), v);
}

static Value signInt(ScalarBuilder &s, ValueRange a, bool isUnsigned) {
  Type type = a[0].getType();
  Value one = s.intConstant(type, 1);
  if (isUnsigned)
    return s.make<arith::MinUIOp>(a[0], one);
  Value v = s.make<arith::MaxSIOp>(a[0], s.intConstant(type, -1));
  return s.make<arith::MinSIOp>(v, one);
}

/// Rounds toward zero; a division by zero has a defined result (ScalarMath.h).
static Value divInt(ScalarBuilder &s, ValueRange a, bool isUnsigned) {
  return divideInt(s, a[0], a[1], isUnsigned);
}

//===----------------------------------------------------------------------===//
// On extents
//===----------------------------------------------------------------------===//

template <OpFoldResult (DimBuilder::*fn)(OpFoldResult, OpFoldResult)>
static OpFoldResult extents(DimBuilder &d, Args a) {
  return (d.*fn)(a[0], a[1]);
}

template <arith::CmpIPredicate predicate>
static OpFoldResult compareExtents(DimBuilder &d, Args a) {
  return d.compare(predicate, a[0], a[1]);
}

/// Extents that a graph divides mostly divide evenly.
static OpFoldResult divideExtents(DimBuilder &d, Args a) {
  return d.quotient(a[0], a[1]);
}

static OpFoldResult negateExtent(DimBuilder &d, Args a) {
  return d.sub(d.constant(0), a[0]);
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

using F = arith::CmpFPredicate;
using I = arith::CmpIPredicate;

/// {operator, opset, arity, type of the result, floats, integers, bools,
/// extents}.
static const Row kRows[] = {
    // Arithmetic.
    {"Add", 7, 2, Result::Same, binary<arith::AddFOp>, binary<arith::AddIOp>,
     nullptr, extents<&DimBuilder::add>},
    {"Sub", 7, 2, Result::Same, binary<arith::SubFOp>, binary<arith::SubIOp>,
     nullptr, extents<&DimBuilder::sub>},
    {"Mul", 7, 2, Result::Same, binary<arith::MulFOp>, binary<arith::MulIOp>,
     nullptr, extents<&DimBuilder::mul>},
    {"Div", 7, 2, Result::Same, binary<arith::DivFOp>, divInt, nullptr,
     divideExtents},
    {"Max", 6, 0, Result::Same, binary<arith::MaximumFOp>,
     binaryInt<arith::MaxSIOp, arith::MaxUIOp>, nullptr,
     extents<&DimBuilder::max>},
    {"Min", 6, 0, Result::Same, binary<arith::MinimumFOp>,
     binaryInt<arith::MinSIOp, arith::MinUIOp>, nullptr,
     extents<&DimBuilder::min>},
    {"Sum", 6, 0, Result::Same, binary<arith::AddFOp>, nullptr, nullptr},
    {"Neg", 6, 1, Result::Same, unary<arith::NegFOp>, negateInt, nullptr,
     negateExtent},
    {"Abs", 6, 1, Result::Same, unary<math::AbsFOp>, absInt, nullptr},
    {"Sign", 9, 1, Result::Same, signFloat, signInt, nullptr},
    {"Reciprocal", 6, 1, Result::Same, reciprocal, nullptr, nullptr},
    // Rounding.
    {"Round", 11, 1, Result::Same, unary<math::RoundEvenOp>, nullptr, nullptr},
    {"Floor", 6, 1, Result::Same, unary<math::FloorOp>, nullptr, nullptr},
    {"Ceil", 6, 1, Result::Same, unary<math::CeilOp>, nullptr, nullptr},
    // Functions.
    {"Sqrt", 6, 1, Result::Same, unary<math::SqrtOp>, nullptr, nullptr},
    {"Exp", 6, 1, Result::Same, unary<math::ExpOp>, nullptr, nullptr},
    {"Log", 6, 1, Result::Same, unary<math::LogOp>, nullptr, nullptr},
    {"Sin", 7, 1, Result::Same, unary<math::SinOp>, nullptr, nullptr},
    {"Cos", 7, 1, Result::Same, unary<math::CosOp>, nullptr, nullptr},
    {"Tan", 7, 1, Result::Same, unary<math::TanOp>, nullptr, nullptr},
    {"Asin", 7, 1, Result::Same, unary<math::AsinOp>, nullptr, nullptr},
    {"Acos", 7, 1, Result::Same, unary<math::AcosOp>, nullptr, nullptr},
    {"Atan", 7, 1, Result::Same, unary<math::AtanOp>, nullptr, nullptr},
    {"Sinh", 9, 1, Result::Same, unary<math::SinhOp>, nullptr, nullptr},
    {"Cosh", 9, 1, Result::Same, unary<math::CoshOp>, nullptr, nullptr},
    {"Asinh", 9, 1, Result::Same, apply<asinh>, nullptr, nullptr},
    {"Acosh", 9, 1, Result::Same, apply<acosh>, nullptr, nullptr},
    {"Atanh", 9, 1, Result::Same, apply<atanh>, nullptr, nullptr},
    {"Erf", 9, 1, Result::Same, unary<math::ErfOp>, nullptr, nullptr},
    {"Tanh", 6, 1, Result::Same, unary<math::TanhOp>, nullptr, nullptr},
    {"Sigmoid", 6, 1, Result::Same, apply<sigmoid>, nullptr, nullptr},
    {"Relu", 6, 1, Result::Same, reluFloat, reluInt, nullptr},
    // Comparison.
    {"Equal", 7, 2, Result::Bool, compareFloat<F::OEQ>,
     compareInt<I::eq, I::eq>, compareInt<I::eq, I::eq>, compareExtents<I::eq>},
    {"Less", 7, 2, Result::Bool, compareFloat<F::OLT>,
     compareInt<I::slt, I::ult>, nullptr, compareExtents<I::slt>},
    {"LessOrEqual", 12, 2, Result::Bool, compareFloat<F::OLE>,
     compareInt<I::sle, I::ule>, nullptr, compareExtents<I::sle>},
    {"Greater", 7, 2, Result::Bool, compareFloat<F::OGT>,
     compareInt<I::sgt, I::ugt>, nullptr, compareExtents<I::sgt>},
    {"GreaterOrEqual", 12, 2, Result::Bool, compareFloat<F::OGE>,
     compareInt<I::sge, I::uge>, nullptr, compareExtents<I::sge>},
    {"IsNaN", 9, 1, Result::Bool, isNaN, nullptr, nullptr},
    // Logic and bits.
    {"Not", 1, 1, Result::Same, nullptr, nullptr, complement},
    {"And", 7, 2, Result::Same, nullptr, nullptr, binary<arith::AndIOp>},
    {"Or", 7, 2, Result::Same, nullptr, nullptr, binary<arith::OrIOp>},
    {"Xor", 7, 2, Result::Same, nullptr, nullptr, binary<arith::XOrIOp>},
    {"BitwiseNot", 18, 1, Result::Same, nullptr, complement, nullptr},
    {"BitwiseAnd", 18, 2, Result::Same, nullptr, binary<arith::AndIOp>,
     nullptr},
    {"BitwiseOr", 18, 2, Result::Same, nullptr, binary<arith::OrIOp>, nullptr},
    {"BitwiseXor", 18, 2, Result::Same, nullptr, binary<arith::XOrIOp>,
     nullptr},
};

//===----------------------------------------------------------------------===//
// Lowering of an entry
//===----------------------------------------------------------------------===//

/// The scalar code for elements of this type; null when the operator does not
/// take them.
static BodyFn bodyFor(const Row &row, Type element) {
  if (isa<FloatType>(element))
    return row.onFloat;
  return element.isInteger(1) ? row.onBool : row.onInt;
}

/// Applies the entry's code once to one or two tensors.
static FailureOr<Value> applyRow(NodeLowering &n, const Row &row, BodyFn body,
                                 ArrayRef<Value> values) {
  Type element = n.elementType(values[0]);
  Type result = row.result == Result::Bool ? n.b.getI1Type() : element;
  if (row.onExtent && !n.onnxType(0).isUnsignedInteger()) {
    auto onExtent = [&](Args args) { return row.onExtent(n.dims, args); };
    if (Value v = n.elementwiseExtents(values, result, onExtent))
      return v;
  }
  bool isUnsigned = n.isUnsigned(0);
  return n.elementwise(values, result, [&](ScalarBuilder &s, ValueRange args) {
    return body(s, args, isUnsigned);
  });
}

/// Lowers an operator by its entry of the table. With an arity of 0 the
/// operator is folded over its inputs (Sum, Max, Min).
static LogicalResult lowerRow(NodeLowering &n, const Row &row) {
  SmallVector<Value> values = n.operands();
  if (row.arity && values.size() != row.arity)
    return n.emitError() << "has " << values.size() << " inputs";
  Type element = n.elementType(values[0]);
  for (Value v : values)
    if (n.elementType(v) != element)
      return n.emitError() << "mixes elements of type " << element << " and "
                           << n.elementType(v);
  BodyFn body = bodyFor(row, element);
  if (!body)
    return n.emitError() << "does not take elements of type " << n.onnxType(0);
  Value result = values[0];
  if (row.arity) {
    FailureOr<Value> v = applyRow(n, row, body, values);
    if (failed(v))
      return failure();
    result = *v;
  }
  for (size_t i = 1; !row.arity && i < values.size(); ++i) {
    FailureOr<Value> v = applyRow(n, row, body, {result, values[i]});
    if (failed(v))
      return failure();
    result = *v;
  }
  n.setResult(0, result, row.result == Result::Bool ? n.b.getI1Type() : Type());
  return success();
}

void mlir::bitnet::registerElementwiseOps(OpRegistry &r) {
  for (const Row &row : kRows)
    r.add(row.op, row.since,
          [&row](NodeLowering &n) { return lowerRow(n, row); });
}
