//===- Shape.cpp - operators that read or change shapes -------------------===//
//
// Operators whose operands or results are shapes. A shape is a list of extents
// here and never a tensor in memory, so that a Reshape by a computed shape has
// static extents where the graph's arithmetic says so.
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Shape, Size
//===----------------------------------------------------------------------===//

/// Shape: the extents themselves, from `start` to `end`.
static LogicalResult lowerShape(NodeLowering &n) {
  Dims extents = n.dimsOf(n.operand(0));
  int64_t rank = extents.size();
  auto clamp = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  int64_t start = clamp(n.intAttr("start", 0));
  int64_t end = std::max(start, clamp(n.intAttr("end", rank)));
  Elements list(ArrayRef(extents).slice(start, end - start));
  Type i64 = n.b.getI64Type();
  n.setResult(0, n.fromElements(list, i64), i64);
  return success();
}

/// Size: the product of all extents, of rank 0.
static LogicalResult lowerSize(NodeLowering &n) {
  Type i64 = n.b.getI64Type();
  Elements list{n.dims.product(Dims(n.dimsOf(n.operand(0))))};
  n.setResult(0, n.fromElements(list, i64, /*scalar=*/true), i64);
  return success();
}

//===----------------------------------------------------------------------===//
// Reshape and its special cases
//===----------------------------------------------------------------------===//

/// Reshapes operand 0 to `extents`; a known integer list stays one.
static LogicalResult reshapeTo(NodeLowering &n,
                               ArrayRef<OpFoldResult> extents) {
  Value x = n.operand(0);
  std::optional<Elements> list = n.elements(x);
  RankedTensorType type = n.tensorType(extents, n.elementType(x));
  if (list && type.getRank() <= 1 && type.hasStaticShape() &&
      type.getNumElements() == int64_t(list->size())) {
    n.setResult(
        0, n.fromElements(*list, type.getElementType(), type.getRank() == 0));
    return success();
  }
  FailureOr<Value> v = n.reshape(x, extents);
  if (failed(v))
    return failure();
  n.setResult(0, *v);
  return success();
}

/// The scalars of a shape operand, read at run time when need be.
static FailureOr<Elements> shapeOperand(NodeLowering &n, unsigned slot) {
  Value v = n.operand(slot);
  std::optional<Elements> list = n.extractElements(v);
  if (!list || !n.elementType(v).isInteger(64))
    return n.emitError() << "needs a shape operand of known length, got "
                         << v.getType(),
           failure();
  return *list;
}

/// ONNX reads an extent of 0 as "as long as before". Extents that come from a
/// shape mean what they are, which is the same unless they are 0 at run time
/// where the axis was not: an error, so that no run silently means the other.
static void refuseZero(NodeLowering &n, OpFoldResult from, OpFoldResult to) {
  DimBuilder &d = n.dims;
  if (d.same(from, to) || !isa<Value>(d.simplify(to)))
    return;
  Value isSame =
      d.value(d.compare(arith::CmpIPredicate::ne, to, d.constant(0)));
  if (isa<Value>(d.simplify(from)))
    isSame = d.orOf(isSame, d.isEqual(from, d.constant(0)));
  d.require(isSame, n.name() + ": a size of 0 would mean that of the input");
}

/// 0 and -1 among extents that are only known at run time. Chosen at run time:
/// a -1 is what the others leave over.
static void resolveRuntimeExtents(NodeLowering &n, ArrayRef<OpFoldResult> from,
                                  Dims &to, bool keepZero) {
  DimBuilder &d = n.dims;
  SmallVector<std::pair<unsigned, Value>> maybeInferred;
  Dims others = to;
  for (auto [axis, extent] : llvm::enumerate(to)) {
    if (d.isExtent(extent)) {
      if (!keepZero && axis < from.size())
        refuseZero(n, from[axis], extent);
      continue;
    }
    if (!keepZero && axis < from.size())
      extent = d.select(d.isEqual(extent, d.constant(0)), from[axis], extent);
    Value isInferred = d.isEqual(extent, d.constant(-1));
    others[axis] = d.select(isInferred, d.constant(1), extent);
    maybeInferred.push_back({axis, isInferred});
  }
  if (maybeInferred.empty())
    return;
  OpFoldResult rest = d.quotient(from, others);
  for (auto [axis, isInferred] : maybeInferred)
    to[axis] = d.select(isInferred, rest, to[axis]);
}

