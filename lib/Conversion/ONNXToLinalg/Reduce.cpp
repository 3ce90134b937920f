//===- Reduce.cpp - Reduce*, ArgMax, ArgMin -------------------------------===//
//
// Reductions are entries of a table: what happens to an element, how two are
// folded, and what happens to the result. Integers wrap (mm_c6).
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// The table: what happens to an element, how two are folded, what comes last
//===----------------------------------------------------------------------===//

namespace {
enum class Fold { Sum, Prod, Max, Min };
enum class Before { Nothing, Abs, Square };
enum class After { Nothing, Mean, Sqrt, Log };

/// An entry. Axes became an input at some opset.
struct Row {
  llvm::StringLiteral op;
  int64_t inputSince; // first opset whose axes are an input
  Before before;
  Fold fold;
  After after;
};
} // namespace

static const Row kRows[] = {
    {"ReduceSum", 13, Before::Nothing, Fold::Sum, After::Nothing},
    {"ReduceMean", 18, Before::Nothing, Fold::Sum, After::Mean},
    {"ReduceMax", 18, Before::Nothing, Fold::Max, After::Nothing},
    {"ReduceMin", 18, Before::Nothing, Fold::Min, After::Nothing},
    {"ReduceProd", 18, Before::Nothing, Fold::Prod, After::Nothing},
    {"ReduceL1", 18, Before::Abs, Fold::Sum, After::Nothing},
    {"ReduceL2", 18, Before::Square, Fold::Sum, After::Sqrt},
    {"ReduceSumSquare", 18, Before::Square, Fold::Sum, After::Nothing},
    {"ReduceLogSum", 18, Before::Nothing, Fold::Sum, After::Log},
};

//===----------------------------------------------------------------------===//
// Scalar code
//===----------------------------------------------------------------------===//

/// What is done to one element before it is folded, in the type of the
/// accumulator.
static Value beforeFold(ScalarBuilder &s, Before before, bool isUnsigned,
                        Value x) {
  bool isFloat = isa<FloatType>(x.getType());
  if (before == Before::Abs && isUnsigned)
    return x;
  if (before == Before::Abs)
    return isFloat ? s.make<math::AbsFOp>(x) : s.make<math::AbsIOp>(x);
  if (before == Before::Square)
    return isFloat ? s.make<arith::MulFOp>(x, x) : s.make<arith::MulIOp>(x, x);
  return x;
}

/// Float sums may be added in the order of mm_c3.
static Value foldScalars(ScalarBuilder &s, Fold fold, bool isUnsigned, Value x,
                         Value acc) {
  bool isFloat = isa<FloatType>(acc.getType());
  switch (fold) {
  case Fold::Sum:
    return reassociableAdd(s, acc, x);
  case Fold::Prod:
    return isFloat ? s.make<arith::MulFOp>(acc, x)
                   : s.make<arith::MulIOp>(acc, x);
  case Fold::Max:
    if (isFloat)
      return s.make<arith::MaximumFOp>(acc, x);
    return isUnsigned ? s.make<arith::MaxUIOp>(acc, x)
                      : s.make<arith::MaxSIOp>(acc, x);
  case Fold::Min:
    if (isFloat)
      return s.make<arith::MinimumFOp>(acc, x);
    return isUnsigned ? s.make<arith::MinUIOp>(acc, x)
                      : s.make<arith::MinSIOp>(acc, x);
  }
  return {};
}

