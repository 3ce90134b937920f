//===- Generic.cpp - linalg.generic for the lowerings ---------------------===//
//
// Helpers to write a linalg.generic by its extents, maps and scalar body, and
// checks of indices that are data.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::bitnet;

/// 16-bit and narrower floats are computed with in f32.
Type bitnet::computeType(Type element) {
  auto type = dyn_cast<FloatType>(element);
  bool narrow = type && type.getWidth() < 32;
  return narrow ? Float32Type::get(element.getContext()) : element;
}

Value bitnet::convertFloat(ScalarBuilder &s, Value v, Type type) {
  auto from = dyn_cast<FloatType>(v.getType());
  auto to = dyn_cast<FloatType>(type);
  if (!from || !to || from == to)
    return v;
  if (from.getWidth() < to.getWidth())
    return s.make<arith::ExtFOp>(to, v);
  return s.make<arith::TruncFOp>(to, v);
}

/// The constant behind a conversion to a wider type, which products read
/// directly.
Value bitnet::skipWidening(Value v) {
  auto op = v.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumDpsInputs() != 1 ||
      !isa_and_present<ConstantOp>(op.getInputs()[0].getDefiningOp()) ||
      !llvm::all_of(op.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isIdentity(); }))
    return v;
  Value result = op.getBlock()->getTerminator()->getOperand(0);
  auto widen = result.getDefiningOp<arith::ExtFOp>();
  bool isRead = widen && widen.getIn() == op.getBlock()->getArgument(0);
  return isRead ? op.getInputs()[0] : v;
}

AffineMap bitnet::pickDims(OpBuilder &b, unsigned rank,
                           ArrayRef<unsigned> targets) {
  SmallVector<AffineExpr> exprs;
  for (unsigned target : targets)
    exprs.push_back(b.getAffineDimExpr(target));
  return AffineMap::get(rank, 0, exprs, b.getContext());
}

/// Floats are widened before the body and rounded after it.
Value bitnet::buildGeneric(NodeLowering &n, const GenericSpec &spec,
                           ScalarFn body) {
  auto build = [&](OpBuilder &nested, Location loc, ValueRange args) {
    ScalarBuilder s{nested, loc};
    SmallVector<Value> values;
    for (Value arg : args)
      values.push_back(convertFloat(s, arg, computeType(arg.getType())));
    values.back() = args.back();
    Value result = convertFloat(s, body(s, values), args.back().getType());
    linalg::YieldOp::create(nested, loc, result);
  };
  auto op =
      linalg::GenericOp::create(n.b, n.loc, spec.init.getType(), spec.inputs,
                                spec.init, spec.maps, spec.iterators, build);
  return n.refine(op.getResult(0), spec.extents);
}

/// A nest whose loops are all parallel, with one element of the result per
/// iteration.
Value bitnet::buildParallel(NodeLowering &n, ArrayRef<OpFoldResult> extents,
                            Type element, ArrayRef<Value> inputs,
                            ArrayRef<AffineMap> maps, ScalarFn body) {
  GenericSpec spec;
  spec.extents = Dims(extents);
  spec.init = n.empty(extents, element);
  spec.inputs.assign(inputs.begin(), inputs.end());
  spec.maps.assign(maps.begin(), maps.end());
  spec.maps.push_back(n.b.getMultiDimIdentityMap(extents.size()));
  spec.iterators.assign(extents.size(), utils::IteratorType::parallel);
  return buildGeneric(n, spec, [&](ScalarBuilder &s, ValueRange args) {
    return body(s, args.drop_back());
  });
}

SmallVector<Value> bitnet::loopIndices(ScalarBuilder &s, unsigned rank) {
  SmallVector<Value> indices;
  for (unsigned i = 0; i < rank; ++i)
    indices.push_back(s.make<linalg::IndexOp>(i));
  return indices;
}

/// An integer of any width.
static Value toIndex(ScalarBuilder &s, Value v) {
  return v.getType().isIndex()
             ? v
             : s.make<arith::IndexCastOp>(s.b.getIndexType(), v);
}

