//===- Windows.cpp - geometry of convolutions and pools -------------------===//
//
// Computes where the windows of a convolution or a pool lie: from the
// attributes of both kinds of operators, the padding and the number of windows
// along each spatial axis, for extents that may be known at run time only.
//
//===----------------------------------------------------------------------===//

#include "Windows.h"
#include "Generic.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// How far a dilated kernel reaches: (k - 1) * dilation + 1.
static OpFoldResult reach(NodeLowering &n, OpFoldResult kernel,
                          int64_t dilation) {
  OpFoldResult one = n.dims.constant(1);
  return n.dims.add(
      n.dims.mul(n.dims.sub(kernel, one), n.dims.constant(dilation)), one);
}

/// SAME_UPPER / SAME_LOWER: ceil(in / stride) windows, the padding split in
/// two, the odd element at the end or at the beginning.
static void padSame(NodeLowering &n, Windows &w, unsigned i, OpFoldResult in,
                    bool upper) {
  OpFoldResult one = n.dims.constant(1), zero = n.dims.constant(0);
  OpFoldResult stride = n.dims.constant(w.strides[i]);
  w.out[i] = n.dims.ceilDiv(in, stride);
  OpFoldResult covered =
      n.dims.add(n.dims.mul(n.dims.sub(w.out[i], one), stride),
                 reach(n, w.kernel[i], w.dilations[i]));
  OpFoldResult total = n.dims.max(n.dims.sub(covered, in), zero);
  OpFoldResult half = n.dims.div(total, n.dims.constant(2));
  OpFoldResult rest = n.dims.sub(total, half);
  w.low[i] = upper ? half : rest;
  w.high[i] = upper ? rest : half;
}

/// The number of windows that fit into `room` + one window: none when `room` is
/// negative, but one for pools when less than a stride is missing.
static OpFoldResult countWhole(NodeLowering &n, OpFoldResult room,
                               OpFoldResult stride, SmallImage small) {
  OpFoldResult zero = n.dims.constant(0), one = n.dims.constant(1);
  if (small == SmallImage::Clipped) // division toward zero
    return n.dims.max(n.dims.add(n.dims.div(room, stride), one), zero);
  return n.dims.div(n.dims.max(n.dims.add(room, stride), zero), stride);
}

/// Explicit padding: floor, or ceil without windows that start in the high
/// padding.
static void countWindows(NodeLowering &n, Windows &w, unsigned i,
                         OpFoldResult in, bool ceilMode, SmallImage small) {
  OpFoldResult one = n.dims.constant(1), zero = n.dims.constant(0);
  OpFoldResult stride = n.dims.constant(w.strides[i]);
  OpFoldResult begun = n.dims.add(in, w.low[i]);
  OpFoldResult padded = n.dims.add(begun, w.high[i]);
  OpFoldResult size = reach(n, w.kernel[i], w.dilations[i]);
  OpFoldResult room = n.dims.sub(padded, size);
  if (!ceilMode) {
    w.out[i] = countWhole(n, room, stride, small);
    // At most one window hangs over the end; when none does, the image stays as
    // it is.
    if (small == SmallImage::Clipped)
      w.overhang[i] = n.dims.min(n.dims.max(n.dims.sub(size, padded), zero),
                                 n.dims.mul(w.out[i], size));
    return;
  }
  // ceil(room / stride) + 1 windows, of those that begin before the padding.
  OpFoldResult twice = n.dims.constant(2 * w.strides[i] - 1);
  OpFoldResult most =
      n.dims.div(n.dims.max(n.dims.add(room, twice), zero), stride);
  w.out[i] = n.dims.min(most, n.dims.ceilDiv(begun, stride));
  OpFoldResult last = n.dims.sub(w.out[i], one);
  OpFoldResult end = n.dims.add(n.dims.mul(last, stride), size);
  w.overhang[i] = n.dims.max(n.dims.sub(end, padded), zero);
}

/// Products of two of them and sums with extents do not overflow.
static constexpr int64_t kMaxNumber = std::numeric_limits<int32_t>::max();