/// 0 keeps an extent unless `allowzero` is set, one -1 is inferred.
static LogicalResult lowerReshape(NodeLowering &n) {
  FailureOr<Elements> shape = shapeOperand(n, 1);
  if (failed(shape))
    return failure();
  Dims from = n.dimsOf(n.operand(0)), to;
  bool keepZero = n.intAttr("allowzero", 0) != 0;
  std::optional<size_t> inferred;
  for (auto [axis, extent] : llvm::enumerate(*shape)) {
    std::optional<int64_t> constant = getConstantIntValue(extent);
    if (constant == -1) {
      if (inferred)
        return n.emitError() << "infers more than one extent";
      inferred = axis;
      extent = n.dims.constant(1);
    } else if (constant == 0 && !keepZero) {
      if (axis >= from.size())
        return n.emitError() << "copies extent " << axis << " of a tensor of "
                             << "rank " << from.size();
      extent = from[axis];
    } else if (constant && *constant < 0) {
      return n.emitError() << "has the extent " << *constant;
    }
    to.push_back(extent);
  }
  resolveRuntimeExtents(n, from, to, keepZero);
  if (inferred)
    to[*inferred] = n.dims.quotient(from, to);
  if (failed(n.requireSizes(to)))
    return failure();
  return reshapeTo(n, to);
}

/// Flatten: a matrix of the axes before `axis` and those from it on.
static LogicalResult lowerFlatten(NodeLowering &n) {
  Dims from = n.dimsOf(n.operand(0));
  int64_t rank = from.size(), axis = n.intAttr("axis", 1);
  if (axis < -rank || axis > rank)
    return n.emitError() << "has axis " << axis << " but rank " << rank;
  axis += axis < 0 ? rank : 0;
  ArrayRef<OpFoldResult> all(from);
  return reshapeTo(n, {n.dims.product(all.take_front(axis)),
                       n.dims.product(all.drop_front(axis))});
}

/// `axesSlot`: input that holds the axes, or -1 for the attribute.
static LogicalResult lowerSqueeze(NodeLowering &n, int axesSlot) {
  Dims from = n.dimsOf(n.operand(0)), to;
  FailureOr<std::optional<SmallVector<int64_t>>> axes =
      n.intsFrom(axesSlot, "axes");
  if (failed(axes))
    return failure();
  SmallVector<bool> drop(from.size(), false);
  for (int64_t axis : axes->value_or(SmallVector<int64_t>())) {
    FailureOr<int64_t> a = n.normalizeAxis(axis, from.size());
    if (failed(a) || failed(n.requireSame(from[*a], n.dims.constant(1),
                                          "a squeezed extent and 1")))
      return failure();
    drop[*a] = true;
  }
  for (auto [axis, extent] : llvm::enumerate(from)) {
    bool isOne = isOneInteger(n.dims.simplify(extent));
    if (!*axes && !isOne && isa<Value>(n.dims.simplify(extent)))
      return n.emitError() << "without axes has the unknown extent " << axis;
    if (!drop[axis] && (*axes || !isOne))
      to.push_back(extent);
  }
  return reshapeTo(n, to);
}

/// Unsqueeze: axes are those of the result.
static LogicalResult lowerUnsqueeze(NodeLowering &n, int axesSlot) {
  Dims from = n.dimsOf(n.operand(0));
  FailureOr<std::optional<SmallVector<int64_t>>> axes =
      n.intsFrom(axesSlot, "axes");
  if (failed(axes))
    return failure();
  if (!*axes)
    return n.emitError() << "has no axes";
  Dims to(from.size() + (*axes)->size());
  for (int64_t axis : **axes) {
    FailureOr<int64_t> a = n.normalizeAxis(axis, to.size());
    if (failed(a))
      return failure();
    if (to[*a])
      return n.emitError() << "repeats axis " << axis;
    to[*a] = n.dims.constant(1);
  }
  const OpFoldResult *next = from.begin();
  for (OpFoldResult &extent : to)
    if (!extent)
      extent = *next++;
  return reshapeTo(n, to);
}

//===----------------------------------------------------------------------===//
// Expand, ConstantOfShape, Range
//===----------------------------------------------------------------------===//

/// Expand broadcasts in both directions: an extent of the shape may be 1, too.
static LogicalResult lowerExpand(NodeLowering &n) {
  FailureOr<Elements> shape = shapeOperand(n, 1);
  if (failed(shape) || failed(n.requireSizes(*shape)))
    return failure();
  Value x = n.operand(0);
  std::optional<Elements> list = n.elements(x);
  std::optional<int64_t> length =
      shape->size() == 1 ? getConstantIntValue((*shape)[0]) : std::nullopt;
  if (list && list->size() == 1 && length && *length <= 64) {
    Elements copies(*length, list->front());
    n.setResult(0, n.fromElements(copies, n.elementType(x)));
    return success();
  }
  FailureOr<Value> v = n.broadcastTo(x, *shape);
  if (failed(v))
    return failure();
  n.setResult(0, *v);
  return success();
}

