//===- Parameters.cpp - scales, biases, zero points of operators ----------===//
//
// Checks of operands that must have the length of an axis: a wrong one is an
// error and does not broadcast.
//
//===----------------------------------------------------------------------===//

#include "Parameters.h"
#include "OpRegistry.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// v [C] shaped so that it broadcasts along `axis` of x.
FailureOr<Value> bitnet::alongAxis(NodeLowering &n, Value v, Value x,
                                   int64_t axis, StringRef what) {
  if (n.rank(v) != 1)
    return n.emitError() << "needs a " << what << " of rank 1, got rank "
                         << n.rank(v),
           failure();
  OpFoldResult length = n.dim(x, axis);
  if (failed(n.requireSame(n.dim(v, 0), length,
                           "the length of " + what + " and dimension " +
                               Twine(axis))))
    return failure();
  Dims extents(n.rank(x) - axis, n.dims.constant(1));
  extents[0] = length;
  return n.reshape(v, extents);
}

/// Each extent of v is 1 or that of `extents`: v must not enlarge the result.
LogicalResult bitnet::requireBroadcastTo(NodeLowering &n, Value v,
                                         ArrayRef<OpFoldResult> extents,
                                         StringRef what) {
  Dims have = n.dimsOf(v);
  if (have.size() > extents.size())
    return n.emitError() << "has a " << what << " of rank " << have.size()
                         << " for a tensor of rank " << extents.size();
  size_t lead = extents.size() - have.size();
  for (auto [i, extent] : llvm::enumerate(have)) {
    OpFoldResult room = extents[lead + i];
    extent = n.dims.simplify(extent);
    if (n.dims.same(extent, room) || isConstantIntValue(extent, 1))
      continue;
    // A constant length that is not 1 has to be the extent itself.
    if (isa<Attribute>(extent)) {
      if (failed(n.requireSame(extent, room,
                               "the sizes of " + what + " and its input")))
        return failure();
      continue;
    }
    Value fits = n.dims.orOf(n.dims.isEqual(extent, room),
                             n.dims.isEqual(extent, n.dims.constant(1)));
    n.dims.require(fits, n.name() + ": the " + what +
                             " does not broadcast to its input");
  }
  return success();
}

/// An error when the comparison is known to be false, else an assertion.
LogicalResult bitnet::requireCompare(NodeLowering &n,
                                     arith::CmpIPredicate predicate,
                                     OpFoldResult lhs, OpFoldResult rhs,
                                     const Twine &otherwise) {
  OpFoldResult holds = n.dims.compare(predicate, lhs, rhs);
  if (!isConstantIntValue(holds, 0)) {
    n.dims.require(n.dims.value(holds), n.name() + ": " + otherwise);
    return success();
  }
  InFlightDiagnostic error = n.emitFinding() << otherwise;
  std::optional<int64_t> l = getConstantIntValue(n.dims.simplify(lhs)),
                         r = getConstantIntValue(n.dims.simplify(rhs));
  if (l && r)
    error << ": " << *l << " and " << *r;
  return error;
}

/// Checks the rank and all extents.
LogicalResult bitnet::requireSameShape(NodeLowering &n, Value l, Value r,
                                       StringRef what) {
  Dims a = n.dimsOf(l), c = n.dimsOf(r);
  if (a.size() != c.size())
    return n.emitFinding() << what << " differ in rank: " << a.size() << " and "
                           << c.size();
  for (auto [x, y] : llvm::zip_equal(a, c))
    if (failed(n.requireSame(x, y, "sizes of " + what)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// AddInto (see ONNX.h)
//===----------------------------------------------------------------------===//

static LogicalResult lowerAddInto(NodeLowering &n) {
  Value x = n.operand(0), v = n.operand(1);
  Type element = n.elementType(x);
  if (n.elementType(v) != element)
    return n.emitError() << "adds elements of type " << n.elementType(v)
                         << " to " << element;
  if (n.attr("axis")) {
    auto axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(x));
    if (failed(axis))
      return failure();
    FailureOr<Value> column = alongAxis(n, v, x, *axis, "bias");
    if (failed(column))
      return failure();
    v = *column;
  } else if (failed(requireBroadcastTo(n, v, n.dimsOf(x), "bias"))) {
    return failure();
  }
  return n.lowerElementwise({x, v},
                            [](ScalarBuilder &s, ValueRange a) -> Value {
                              return isa<FloatType>(a[0].getType())
                                         ? s.make<arith::AddFOp>(a[0], a[1])
                                         : s.make<arith::AddIOp>(a[0], a[1]);
                            });
}

void bitnet::registerInternalOps(OpRegistry &r) {
  r.add(onnx::kInternalDomain, onnx::kAddInto, 1, lowerAddInto);
}