/// The position of an index: a negative one counts from the end.
Value bitnet::wrapIndex(ScalarBuilder &s, Value index, Value extent) {
  index = toIndex(s, index);
  Value zero = s.make<arith::ConstantIndexOp>(0);
  Value negative =
      s.make<arith::CmpIOp>(arith::CmpIPredicate::slt, index, zero);
  Value wrapped = s.make<arith::AddIOp>(index, extent);
  return s.make<arith::SelectOp>(negative, wrapped, index);
}

/// Whether -extent <= index < extent, or 0 <= index < extent, as an i1.
static Value indexInRange(ScalarBuilder &s, Value index, Value extent,
                          bool fromEnd) {
  // One unsigned comparison after wrapping: a still negative index is huge.
  index = fromEnd ? wrapIndex(s, index, extent) : toIndex(s, index);
  return s.make<arith::CmpIOp>(arith::CmpIPredicate::ult, index, extent);
}

void bitnet::assertScalar(NodeLowering &n, Value condition, const Twine &what) {
  Value scalar = tensor::ExtractOp::create(n.b, n.loc, condition);
  cf::AssertOp::create(n.b, n.loc, scalar, (n.name() + ": " + what).str());
}

/// Whether all indices are in range; nullopt when that is not known at compile
/// time.
static std::optional<bool> constantsInRange(Value indices, OpFoldResult extent,
                                            bool fromEnd) {
  DenseIntElementsAttr constant;
  std::optional<int64_t> size = getConstantIntValue(extent);
  if (!size || !matchPattern(indices, m_Constant(&constant)))
    return std::nullopt;
  return llvm::all_of(constant.getValues<APInt>(), [&](const APInt &index) {
    int64_t i = index.getSExtValue();
    return (fromEnd ? -*size : 0) <= i && i < *size;
  });
}

/// An error for constants that are out of range; for others an assertion over
/// all of them, in front of the reader.
LogicalResult bitnet::checkIndices(NodeLowering &n, Value indices,
                                   OpFoldResult extent, bool fromEnd) {
  extent = n.dims.simplify(extent);
  if (std::optional<bool> known = constantsInRange(indices, extent, fromEnd))
    return *known ? success()
                  : LogicalResult(n.emitError() << "has an index out of range");
  Value size = n.dims.value(extent);
  auto inRange = [&](ScalarBuilder &s, ValueRange args) {
    return indexInRange(s, args[0], size, fromEnd);
  };
  auto fold = [](ScalarBuilder &s, Value element, Value acc) {
    return s.make<arith::AndIOp>(element, acc);
  };
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, n.rank(indices)));
  Value all = n.reduce(indices, axes, /*keepDims=*/false,
                       {n.b.getBoolAttr(true), inRange, fold});
  assertScalar(n, all, "index out of range");
  return success();
}

/// A tensor filled with `value` into which `v` is inserted.
Value bitnet::padTensor(NodeLowering &n, Value v, ArrayRef<OpFoldResult> low,
                        ArrayRef<OpFoldResult> high, TypedAttr value) {
  auto isZero = [](OpFoldResult d) { return isConstantIntValue(d, 0); };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return v;
  Dims extents;
  for (auto [extent, l, h] : llvm::zip_equal(Dims(n.dimsOf(v)), low, high))
    extents.push_back(n.dims.add(n.dims.add(extent, l), h));
  // The position of an insertion must lie inside, even if what is inserted is
  // empty.
  if (llvm::is_contained(NodeLowering::typeOf(v).getShape(), 0))
    return n.filled(extents, value);
  Value scalar = arith::ConstantOp::create(n.b, n.loc, value);
  RankedTensorType type = n.tensorType(extents, n.elementType(v));
  Value padded = tensor::PadOp::create(n.b, n.loc, type, v, low, high, scalar);
  return n.refine(padded, extents);
}

TypedAttr bitnet::numberAttr(Type type, double value) {
  if (isa<FloatType>(type))
    return FloatAttr::get(type, value);
  return IntegerAttr::get(type, static_cast<int64_t>(value));
}

/// What a maximum starts with.
TypedAttr bitnet::lowestAttr(Type type, bool isUnsigned) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(type, APFloat::getInf(floatType.getFloatSemantics(),
                                                /*Negative=*/true));
  unsigned width = type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, isUnsigned ? APInt::getMinValue(width)
                                           : APInt::getSignedMinValue(width));
}