/// ConstantOfShape: filled with `value`, which is 0 in f32 by default.
static LogicalResult lowerConstantOfShape(NodeLowering &n) {
  FailureOr<Elements> shape = shapeOperand(n, 0);
  if (failed(shape) || failed(n.requireSizes(*shape)))
    return failure();
  Type element = n.b.getF32Type();
  TypedAttr value = n.b.getFloatAttr(element, 0.0);
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(n.attr("value"))) {
    element = dense.getElementType();
    if (signless(element) != element)
      dense = dense.bitcast(signless(element));
    value = cast<TypedAttr>(*dense.value_begin<Attribute>());
  }
  std::optional<int64_t> length =
      shape->size() == 1 ? getConstantIntValue((*shape)[0]) : std::nullopt;
  if (isa<IntegerType>(element) && (shape->empty() || length) &&
      length.value_or(1) <= 64) {
    auto type = RankedTensorType::get(
        shape->empty() ? SmallVector<int64_t>{} : SmallVector<int64_t>{*length},
        value.getType());
    Value v = arith::ConstantOp::create(
        n.b, n.loc, DenseElementsAttr::get(type, Attribute(value)));
    n.setResult(0, v, element);
    return success();
  }
  n.setResult(0, n.filled(*shape, value), element);
  return success();
}

/// max(ceil((limit - start) / delta), 0) of floats, in f64.
static Value floatRangeLength(NodeLowering &n, Value start, Value limit,
                              Value delta) {
  ScalarBuilder s{n.b, n.loc};
  using P = arith::CmpFPredicate;
  Type element = start.getType(), f64 = n.b.getF64Type();
  auto widen = [&](Value v) { return castScalar(s, v, element, f64); };
  Value span = s.make<arith::SubFOp>(widen(limit), widen(start));
  Value steps = s.make<arith::DivFOp>(span, widen(delta));
  n.dims.require(s.make<arith::CmpFOp>(P::UNE, delta, s.constant(element, 0)),
                 n.name() + ": the step is 0");
  n.dims.require(s.make<arith::CmpFOp>(P::ORD, steps, steps),
                 n.name() + ": the number of steps is not a number");
  Value count =
      castScalar(s, s.make<math::CeilOp>(steps), f64, n.b.getI64Type());
  Value zero = s.intConstant(count.getType(), 0);
  return s.make<arith::IndexCastOp>(n.b.getIndexType(),
                                    s.make<arith::MaxSIOp>(count, zero));
}

/// The same of integers. As unsigned numbers, distance and step fit in their
/// type, whatever start and limit are.
static Value intRangeLength(NodeLowering &n, Value start, Value limit,
                            Value delta) {
  ScalarBuilder s{n.b, n.loc};
  using P = arith::CmpIPredicate;
  Type element = start.getType();
  Value zero = s.intConstant(element, 0), one = s.intConstant(element, 1);
  n.dims.require(s.make<arith::CmpIOp>(P::ne, delta, zero),
                 n.name() + ": the step is 0");
  Value down = s.make<arith::CmpIOp>(P::slt, delta, zero);
  Value low = s.make<arith::SelectOp>(down, limit, start);
  Value high = s.make<arith::SelectOp>(down, start, limit);
  Value step =
      s.make<arith::SelectOp>(down, s.make<arith::SubIOp>(zero, delta), delta);
  Value before = s.make<arith::SubIOp>(s.make<arith::SubIOp>(high, low), one);
  Value count = s.make<arith::AddIOp>(
      divideInt(s, before, step, /*isUnsigned=*/true), one);
  Value any = s.make<arith::CmpIOp>(P::slt, low, high);
  return s.make<arith::IndexCastUIOp>(
      n.b.getIndexType(), s.make<arith::SelectOp>(any, count, zero));
}

/// The value of a one-element operand as a scalar.
static Value scalarOf(NodeLowering &n, Value v) {
  if (std::optional<Elements> list = n.extractElements(v)) {
    Value scalar = n.dims.value(list->front());
    if (!scalar.getType().isIndex())
      return scalar;
    return n.dims.cse(
        arith::IndexCastOp::create(n.b, n.loc, n.b.getI64Type(), scalar));
  }
  SmallVector<Value> zeros(n.rank(v), n.dims.value(n.dims.constant(0)));
  return n.b.createOrFold<tensor::ExtractOp>(n.loc, v, zeros);
}

