//===- Slice.cpp - Slice --------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// What one axis keeps: `size` elements from `start`, `step` apart.
struct AxisRange {
  OpFoldResult start, size;
  int64_t step;
};

/// The operands of Slice, whichever opset gave them.
struct SliceSpec {
  Elements starts, ends;
  SmallVector<int64_t> axes, steps;
};
} // namespace

/// bound, counted from the end when negative, clamped to [low, high].
static OpFoldResult clampBound(NodeLowering &n, OpFoldResult bound,
                               OpFoldResult extent, OpFoldResult low,
                               OpFoldResult high) {
  bound = n.dims.simplify(bound);
  OpFoldResult zero = n.dims.constant(0);
  std::optional<int64_t> known = getConstantIntValue(bound);
  // On an empty axis that is read backward, `high` is below `low`; it wins, so
  // nothing is read.
  bool forward = n.dims.same(high, extent) && !isConstantIntValue(high, -1);
  // Exporters write very large numbers for open ends; no arithmetic may
  // overflow on them.
  if (known && *known >= std::numeric_limits<int32_t>::max())
    return high;
  if (known && *known <= std::numeric_limits<int32_t>::min())
    return forward ? low : n.dims.min(low, high);
  if (known && *known == 0 && isConstantIntValue(low, 0) && forward)
    return zero;
  if (known && *known < 0)
    bound = n.dims.add(extent, bound);
  if (!known) {
    Value negative = n.dims.isLess(bound, zero);
    bound = n.dims.select(negative, n.dims.add(extent, bound), bound);
  }
  return forward ? n.dims.max(low, n.dims.min(bound, high))
                 : n.dims.min(n.dims.max(bound, low), high);
}

/// A step to behind the axis in the place of longer ones: from wherever, it
/// reaches no second element, and sums with it do not overflow.
static int64_t limitStep(NodeLowering &n, OpFoldResult extent, int64_t step) {
  constexpr int64_t kLongest = int64_t(1) << 48;
  int64_t limit =
      getConstantIntValue(n.dims.simplify(extent)).value_or(kLongest);
  limit = std::max<int64_t>(limit, 1);
  return std::clamp(step, -limit, limit);
}

/// What NumPy's slice start:end:step keeps of an axis.
static AxisRange computeRange(NodeLowering &n, OpFoldResult extent,
                              OpFoldResult start, OpFoldResult end,
                              int64_t step) {
  step = limitStep(n, extent, step);
  OpFoldResult zero = n.dims.constant(0), one = n.dims.constant(1);
  bool forward = step > 0;
  OpFoldResult low = forward ? zero : n.dims.constant(-1);
  OpFoldResult high = forward ? extent : n.dims.sub(extent, one);
  // When the step is negative, starts are clamped to [0, extent - 1] and ends
  // to [-1, extent - 1].
  start = clampBound(n, start, extent, zero, high);
  end = clampBound(n, end, extent, low, high);
  OpFoldResult length =
      forward ? n.dims.sub(end, start) : n.dims.sub(start, end);
  if (!(isConstantIntValue(start, 0) && n.dims.same(end, extent)))
    length = n.dims.max(length, zero);
  OpFoldResult stride = n.dims.constant(forward ? step : -step);
  return {start, n.dims.ceilDiv(length, stride), step};
}

static Elements toElements(NodeLowering &n, ArrayRef<int64_t> values) {
  return llvm::map_to_vector(
      values, [&](int64_t v) -> OpFoldResult { return n.dims.constant(v); });
}

/// Scalars of `list` as index values.
static Elements toIndices(NodeLowering &n, Elements list) {
  for (OpFoldResult &e : list) {
    if (std::optional<int64_t> known = getConstantIntValue(e))
      e = n.dims.constant(*known);
    else if (Value v = cast<Value>(e); !v.getType().isIndex())
      e = n.dims.cse(
          arith::IndexCastOp::create(n.b, n.loc, n.b.getIndexType(), v));
  }
  return list;
}

/// The operands of opset 10 and later; axes and steps must be constants.
static FailureOr<SliceSpec> readOperands(NodeLowering &n) {
  std::optional<Elements> starts = n.extractElements(n.operand(1));
  std::optional<Elements> ends = n.extractElements(n.operand(2));
  if (!starts || !ends)
    return n.emitError() << "needs starts and ends of known length", failure();
  SliceSpec spec{toIndices(n, *starts), toIndices(n, *ends), {}, {}};
  auto axes = n.intsFrom(3, "axes"), steps = n.intsFrom(4, "steps");
  if (failed(axes) || failed(steps))
    return failure();
  int64_t count = starts->size();
  spec.axes = axes->value_or(llvm::to_vector(llvm::seq<int64_t>(0, count)));
  spec.steps = steps->value_or(SmallVector<int64_t>(count, 1));
  return spec;
}

