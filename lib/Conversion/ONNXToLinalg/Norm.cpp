//===- Norm.cpp - layer, RMS, batch, group and instance normalization -----===//
//
// Norms compute mean and variance over some axes, then scale and shift.
// Everything is computed in f32 (or f64) and rounded once at the end.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Moments
//===----------------------------------------------------------------------===//

namespace {
/// All values are in the compute type, with the normalised axes kept as 1.
struct Moments {
  Value mean; // null for RMS
  Value inverse;
};
} // namespace

/// The number of elements that are averaged, as a scalar of type `wide`.
static Value countOf(NodeLowering &n, Value x, ArrayRef<int64_t> axes,
                     Type wide) {
  OpFoldResult count = n.dims.constant(1);
  for (int64_t axis : axes)
    count = n.dims.mul(count, n.dim(x, axis));
  ScalarBuilder s{n.b, n.loc};
  if (auto known = getConstantIntValue(n.dims.simplify(count)))
    return s.constant(wide, double(*known));
  Value integer =
      s.make<arith::IndexCastOp>(n.b.getI64Type(), n.dims.value(count));
  return s.make<arith::SIToFPOp>(wide, integer);
}

/// sum(element(x)) over `axes`, divided by their count and finished.
static Value average(NodeLowering &n, Value x, ArrayRef<int64_t> axes,
                     ScalarFn element, ScalarFn finish) {
  Type wide = computeType(n.elementType(x));
  Value count = countOf(n, x, axes, wide);
  auto fold = [](ScalarBuilder &s, Value v, Value acc) {
    return reassociableAdd(s, v, acc);
  };
  Value sum = n.reduce(x, axes, /*keepDims=*/true,
                       {numberAttr(wide, 0), element, fold});
  return n.map(sum, wide, [&](ScalarBuilder &s, ValueRange args) -> Value {
    Value mean = s.make<arith::DivFOp>(args[0], count);
    return finish ? finish(s, mean) : mean;
  });
}

/// The square of one argument.
static Value square(ScalarBuilder &s, ValueRange args) {
  return s.make<arith::MulFOp>(args[0], args[0]);
}

/// 1 / sqrt(v + epsilon)
static Value inverseRoot(ScalarBuilder &s, Value v, double epsilon) {
  Type type = v.getType();
  Value shifted = s.make<arith::AddFOp>(v, s.constant(type, epsilon));
  Value root = s.make<math::SqrtOp>(shifted);
  return s.make<arith::DivFOp>(s.constant(type, 1.0), root);
}

/// x minus the mean of its row.
static FailureOr<Value> subtract(NodeLowering &n, Value x, Value mean) {
  return n.elementwise({x, mean}, n.elementType(mean),
                       [](ScalarBuilder &s, ValueRange args) -> Value {
                         return s.make<arith::SubFOp>(args[0], args[1]);
                       });
}

/// The variance of centred values, in two passes as every reference has it.
static FailureOr<Moments> computeMoments(NodeLowering &n, Value x,
                                         ArrayRef<int64_t> axes, bool centred,
                                         double epsilon) {
  auto finish = [&](ScalarBuilder &s, ValueRange args) {
    return inverseRoot(s, args[0], epsilon);
  };
  if (!centred)
    return Moments{Value(), average(n, x, axes, square, finish)};
  Value mean = average(n, x, axes, nullptr, nullptr);
  FailureOr<Value> deviation = subtract(n, x, mean);
  if (failed(deviation))
    return failure();
  return Moments{mean, average(n, *deviation, axes, square, finish)};
}

/// The scalars as the widest type among them: parameters may be of another type
/// than x.
static SmallVector<Value> toWidest(ScalarBuilder &s, ValueRange args) {
  Type wide = args[0].getType();
  for (Type type : args.getTypes())
    if (type.getIntOrFloatBitWidth() > wide.getIntOrFloatBitWidth())
      wide = type;
  return llvm::map_to_vector(args,
                             [&](Value v) { return convertFloat(s, v, wide); });
}

/// v as a number of the narrower `type`.
static Value roundTo(ScalarBuilder &s, Value v, Type type) {
  return convertFloat(s, convertFloat(s, v, type), v.getType());
}