/// The length of a range of known i64 numbers as extents, so that it is seen
/// where it equals others; null where a sum might overflow.
static OpFoldResult rangeExtent(NodeLowering &n, ArrayRef<Elements> args) {
  DimBuilder &d = n.dims;
  OpFoldResult step = args[2][0], span = d.sub(args[1][0], args[0][0]);
  if (getConstantIntValue(step).value_or(0) <= 0 || !d.isBounded(step) ||
      !d.isBounded(span) || isa<Attribute>(d.simplify(args[1][0])))
    return {};
  return d.max(d.ceilDiv(span, step), d.constant(0));
}

/// start + i * delta.
static Value emitRange(NodeLowering &n, OpFoldResult length, Value start,
                       Value delta) {
  Type element = start.getType();
  Value init = n.empty(length, element);
  auto build = [&](OpBuilder &b, Location loc, ValueRange) {
    ScalarBuilder s{b, loc};
    Value index = linalg::IndexOp::create(b, loc, 0);
    Type i64 = b.getI64Type();
    Value i = s.make<arith::IndexCastOp>(i64, index), v;
    if (isa<FloatType>(element)) {
      Type wide = element.isF64() ? element : Type(b.getF32Type());
      Value step = castScalar(s, delta, element, wide);
      Value scaled = s.make<arith::MulFOp>(castScalar(s, i, i64, wide), step);
      v = s.make<arith::AddFOp>(castScalar(s, start, element, wide), scaled);
    } else {
      Value scaled =
          s.make<arith::MulIOp>(castScalar(s, i, i64, element), delta);
      v = s.make<arith::AddIOp>(start, scaled);
    }
    linalg::YieldOp::create(b, loc, castScalar(s, v, v.getType(), element));
  };
  AffineMap map = n.b.getMultiDimIdentityMap(1);
  auto generic =
      linalg::GenericOp::create(n.b, n.loc, init.getType(), ValueRange{}, init,
                                map, utils::IteratorType::parallel, build);
  return n.refine(generic.getResult(0), length);
}

/// A short range of known i64 numbers stays a list.
static std::optional<Elements>
rangeList(NodeLowering &n, ArrayRef<Elements> args, OpFoldResult length) {
  std::optional<int64_t> count = getConstantIntValue(length);
  if (args.size() != 3 || !count || *count > 64)
    return std::nullopt;
  Elements list;
  for (int64_t i = 0; i < *count; ++i)
    list.push_back(
        n.dims.add(args[0][0], n.dims.mul(n.dims.constant(i), args[2][0])));
  return list;
}

/// An error of the run when the length is too large.
static LogicalResult lowerRange(NodeLowering &n) {
  SmallVector<Elements> args;
  for (Value v : n.operands())
    if (std::optional<Elements> list = n.elements(v);
        list && list->size() == 1 && n.elementType(v).isInteger(64))
      args.push_back(*list);
  Value start = scalarOf(n, n.operand(0)), limit = scalarOf(n, n.operand(1));
  Value delta = scalarOf(n, n.operand(2));
  if (matchPattern(delta, m_Zero()) || matchPattern(delta, m_AnyZeroFloat()))
    return n.emitError() << "has a step of 0";
  OpFoldResult length =
      args.size() == 3 ? rangeExtent(n, args) : OpFoldResult();
  bool isFloat = isa<FloatType>(start.getType());
  if (!length)
    length = n.dims.simplify(isFloat ? floatRangeLength(n, start, limit, delta)
                                     : intRangeLength(n, start, limit, delta));
  if (failed(n.requireSizes(length)))
    return failure();
  if (std::optional<Elements> list = rangeList(n, args, length))
    n.setResult(0, n.fromElements(*list, n.b.getI64Type()));
  else
    n.setResult(0, emitRange(n, length, start, delta));
  return success();
}

void mlir::bitnet::registerShapeOps(OpRegistry &r) {
  auto withAxes = [](auto lower, int slot) {
    return [=](NodeLowering &n) { return lower(n, slot); };
  };
  r.add("Shape", 1, lowerShape);
  r.add("Size", 1, lowerSize);
  r.add("Reshape", 5, lowerReshape,
        "without allowzero, an extent from another shape that is 0 at run time "
        "is an error where the input's own extent is not 0");
  r.add("Flatten", 1, lowerFlatten);
  r.add("Squeeze", 1, withAxes(lowerSqueeze, -1));
  r.add("Squeeze", 13, withAxes(lowerSqueeze, 1));
  r.add("Unsqueeze", 1, withAxes(lowerUnsqueeze, -1));
  r.add("Unsqueeze", 13, withAxes(lowerUnsqueeze, 1));
  r.add("Expand", 8, lowerExpand);
  r.add("ConstantOfShape", 9, lowerConstantOfShape);
  r.add("Range", 11, lowerRange);
}