/// Numbers that may be as large as they like because they change nothing then:
/// a stride beyond every image, the dilation of a kernel of one element.
static void limitNumbers(Windows &w) {
  for (int64_t &stride : w.strides)
    stride = std::min(stride, int64_t(1) << 48);
  for (auto [size, dilation] : llvm::zip(w.kernel, w.dilations))
    if (isConstantIntValue(size, 1) && dilation > 0)
      dilation = 1;
}

/// Lists must have one number per spatial axis, positive where the schema says
/// so.
static LogicalResult checkNumbers(NodeLowering &n, const Windows &w,
                                  size_t count) {
  auto positive = [](int64_t v) { return v > 0; };
  if (w.kernel.size() != count || w.strides.size() != count ||
      w.dilations.size() != count || w.low.size() != count ||
      w.high.size() != count)
    return n.emitError() << "needs kernel, strides, dilations and pads for "
                         << count << " spatial dimensions";
  if (!llvm::all_of(w.strides, positive) ||
      !llvm::all_of(w.dilations, positive))
    return n.emitError() << "needs positive strides and dilations";
  auto tooLarge = [](int64_t v) { return v > kMaxNumber; };
  if (llvm::any_of(w.dilations, tooLarge))
    return n.emitError() << "needs dilations of at most " << kMaxNumber;
  auto negative = [](OpFoldResult pad) {
    return getConstantIntValue(pad).value_or(0) < 0;
  };
  if (llvm::any_of(w.low, negative) || llvm::any_of(w.high, negative))
    return n.emitError() << "needs pads that are not negative";
  if (llvm::any_of(w.kernel, [](OpFoldResult size) {
        return getConstantIntValue(size).value_or(1) < 1;
      }))
    return n.emitError() << "needs a kernel of positive sizes";
  for (ArrayRef<OpFoldResult> sizes : {Dims(w.kernel), w.low, w.high})
    for (OpFoldResult size : sizes)
      if (tooLarge(getConstantIntValue(size).value_or(0)))
        return n.emitError()
               << "needs kernel sizes and pads of at most " << kMaxNumber;
  return success();
}

/// auto_pad decides the padding where it is given; else `pads` does.
FailureOr<Windows> bitnet::readWindows(NodeLowering &n, Value x, Dims kernel,
                                       SmallImage small) {
  if (n.rank(x) < 3)
    return n.emitError() << "needs spatial dimensions", failure();
  size_t count = n.rank(x) - 2;
  Windows w;
  w.kernel = std::move(kernel);
  w.strides = n.intsAttr("strides").value_or(SmallVector<int64_t>(count, 1));
  w.dilations =
      n.intsAttr("dilations").value_or(SmallVector<int64_t>(count, 1));
  auto pads = n.intsAttr("pads").value_or(SmallVector<int64_t>(2 * count, 0));
  for (auto [i, pad] : llvm::enumerate(pads))
    (i < pads.size() / 2 ? w.low : w.high).push_back(n.dims.constant(pad));
  limitNumbers(w);
  if (failed(checkNumbers(n, w, count)))
    return failure();
  w.overhang.assign(count, n.dims.constant(0));
  w.out.assign(count, n.dims.constant(0));
  std::string automatic = n.stringAttr("auto_pad", "NOTSET");
  if (automatic == "VALID") {
    w.low.assign(count, n.dims.constant(0));
    w.high = w.low;
  }
  bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  if (!same && automatic != "VALID" && automatic != "NOTSET")
    return n.emitError() << "has an unknown auto_pad '" << automatic << "'",
           failure();
  bool ceilMode = n.intAttr("ceil_mode", 0) != 0;
  for (size_t i = 0; i < count; ++i) {
    OpFoldResult in = n.dim(x, i + 2);
    if (same)
      padSame(n, w, i, in, automatic == "SAME_UPPER");
    else
      countWindows(n, w, i, in, ceilMode, small);
  }
  return w;
}

/// Checks how large the padded image is, as far as extents are constants. Where
/// the run decides, the run checks.
static LogicalResult checkPadded(NodeLowering &n, Value x,
                                 ArrayRef<OpFoldResult> low,
                                 ArrayRef<OpFoldResult> high) {
  Dims known;
  for (auto [extent, before, after] :
       llvm::zip_equal(Dims(n.dimsOf(x)), low, high)) {
    OpFoldResult padded =
        n.dims.simplify(n.dims.add(n.dims.add(extent, before), after));
    if (isa<Attribute>(padded))
      known.push_back(padded);
  }
  return n.requireSizes(known);
}