/// ((x - mean) * inverse) * scale + bias, rounded once to `element`. Where that
/// is not the type of x, the normalized x is rounded to the latter before: so
/// does the function that defines RMSNormalization.
static FailureOr<Value> applyMoments(NodeLowering &n, Value x,
                                     const Moments &moments, Value scale,
                                     Value bias, Type element) {
  SmallVector<Value> values{x, moments.inverse};
  for (Value v : {moments.mean, scale, bias})
    if (v)
      values.push_back(v);
  return n.elementwise(values, element,
                       [&](ScalarBuilder &s, ValueRange operands) -> Value {
                         SmallVector<Value> args = toWidest(s, operands);
                         unsigned next = 2;
                         Value y = args[0];
                         if (moments.mean)
                           y = s.make<arith::SubFOp>(y, args[next++]);
                         y = s.make<arith::MulFOp>(y, args[1]);
                         if (element != n.elementType(x))
                           y = roundTo(s, y, n.elementType(x));
                         if (scale)
                           y = s.make<arith::MulFOp>(y, args[next++]);
                         if (bias)
                           y = s.make<arith::AddFOp>(y, args[next++]);
                         return convertFloat(s, y, element);
                       });
}

//===----------------------------------------------------------------------===//
// LayerNormalization and RMSNormalization
//===----------------------------------------------------------------------===//

namespace {
/// The outputs that hold the statistics; 0 for none.
struct StatisticsResults {
  unsigned mean = 0, inverse = 0;
};
} // namespace

/// Normalises `x` over `axes`; sets result 0 and the statistics.
static LogicalResult normalize(NodeLowering &n, Value x, Type element,
                               ArrayRef<int64_t> axes, bool centred,
                               Value scale, Value bias,
                               StatisticsResults statistics,
                               double defaultEpsilon = 1e-5) {
  double epsilon = n.floatAttr("epsilon", defaultEpsilon);
  for (Value parameter : {scale, bias})
    if (parameter &&
        failed(requireBroadcastTo(n, parameter, n.dimsOf(x),
                                  parameter == scale ? "scale" : "bias")))
      return failure();
  FailureOr<Moments> moments = computeMoments(n, x, axes, centred, epsilon);
  if (failed(moments))
    return failure();
  FailureOr<Value> y = applyMoments(n, x, *moments, scale, bias, element);
  if (failed(y))
    return failure();
  n.setResult(0, *y);
  // The statistics are f32 by definition, whatever x is.
  auto setStatistic = [&](unsigned i, Value v) {
    if (i && n.isResultUsed(i))
      n.setResult(i, n.convert(v, n.elementType(v), n.b.getF32Type()));
  };
  setStatistic(statistics.mean, moments->mean);
  setStatistic(statistics.inverse, moments->inverse);
  return success();
}

/// LayerNormalization, SimplifiedLayerNormalization, RMSNormalization: all axes
/// from `axis` on.
static LogicalResult lowerLayerNorm(NodeLowering &n, bool centred,
                                    StatisticsResults statistics) {
  Value x = n.operand(0), bias = centred ? n.operand(2) : Value();
  int64_t rank = n.rank(x);
  FailureOr<int64_t> axis = n.normalizeAxis(n.intAttr("axis", -1), rank);
  if (failed(axis))
    return failure();
  if (n.intAttr("stash_type", 1) != 1)
    return n.emitError() << "supports only stash_type 1 (float)";
  Value scale = n.operand(1);
  return normalize(n, x, n.elementType(scale),
                   llvm::to_vector(llvm::seq<int64_t>(*axis, rank)), centred,
                   scale, bias, statistics);
}

//===----------------------------------------------------------------------===//
// com.microsoft.Skip[Simplified]LayerNormalization
//===----------------------------------------------------------------------===//

/// The skip is as large as the input or shared by the batch. onnxruntime
/// repeats it from the front whatever its shape, which is broadcasting in these
/// cases only: the other ones are refused.
static LogicalResult checkSkip(NodeLowering &n, Value skip, const Dims &room) {
  if (failed(requireBroadcastTo(n, skip, room, "skip")))
    return failure();
  Dims have = n.dimsOf(skip);
  ArrayRef<OpFoldResult> extents(have);
  OpFoldResult one = n.dims.constant(1);
  StringRef otherwise = "the skip is neither as large as the input nor shared "
                        "by the batch";
  for (size_t axis = 1; axis < have.size(); ++axis) {
    OpFoldResult batch = n.dims.product(extents.take_front(axis));
    OpFoldResult whole = n.dims.compare(arith::CmpIPredicate::eq, have[axis],
                                        room[room.size() - have.size() + axis]);
    if (isConstantIntValue(whole, 1))
      continue;
    auto shared = arith::CmpIPredicate::sle;
    if (!isConstantIntValue(whole, 0))
      n.dims.require(
          n.dims.orOf(n.dims.value(whole),
                      n.dims.value(n.dims.compare(shared, batch, one))),
          n.name() + ": " + otherwise);
    else if (failed(requireCompare(n, shared, batch, one, otherwise)))
      return failure();
  }
  return success();
}