/// The operands up to opset 9, which has no steps.
static FailureOr<SliceSpec> readAttributes(NodeLowering &n) {
  auto starts = n.intsAttr("starts"), ends = n.intsAttr("ends");
  if (!starts || !ends)
    return n.emitError() << "needs the attributes starts and ends", failure();
  SliceSpec spec{toElements(n, *starts), toElements(n, *ends), {}, {}};
  int64_t count = starts->size();
  spec.axes = n.intsAttr("axes").value_or(
      llvm::to_vector(llvm::seq<int64_t>(0, count)));
  spec.steps.assign(count, 1);
  return spec;
}

/// tensor.extract_slice knows no negative strides: read element by element.
static Value readBackward(NodeLowering &n, Value x,
                          ArrayRef<AxisRange> ranges) {
  Dims sizes;
  SmallVector<Value> starts;
  for (const AxisRange &range : ranges) {
    sizes.push_back(range.size);
    starts.push_back(n.dims.value(range.start));
  }
  auto body = [&](ScalarBuilder &s, ValueRange) {
    SmallVector<Value> indices = loopIndices(s, ranges.size());
    for (auto [index, start, range] :
         llvm::zip_equal(indices, starts, ranges)) {
      Value step = s.make<arith::ConstantIndexOp>(range.step);
      index = s.make<arith::MulIOp>(index, step);
      index = s.make<arith::AddIOp>(index, start);
    }
    return s.make<tensor::ExtractOp>(x, indices);
  };
  return buildParallel(n, sizes, n.elementType(x), {}, {}, body);
}

/// A constant range of a known list stays a list.
static std::optional<Elements> sliceList(NodeLowering &n, Value x,
                                         ArrayRef<AxisRange> ranges) {
  std::optional<Elements> list = n.elements(x);
  if (!list || ranges.size() != 1)
    return std::nullopt;
  auto start = getConstantIntValue(ranges[0].start);
  auto size = getConstantIntValue(ranges[0].size);
  if (!start || !size)
    return std::nullopt;
  Elements kept;
  for (int64_t i = 0; i < *size; ++i)
    kept.push_back((*list)[*start + i * ranges[0].step]);
  return kept;
}

/// The result is a list, a view, or elements that are read backward.
static void emitSlice(NodeLowering &n, Value x, ArrayRef<AxisRange> ranges) {
  if (auto list = sliceList(n, x, ranges))
    return n.setResult(0, n.fromElements(*list, n.elementType(x)));
  if (llvm::any_of(ranges, [](const AxisRange &r) { return r.step < 0; }))
    return n.setResult(0, readBackward(n, x, ranges));
  Dims offsets, sizes, strides;
  bool keepsAll = true;
  for (auto [range, extent] : llvm::zip_equal(ranges, n.dimsOf(x))) {
    offsets.push_back(range.start);
    sizes.push_back(range.size);
    strides.push_back(n.dims.constant(range.step));
    keepsAll &= isConstantIntValue(range.start, 0) &&
                n.dims.same(range.size, extent) && range.step == 1;
  }
  n.setResult(0, keepsAll ? x : n.slice(x, offsets, sizes, strides));
}

/// Axes that are not named keep everything.
static LogicalResult lower(NodeLowering &n, FailureOr<SliceSpec> spec) {
  if (failed(spec))
    return failure();
  Value x = n.operand(0);
  int64_t rank = n.rank(x);
  size_t count = spec->starts.size();
  if (spec->ends.size() != count || spec->axes.size() != count ||
      spec->steps.size() != count)
    return n.emitError() << "has starts, ends, axes, steps of unequal length";
  Dims extents = n.dimsOf(x);
  SmallVector<AxisRange> ranges;
  for (OpFoldResult extent : extents)
    ranges.push_back({n.dims.constant(0), extent, 1});
  SmallVector<bool> given(rank, false);
  for (size_t i = 0; i < count; ++i) {
    FailureOr<int64_t> axis = n.normalizeAxis(spec->axes[i], rank);
    if (failed(axis))
      return failure();
    if (std::exchange(given[*axis], true))
      return n.emitError() << "repeats axis " << spec->axes[i];
    if (spec->steps[i] == 0)
      return n.emitError() << "has a step of 0";
    ranges[*axis] = computeRange(n, extents[*axis], spec->starts[i],
                                 spec->ends[i], spec->steps[i]);
  }
  emitSlice(n, x, ranges);
  return success();
}

void bitnet::registerSliceOps(OpRegistry &r) {
  r.add("Slice", 1,
        [](NodeLowering &n) { return lower(n, readAttributes(n)); });
  r.add(
      "Slice", 10, [](NodeLowering &n) { return lower(n, readOperands(n)); },
      "axes and steps must be constant");
}