/// The neutral element of `fold`.
static TypedAttr initialValue(OpBuilder &b, Fold fold, Type type,
                              bool isUnsigned) {
  bool isMax = fold == Fold::Max;
  if (fold == Fold::Sum || fold == Fold::Prod)
    return cast<TypedAttr>(fold == Fold::Sum ? b.getZeroAttr(type)
                                             : b.getOneAttr(type));
  if (auto f = dyn_cast<FloatType>(type))
    return FloatAttr::get(type, APFloat::getInf(f.getFloatSemantics(), isMax));
  unsigned width = type.getIntOrFloatBitWidth();
  APInt low =
      isUnsigned ? APInt::getZero(width) : APInt::getSignedMinValue(width);
  APInt high =
      isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  return IntegerAttr::get(type, isMax ? low : high);
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

namespace {
/// What the node asks for.
struct Axes {
  SmallVector<int64_t> list; // non-negative
  bool noop = false;         // no axes mean no reduction
  bool keep = true;
};
} // namespace

/// When no axes are given, all are reduced, unless noop_with_empty_axes says
/// otherwise.
static FailureOr<Axes> readAxes(NodeLowering &n, bool fromInput) {
  FailureOr<std::optional<SmallVector<int64_t>>> given =
      n.intsFrom(fromInput ? 1 : -1, "axes");
  if (failed(given))
    return failure();
  Axes axes;
  axes.keep = n.intAttr("keepdims", 1) != 0;
  bool noop = n.intAttr("noop_with_empty_axes", 0) != 0;
  int64_t rank = n.rank(n.operand(0));
  if (!*given || (*given)->empty()) {
    axes.noop = noop;
    axes.list = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    return axes;
  }
  for (int64_t axis : **given) {
    FailureOr<int64_t> a = n.normalizeAxis(axis, rank);
    if (failed(a))
      return failure();
    if (!llvm::is_contained(axes.list, *a))
      axes.list.push_back(*a);
  }
  return axes;
}

/// A sequential f32 sum of more elements than this loses digits that matter
/// (w_c1).
static constexpr int64_t kLongSum = 1 << 16;

/// The accumulator's type: f32 for narrow floats, f64 for long float sums, else
/// the element type.
static Type accumulatorType(NodeLowering &n, const Row &row, Value x,
                            OpFoldResult count) {
  Type element = n.elementType(x);
  if (!isa<FloatType>(element) || element.isF64())
    return element;
  if (row.fold == Fold::Sum &&
      getConstantIntValue(n.dims.simplify(count)).value_or(0) > kLongSum)
    return n.b.getF64Type();
  return n.b.getF32Type();
}

/// What is done to the folded value.
static Value afterFold(ScalarBuilder &s, After after, Value acc, Value count,
                       bool isUnsigned) {
  Type type = acc.getType(), i64 = s.b.getI64Type();
  bool isFloat = isa<FloatType>(type);
  if (after == After::Mean) {
    Value divisor = castScalar(s, count, i64, type);
    return isFloat ? s.make<arith::DivFOp>(acc, divisor)
                   : divideInt(s, acc, divisor, isUnsigned);
  }
  Type f64 = s.b.getF64Type();
  if (isUnsigned)
    type = IntegerType::get(type.getContext(), type.getIntOrFloatBitWidth(),
                            IntegerType::Unsigned);
  Value v = isFloat ? acc : castScalar(s, acc, type, f64);
  if (after == After::Sqrt)
    v = s.make<math::SqrtOp>(v);
  else if (after == After::Log)
    v = s.make<math::LogOp>(v);
  return isFloat ? v : castScalar(s, v, f64, type);
}

/// The number of reduced elements as an i64 value.
static Value countValue(NodeLowering &n, OpFoldResult count) {
  return n.b.createOrFold<arith::IndexCastOp>(n.loc, n.b.getI64Type(),
                                              n.dims.value(count));
}

/// Reduces a known integer list as extents, which are signed, or null.
static Value reduceList(NodeLowering &n, const Row &row, const Axes &axes) {
  Value x = n.operand(0);
  std::optional<Elements> list = n.elements(x);
  if (!list || list->empty() || !n.onnxType(0).isSignlessInteger(64) ||
      row.before != Before::Nothing || row.after != After::Nothing)
    return {};
  DimBuilder &d = n.dims;
  OpFoldResult acc = list->front();
  for (OpFoldResult e : llvm::drop_begin(*list))
    acc = row.fold == Fold::Sum    ? d.add(acc, e)
          : row.fold == Fold::Prod ? d.mul(acc, e)
          : row.fold == Fold::Max  ? d.max(acc, e)
                                   : d.min(acc, e);
  bool scalar = n.rank(x) == 0 || !axes.keep;
  return n.fromElements({acc}, n.elementType(x), scalar);
}

/// noop_with_empty_axes: nothing is summed up, but what happens to an element
/// before and after that happens.
static LogicalResult lowerElementwisePart(NodeLowering &n, const Row &row) {
  Value x = n.operand(0);
  if (row.before == Before::Nothing && row.after != After::Log)
    return n.setResult(0, x), success();
  bool isUnsigned = n.isUnsigned(0);
  return n.lowerElementwise(x, [&](ScalarBuilder &s, ValueRange a) {
    Value v = beforeFold(s, row.before, isUnsigned, a[0]);
    return row.after == After::Nothing
               ? v
               : afterFold(s, row.after, v, Value(), isUnsigned);
  });
}

/// A reduction of a known list is arithmetic on extents.
static LogicalResult lowerReduce(NodeLowering &n, const Row &row,
                                 bool fromInput) {
  FailureOr<Axes> axes = readAxes(n, fromInput);
  if (failed(axes))
    return failure();
  Value x = n.operand(0);
  if (axes->noop)
    return lowerElementwisePart(n, row);
  if (Value v = reduceList(n, row, *axes))
    return n.setResult(0, v), success();
  Dims extents = n.dimsOf(x), reduced;
  for (int64_t axis : axes->list)
    reduced.push_back(extents[axis]);
  OpFoldResult count = n.dims.product(reduced);
  Type element = n.elementType(x), type = accumulatorType(n, row, x, count);
  bool isUnsigned = n.isUnsigned(0);
  auto before = [&](ScalarBuilder &s, ValueRange a) {
    Value v = a[0];
    if (isa<FloatType>(type))
      v = castScalar(s, v, v.getType(), type);
    return beforeFold(s, row.before, isUnsigned, v);
  };
  auto fold = [&](ScalarBuilder &s, Value v, Value acc) {
    return foldScalars(s, row.fold, isUnsigned, v, acc);
  };
  TypedAttr init = initialValue(n.b, row.fold, type, isUnsigned);
  Value v = n.reduce(x, axes->list, axes->keep, {init, before, fold});
  if (row.after != After::Nothing || type != element) {
    Value total = row.after == After::Mean ? countValue(n, count) : Value();
    v = n.map(v, element, [&](ScalarBuilder &s, ValueRange a) {
      Value r = a[0];
      if (row.after != After::Nothing)
        r = afterFold(s, row.after, r, total, isUnsigned);
      return castScalar(s, r, r.getType(), element);
    });
  }
  return n.setResult(0, v), success();
}

/// log(sum(exp(x - m))) + m with m = max(x), 0 where that is infinite.
static LogicalResult lowerLogSumExp(NodeLowering &n, bool fromInput) {
  FailureOr<Axes> axes = readAxes(n, fromInput);
  if (failed(axes))
    return failure();
  Value x = n.operand(0);
  Type element = n.elementType(x);
  if (axes->noop)
    return n.setResult(0, x), success();
  if (!isa<FloatType>(element))
    return n.emitError() << "does not take elements of type " << n.onnxType(0);
  Type type = element.isF64() ? element : Type(n.b.getF32Type());
  auto maxOf = [](ScalarBuilder &s, Value v, Value acc) -> Value {
    return s.make<arith::MaximumFOp>(acc, v);
  };
  TypedAttr low = initialValue(n.b, Fold::Max, type, false);
  Value m = n.reduce(x, axes->list, /*keepDims=*/true, {low, nullptr, maxOf});
  m = n.map(m, type, [&](ScalarBuilder &s, ValueRange a) -> Value {
    auto inf = APFloat::getInf(cast<FloatType>(type).getFloatSemantics());
    Value magnitude = s.make<math::AbsFOp>(a[0]);
    Value isInf = s.make<arith::CmpFOp>(
        arith::CmpFPredicate::OEQ, magnitude,
        s.make<arith::ConstantOp>(FloatAttr::get(type, inf)));
    return s.make<arith::SelectOp>(isInf, s.constant(type, 0), a[0]);
  });
  FailureOr<Value> e =
      n.elementwise({x, m}, type, [](ScalarBuilder &s, ValueRange a) -> Value {
        return s.make<math::ExpOp>(s.make<arith::SubFOp>(a[0], a[1]));
      });
  if (failed(e))
    return failure();
  TypedAttr zero = initialValue(n.b, Fold::Sum, type, false);
  Value sum = n.reduce(*e, axes->list, true, {zero, nullptr, reassociableAdd});
  FailureOr<Value> v = n.elementwise(
      {sum, m}, element, [](ScalarBuilder &s, ValueRange a) -> Value {
        return s.make<arith::AddFOp>(s.make<math::LogOp>(a[0]), a[1]);
      });
  if (failed(v))
    return failure();
  if (!axes->keep) {
    Dims kept;
    for (auto [axis, extent] : llvm::enumerate(Dims(n.dimsOf(x))))
      if (!llvm::is_contained(axes->list, int64_t(axis)))
        kept.push_back(extent);
    v = n.reshape(*v, kept);
    if (failed(v))
      return failure();
  }
  return n.setResult(0, *v), success();
}

//===----------------------------------------------------------------------===//
// ArgMax, ArgMin
//===----------------------------------------------------------------------===//

/// Whether `v` replaces the best element so far; the first NaN stays (the last
/// when `last`).
static Value isBetter(ScalarBuilder &s, Value v, Value best, bool isMax,
                      bool last, bool isUnsigned) {
  if (isa<FloatType>(v.getType())) {
    using P = arith::CmpFPredicate;
    P predicate = isMax ? (last ? P::UGE : P::UGT) : (last ? P::ULE : P::ULT);
    Value better = s.make<arith::CmpFOp>(predicate, v, best);
    Value keepsNaN = s.make<arith::CmpFOp>(P::UNO, best, best);
    Value no = s.intConstant(s.b.getI1Type(), 0);
    Value ifNaN = last ? s.make<arith::CmpFOp>(P::UNO, v, v) : no;
    return s.make<arith::SelectOp>(keepsNaN, ifNaN, better);
  }
  using P = arith::CmpIPredicate;
  P predicate = isMax ? (last ? P::sge : P::sgt) : (last ? P::sle : P::slt);
  if (isUnsigned)
    predicate = isMax ? (last ? P::uge : P::ugt) : (last ? P::ule : P::ult);
  return s.make<arith::CmpIOp>(predicate, v, best);
}

/// The index of the first (or last) extreme element, found in one pass.
static LogicalResult lowerArg(NodeLowering &n, bool isMax) {
  Value x = n.operand(0);
  FailureOr<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(x));
  if (failed(axis))
    return failure();
  bool keep = n.intAttr("keepdims", 1) != 0, isUnsigned = n.isUnsigned(0);
  bool last = n.intAttr("select_last_index", 0) != 0;
  Dims extents = n.dimsOf(x), kept;
  SmallVector<AffineExpr> out;
  SmallVector<utils::IteratorType> loops(extents.size(),
                                         utils::IteratorType::parallel);
  loops[*axis] = utils::IteratorType::reduction;
  for (auto [i, extent] : llvm::enumerate(extents)) {
    if (int64_t(i) == *axis && !keep)
      continue;
    bool reduced = int64_t(i) == *axis;
    kept.push_back(reduced ? n.dims.constant(1) : extent);
    out.push_back(reduced ? n.b.getAffineConstantExpr(0)
                          : n.b.getAffineDimExpr(i));
  }
  Type element = n.elementType(x), i64 = n.b.getI64Type();
  Value best = n.filled(kept, initialValue(n.b, isMax ? Fold::Max : Fold::Min,
                                           element, isUnsigned));
  Value index = n.filled(kept, n.b.getI64IntegerAttr(0));
  AffineMap result = AffineMap::get(extents.size(), 0, out, n.b.getContext());
  AffineMap maps[] = {n.b.getMultiDimIdentityMap(extents.size()), result,
                      result};
  auto build = [&](OpBuilder &b, Location loc, ValueRange a) {
    ScalarBuilder s{b, loc};
    Value here = s.make<arith::IndexCastOp>(
        i64, linalg::IndexOp::create(b, loc, *axis).getResult());
    Value better = isBetter(s, a[0], a[1], isMax, last, isUnsigned);
    // The first element always wins over the initial value.
    Value first = s.make<arith::CmpIOp>(arith::CmpIPredicate::eq, here,
                                        s.intConstant(i64, 0));
    better = s.make<arith::OrIOp>(better, first);
    Value value = s.make<arith::SelectOp>(better, a[0], a[1]);
    Value at = s.make<arith::SelectOp>(better, here, a[2]);
    linalg::YieldOp::create(b, loc, ValueRange{value, at});
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, TypeRange{best.getType(), index.getType()}, x,
      ValueRange{best, index}, maps, loops, build);
  n.setResult(0, n.refine(generic.getResult(1), kept), i64);
  return success();
}

void mlir::bitnet::registerReduceOps(OpRegistry &r) {
  for (const Row &row : kRows)
    for (bool input : {false, true})
      r.add(row.op, input ? row.inputSince : 1, [&row, input](NodeLowering &n) {
        return lowerReduce(n, row, input);
      });
  for (bool input : {false, true})
    r.add(
        "ReduceLogSumExp", input ? 18 : 1,
        [input](NodeLowering &n) { return lowerLogSumExp(n, input); },
        "floats only");
  for (bool isMax : {true, false})
    r.add(isMax ? "ArgMax" : "ArgMin", 1,
          [isMax](NodeLowering &n) { return lowerArg(n, isMax); });
}