/// The vectors of the hidden size that the node has, and the skip.
static LogicalResult checkSkipNorm(NodeLowering &n, bool centred) {
  Value x = n.operand(0);
  if (n.rank(x) < 1)
    return n.emitError() << "needs rank 1 or more";
  int64_t last = n.rank(x) - 1;
  for (unsigned slot = 2; slot < (centred ? 5u : 4u); ++slot)
    if (Value v = n.operand(slot);
        v && failed(alongAxis(n, v, x, last, "parameter")))
      return failure();
  return checkSkip(n, n.operand(1), n.dimsOf(x));
}

/// Normalizes x + skip + bias, which is also the last output.
static LogicalResult lowerSkipNorm(NodeLowering &n, bool centred) {
  if (!centred && n.isResultUsed(1))
    return n.emitError() << "has no mean output";
  if (failed(checkSkipNorm(n, centred)))
    return failure();
  Value x = n.operand(0), skip = n.operand(1), scale = n.operand(2);
  Value beta = centred ? n.operand(3) : Value();
  Value bias = n.operand(centred ? 4 : 3);
  Type element = n.elementType(x), wide = computeType(element);
  SmallVector<Value> terms{x, skip};
  if (bias)
    terms.push_back(bias);
  FailureOr<Value> sum = n.elementwise(
      terms, wide, [](ScalarBuilder &s, ValueRange args) -> Value {
        Value total = s.make<arith::AddFOp>(args[0], args[1]);
        return args.size() < 3 ? total : s.make<arith::AddFOp>(total, args[2]);
      });
  if (failed(sum))
    return failure();
  if (n.isResultUsed(3))
    n.setResult(3, wide == element ? *sum
                                   : n.map(*sum, element,
                                           [](ScalarBuilder &, ValueRange v) {
                                             return v[0];
                                           }));
  int64_t last = n.rank(*sum) - 1;
  return normalize(n, *sum, element, last, centred, scale, beta,
                   {centred ? 1u : 0u, 2}, /*defaultEpsilon=*/1e-12);
}

//===----------------------------------------------------------------------===//
// Norms per channel: batch, instance, group
//===----------------------------------------------------------------------===//

/// Mean and variance are inputs at inference, so it is one multiplication and
/// one addition per element.
static LogicalResult lowerBatchNorm(NodeLowering &n) {
  Value x = n.operand(0);
  int64_t rank = n.rank(x);
  if (n.intAttr("training_mode", 0) != 0 || n.intAttr("spatial", 1) != 1)
    return n.emitError() << "supports inference only";
  n.ignoreAttrs({"momentum"}); // of training
  // Before opset 14 only the further outputs said that the node trains.
  if (n.node.getNumResults() > 1)
    return n.emitError() << "supports inference only: it has "
                         << n.node.getNumResults()
                         << " outputs, as in training, but not one";
  if (rank < 2)
    return n.emitError() << "needs rank 2 or more";
  double epsilon = n.floatAttr("epsilon", 1e-5);
  Type wide = computeType(n.elementType(x));
  FailureOr<Value> scale = alongAxis(n, n.operand(1), x, 1, "scale");
  FailureOr<Value> bias = alongAxis(n, n.operand(2), x, 1, "bias");
  FailureOr<Value> mean = alongAxis(n, n.operand(3), x, 1, "mean");
  FailureOr<Value> variance = alongAxis(n, n.operand(4), x, 1, "variance");
  if (failed(scale) || failed(bias) || failed(mean) || failed(variance))
    return failure();
  FailureOr<Value> factor = n.elementwise(
      {*scale, *variance}, wide,
      [&](ScalarBuilder &s, ValueRange args) -> Value {
        SmallVector<Value> v = toWidest(s, args);
        Value root = inverseRoot(s, v[1], epsilon);
        return convertFloat(s, s.make<arith::MulFOp>(v[0], root), wide);
      });
  if (failed(factor))
    return failure();
  FailureOr<Value> y = applyMoments(n, x, Moments{*mean, *factor}, Value(),
                                    *bias, n.elementType(x));
  if (failed(y))
    return failure();
  n.setResult(0, *y);
  return success();
}

