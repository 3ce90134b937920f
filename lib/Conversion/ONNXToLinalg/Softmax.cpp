//===- Softmax.cpp - Softmax and LogSoftmax -------------------------------===//
//
// e^(x - max) / sum, per row, as separate nests that --bitnet-form-rows joins.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Up to opset 12 the input counts as a matrix of the dimensions before `axis`
/// and those from it on; from 13 on only `axis` itself is normalised.
static FailureOr<SmallVector<int64_t>> normalizedAxes(NodeLowering &n) {
  int64_t rank = n.rank(n.operand(0));
  bool flattens = n.version() < 13;
  int64_t given = n.intAttr("axis", flattens ? 1 : -1);
  if (flattens && given == rank)
    return SmallVector<int64_t>();
  FailureOr<int64_t> axis = n.normalizeAxis(given, rank);
  if (failed(axis))
    return failure();
  return llvm::to_vector(
      llvm::seq<int64_t>(*axis, flattens ? rank : *axis + 1));
}

/// The maximum, which is subtracted so that no power overflows.
static Value maxOver(NodeLowering &n, Value x, ArrayRef<int64_t> axes) {
  Type wide = computeType(n.elementType(x));
  auto fold = [](ScalarBuilder &s, Value element, Value acc) {
    return s.make<arith::MaximumFOp>(element, acc);
  };
  return n.reduce(x, axes, /*keepDims=*/true,
                  {lowestAttr(wide, false), nullptr, fold});
}

/// The sum, in the order of mm_c3.
static Value sumOver(NodeLowering &n, Value x, ArrayRef<int64_t> axes) {
  auto fold = [](ScalarBuilder &s, Value element, Value acc) {
    return reassociableAdd(s, element, acc);
  };
  return n.reduce(x, axes, /*keepDims=*/true,
                  {numberAttr(n.elementType(x), 0), nullptr, fold});
}

static FailureOr<Value> normalize(NodeLowering &n, Value x,
                                  ArrayRef<int64_t> axes, bool logarithm) {
  Type element = n.elementType(x), wide = computeType(element);
  Value top = maxOver(n, x, axes);
  auto power = [](ScalarBuilder &s, ValueRange args) -> Value {
    return s.make<math::ExpOp>(s.make<arith::SubFOp>(args[0], args[1]));
  };
  FailureOr<Value> e = n.elementwise({x, top}, wide, power);
  if (failed(e))
    return failure();
  Value sum = sumOver(n, *e, axes);
  // One division per row, as PyTorch does: within 1.5 ulp instead of 0.5.
  auto invert = [&](ScalarBuilder &s, ValueRange args) -> Value {
    return s.make<arith::DivFOp>(s.constant(wide, 1), args[0]);
  };
  auto multiply = [](ScalarBuilder &s, ValueRange args) -> Value {
    return s.make<arith::MulFOp>(args[0], args[1]);
  };
  auto subtract = [](ScalarBuilder &s, ValueRange args) -> Value {
    Value shifted = s.make<arith::SubFOp>(args[0], args[1]);
    return s.make<arith::SubFOp>(shifted, s.make<math::LogOp>(args[2]));
  };
  if (logarithm)
    return n.elementwise({x, top, sum}, element, subtract);
  FailureOr<Value> inverse = n.elementwise({sum}, wide, invert);
  if (failed(inverse))
    return failure();
  return n.elementwise({*e, *inverse}, element, multiply);
}

/// Several dimensions are normalised as one, so that all steps run over the
/// same rows and become one chain; the sums alone would be rows by themselves
/// (mm_c3).
static LogicalResult lowerSoftmax(NodeLowering &n, bool logarithm) {
  Value x = n.operand(0);
  FailureOr<SmallVector<int64_t>> axes = normalizedAxes(n);
  if (failed(axes))
    return failure();
  FailureOr<Value> y;
  if (axes->size() < 2) {
    y = normalize(n, x, *axes, logarithm);
  } else {
    Dims shape = n.dimsOf(x);
    ArrayRef<OpFoldResult> all(shape);
    int64_t axis = axes->front();
    y = n.reshape(x, {n.dims.product(all.take_front(axis)),
                      n.dims.product(all.drop_front(axis))});
    if (succeeded(y))
      y = normalize(n, *y, {1}, logarithm);
    if (succeeded(y))
      y = n.reshape(*y, shape);
  }
  if (failed(y))
    return failure();
  n.setResult(0, *y);
  return success();
}

void bitnet::registerSoftmaxOps(OpRegistry &r) {
  auto softmax = [](NodeLowering &n) { return lowerSoftmax(n, false); };
  auto logSoftmax = [](NodeLowering &n) { return lowerSoftmax(n, true); };
  r.add("Softmax", 1, softmax, "flattens from 'axis' on");
  r.add("Softmax", 13, softmax);
  r.add("LogSoftmax", 1, logSoftmax, "flattens from 'axis' on");
  r.add("LogSoftmax", 13, logSoftmax);
}