/// The image with its padding and with what the last window hangs over.
FailureOr<Value> bitnet::padForWindows(NodeLowering &n, Value x,
                                       const Windows &w, TypedAttr value) {
  Dims zeros(n.rank(x), n.dims.constant(0)), low = zeros, high = zeros;
  Dims over = zeros;
  auto isZero = [](OpFoldResult d) { return isConstantIntValue(d, 0); };
  for (size_t i = 0; i < w.low.size(); ++i) {
    low[i + 2] = w.low[i];
    high[i + 2] = n.dims.add(w.high[i], w.overhang[i]);
    over[i + 2] = w.overhang[i];
  }
  if (failed(checkPadded(n, x, low, high)))
    return failure();
  bool always = llvm::any_of(over, [](OpFoldResult d) {
    return getConstantIntValue(d).value_or(0) != 0;
  });
  if (always || !llvm::all_of(w.low, isZero) || !llvm::all_of(w.high, isZero) ||
      llvm::none_of(over, [](OpFoldResult d) { return isa<Value>(d); }))
    return padTensor(n, x, low, high, value);
  // When there is no padding, an image that is smaller than a window hangs
  // over; that is no reason to copy all other images.
  Value needed;
  Dims extents = n.dimsOf(x);
  for (auto [extent, more] : llvm::zip_equal(extents, over)) {
    extent = n.dims.add(extent, more);
    if (isZero(more))
      continue;
    Value any = n.dims.isLess(n.dims.constant(0), more);
    needed = needed ? n.dims.orOf(needed, any) : any;
  }
  return n.replaceIf(needed, x, extents, [&]() -> FailureOr<Value> {
    return padTensor(n, x, zeros, over, value);
  });
}

/// How much of an extent `have` the windows along spatial dimension i read. All
/// of it for a stride of 1; never more.
static OpFoldResult usedExtent(NodeLowering &n, OpFoldResult have,
                               const Windows &w, unsigned i) {
  OpFoldResult zero = n.dims.constant(0), out = n.dims.simplify(w.out[i]);
  if (isConstantIntValue(out, 0))
    return zero;
  if (w.strides[i] == 1 && (isa<Value>(out) || isa<Value>(have)))
    return have;
  OpFoldResult last = n.dims.sub(out, n.dims.constant(1));
  OpFoldResult end = n.dims.add(n.dims.mul(last, n.dims.constant(w.strides[i])),
                                reach(n, w.kernel[i], w.dilations[i]));
  return n.dims.simplify(n.dims.min(n.dims.max(end, zero), have));
}

/// The image without the part that no window reads. A loop over one window
/// folds away, also where that becomes known later, and linalg then takes the
/// image for as long as the kernel's loop (docs/Rationale.md, "Checks of
/// extents come first").
Value bitnet::cutToWindows(NodeLowering &n, Value x, const Windows &w) {
  Dims extents = n.dimsOf(x), offsets(extents.size(), n.dims.constant(0));
  Dims strides(extents.size(), n.dims.constant(1));
  unsigned first = extents.size() - w.kernel.size();
  bool cuts = false;
  for (size_t i = 0; i < w.kernel.size(); ++i) {
    OpFoldResult &extent = extents[first + i];
    extent = n.dims.simplify(extent);
    OpFoldResult used = usedExtent(n, extent, w, i);
    cuts |= !n.dims.same(used, extent);
    extent = used;
  }
  return cuts ? n.slice(x, offsets, extents, strides) : x;
}

/// o * stride + k * dilation for each spatial axis.
SmallVector<AffineExpr> bitnet::windowExprs(NodeLowering &n, const Windows &w,
                                            unsigned outLoop,
                                            unsigned kernelLoop) {
  SmallVector<AffineExpr> exprs;
  for (size_t i = 0; i < w.kernel.size(); ++i)
    exprs.push_back(n.b.getAffineDimExpr(outLoop + i) * w.strides[i] +
                    n.b.getAffineDimExpr(kernelLoop + i) * w.dilations[i]);
  return exprs;
}