/// All spatial axes of a channel are one row.
static LogicalResult lowerInstanceNorm(NodeLowering &n) {
  Value x = n.operand(0);
  int64_t rank = n.rank(x);
  if (rank < 3)
    return n.emitError() << "needs rank 3 or more";
  FailureOr<Value> scale = alongAxis(n, n.operand(1), x, 1, "scale");
  FailureOr<Value> bias = alongAxis(n, n.operand(2), x, 1, "bias");
  if (failed(scale) || failed(bias))
    return failure();
  return normalize(n, x, n.elementType(x),
                   llvm::to_vector(llvm::seq<int64_t>(2, rank)), true, *scale,
                   *bias, {});
}

/// A scale or bias, as it broadcasts to x of `split` extents [N, G, C/G, ...]:
/// per group up to opset 20 and per channel from 21 on.
static FailureOr<Value> groupWeights(NodeLowering &n, Value v,
                                     const Dims &split, StringRef what) {
  if (n.rank(v) != 1)
    return n.emitError() << "needs a " << what << " of rank 1, got rank "
                         << n.rank(v),
           failure();
  bool perChannel = n.version() >= 21;
  Dims extents(split.size() - 1, n.dims.constant(1));
  extents[0] = split[1];
  if (perChannel)
    extents[1] = split[2];
  if (failed(n.requireSame(n.dim(v, 0), n.dims.mul(extents[0], extents[1]),
                           "the length of " + what + " and the number of " +
                               (perChannel ? "channels" : "groups"))))
    return failure();
  return n.reshape(v, extents);
}

/// [N, C, ...] as [N, G, C/G, ...]. Channels of a group and all spatial axes
/// are one row.
static LogicalResult lowerGroupNorm(NodeLowering &n) {
  Value x = n.operand(0);
  Type element = n.elementType(x);
  int64_t rank = n.rank(x), groups = n.intAttr("num_groups", 0);
  if (n.intAttr("stash_type", 1) != 1)
    return n.emitError() << "supports only stash_type 1 (float)";
  auto channels = rank < 2 ? std::nullopt : getConstantIntValue(n.dim(x, 1));
  if (!channels || groups < 1 || *channels % groups != 0)
    return n.emitError() << "needs channels that num_groups divides";
  Dims outer = n.dimsOf(x), split = outer;
  split[1] = n.dims.constant(groups);
  split.insert(split.begin() + 2, n.dims.constant(*channels / groups));
  FailureOr<Value> parts = n.reshape(x, split);
  if (failed(parts))
    return failure();
  FailureOr<Value> scale = groupWeights(n, n.operand(1), split, "scale");
  FailureOr<Value> bias = groupWeights(n, n.operand(2), split, "bias");
  if (failed(scale) || failed(bias))
    return failure();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, rank + 1));
  auto moments =
      computeMoments(n, *parts, axes, true, n.floatAttr("epsilon", 1e-5));
  if (failed(moments))
    return failure();
  auto y = applyMoments(n, *parts, *moments, *scale, *bias, element);
  if (failed(y))
    return failure();
  FailureOr<Value> whole = n.reshape(*y, outer);
  if (failed(whole))
    return failure();
  n.setResult(0, *whole);
  return success();
}

void bitnet::registerNormOps(OpRegistry &r) {
  auto layer = [](NodeLowering &n) { return lowerLayerNorm(n, true, {1, 2}); };
  auto rms = [](NodeLowering &n) { return lowerLayerNorm(n, false, {}); };
  // Emitted in the default domain by ONNX Runtime's fusions; result 1 is 1/rms.
  auto simplified = [](NodeLowering &n) {
    return lowerLayerNorm(n, false, {0, 1});
  };
  auto skip = [](NodeLowering &n) { return lowerSkipNorm(n, true); };
  auto skipSimplified = [](NodeLowering &n) { return lowerSkipNorm(n, false); };
  r.add("LayerNormalization", 17, layer);
  r.add("RMSNormalization", 23, rms);
  r.add("SimplifiedLayerNormalization", 1, simplified);
  StringLiteral sizes = "skip as large as the input or shared by the batch";
  r.add(kMicrosoftDomain, "SkipLayerNormalization", 1, skip, sizes);
  r.add(kMicrosoftDomain, "SkipSimplifiedLayerNormalization", 1, skipSimplified,
        sizes);
  r.add("BatchNormalization", 7, lowerBatchNorm, "inference");
  r.add("InstanceNormalization", 6, lowerInstanceNorm);
  r.add("GroupNormalization", 18, lowerGroupNorm);
}
