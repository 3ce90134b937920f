//===- Scan.cpp - CumSum and Trilu ----------------------------------------===//
//
// CumSum is a sequential loop over planes; Trilu keeps one triangle of
// matrices.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// CumSum
//===----------------------------------------------------------------------===//

/// Adds floats or integers.
static Value add(ScalarBuilder &s, Value a, Value c) {
  return isa<FloatType>(a.getType()) ? s.make<arith::AddFOp>(a, c)
                                     : s.make<arith::AddIOp>(a, c);
}

/// total + plane, written over total: a loop may carry it.
static Value addPlane(NodeLowering &n, Value total, Value plane) {
  AffineMap identity = n.b.getMultiDimIdentityMap(n.rank(plane));
  GenericSpec spec;
  spec.init = total;
  spec.extents = n.dimsOf(plane);
  spec.inputs = {plane};
  spec.maps = {identity, identity};
  spec.iterators.assign(n.rank(plane), utils::IteratorType::parallel);
  return buildGeneric(n, spec, [](ScalarBuilder &s, ValueRange args) {
    return add(s, args[1], args[0]);
  });
}

/// One step of the sum: writes the running total of the planes of `x` at `at`,
/// before or after adding this one. Returns {out, total}.
static scf::ValueVector scanStep(NodeLowering &n, Value x, Value out,
                                 Value total, Value at, int64_t axis,
                                 bool exclusive) {
  Dims sizes = n.dimsOf(x), offsets(sizes.size(), n.dims.constant(0));
  Dims strides(sizes.size(), n.dims.constant(1));
  sizes[axis] = n.dims.constant(1);
  offsets[axis] = at;
  Value plane = n.slice(x, offsets, sizes, strides);
  AffineMap identity = n.b.getMultiDimIdentityMap(sizes.size());
  auto write = [&](Value from) -> Value {
    Value shown =
        buildParallel(n, sizes, n.elementType(x), {from}, {identity},
                      [](ScalarBuilder &, ValueRange args) { return args[0]; });
    return tensor::InsertSliceOp::create(n.b, n.loc, shown, out, offsets, sizes,
                                         strides);
  };
  // Exclusive sums are written before the total changes in place.
  Value next = exclusive ? write(total) : Value();
  Value sum = addPlane(n, total, plane);
  return {exclusive ? next : write(sum), sum};
}

/// The loop carries the result and the running total.
static Value emitCumSum(NodeLowering &n, Value x, int64_t axis, bool exclusive,
                        bool reverse) {
  Dims extents = n.dimsOf(x), plane = extents;
  plane[axis] = n.dims.constant(1);
  Type element = n.elementType(x), wide = computeType(element);
  SmallVector<Value> init{n.empty(extents, element),
                          n.filled(plane, numberAttr(wide, 0))};
  Value zero = n.dims.value(n.dims.constant(0));
  Value one = n.dims.value(n.dims.constant(1));
  Value count = n.dims.value(extents[axis]);
  OpBuilder::InsertionGuard guard(n.b);
  auto loop = scf::ForOp::create(n.b, n.loc, zero, count, one, init);
  {
    DimBuilder::Scope scope(n.dims);
    n.b.setInsertionPointToStart(loop.getBody());
    Value at = loop.getInductionVar();
    if (reverse) {
      at = arith::SubIOp::create(n.b, n.loc, count, at);
      at = arith::SubIOp::create(n.b, n.loc, at, one);
    }
    auto carried = loop.getRegionIterArgs();
    scf::ValueVector next =
        scanStep(n, x, carried[0], carried[1], at, axis, exclusive);
    scf::YieldOp::create(n.b, n.loc, next);
  }
  n.b.setInsertionPointAfter(loop);
  return n.refine(loop.getResult(0), extents);
}

/// Sums of narrow floats are rounded at every step of the result only.
static LogicalResult lowerCumSum(NodeLowering &n) {
  Value x = n.operand(0);
  auto given = n.constantInts(n.operand(1));
  if (!given || given->size() != 1)
    return n.emitError() << "needs a constant axis";
  FailureOr<int64_t> axis = n.normalizeAxis(given->front(), n.rank(x));
  if (failed(axis))
    return failure();
  bool exclusive = n.intAttr("exclusive", 0) != 0;
  bool reverse = n.intAttr("reverse", 0) != 0;
  // A plane without elements is a slice out of bounds for MLIR.
  if (llvm::is_contained(cast<RankedTensorType>(x.getType()).getShape(), 0))
    return n.setResult(0, x), success();
  n.setResult(0, emitCumSum(n, x, *axis, exclusive, reverse));
  return success();
}

//===----------------------------------------------------------------------===//
// Trilu
//===----------------------------------------------------------------------===//

/// The number of the diagonal, which is added to numbers of rows: no axis is as
/// long as where it is cut off.
static FailureOr<OpFoldResult> readDiagonal(NodeLowering &n) {
  if (!n.operand(1))
    return n.dims.constant(0);
  auto list = n.extractElements(n.operand(1));
  if (!list || list->size() != 1)
    return n.emitError() << "needs one diagonal number", failure();
  return n.dims.max(n.dims.min((*list)[0], n.dims.constant(kMaxTensorElements)),
                    n.dims.constant(-kMaxTensorElements));
}

/// Elements on the other side of diagonal k are 0.
static LogicalResult lowerTrilu(NodeLowering &n) {
  Value x = n.operand(0);
  int64_t rank = n.rank(x);
  if (rank < 2)
    return n.emitError() << "needs rank 2 or more";
  FailureOr<OpFoldResult> diagonal = readDiagonal(n);
  if (failed(diagonal))
    return failure();
  Value k = n.dims.value(*diagonal);
  bool upper = n.intAttr("upper", 1) != 0;
  Type element = n.elementType(x);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> Value {
    Value row = s.make<linalg::IndexOp>(rank - 2);
    Value column = s.make<linalg::IndexOp>(rank - 1);
    Value limit = s.make<arith::AddIOp>(row, k);
    auto predicate =
        upper ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle;
    Value keep = s.make<arith::CmpIOp>(predicate, column, limit);
    Value zero = s.constant(args[0].getType(), 0);
    return s.make<arith::SelectOp>(keep, args[0], zero);
  };
  n.setResult(0, buildParallel(n, n.dimsOf(x), element, {x},
                               {n.b.getMultiDimIdentityMap(rank)}, body));
  return success();
}

void bitnet::registerScanOps(OpRegistry &r) {
  r.add("CumSum", 11, lowerCumSum, "constant axis");
  r.add("Trilu", 14, lowerTrilu);
}
