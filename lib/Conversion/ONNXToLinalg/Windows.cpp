//===- Windows.cpp - geometry of convolutions and pools -------------------===//

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

/// Explicit padding: floor, or ceil without windows that start in the high
/// padding.
static void countWindows(NodeLowering &n, Windows &w, unsigned i,
                         OpFoldResult in, bool ceilMode) {
  OpFoldResult one = n.dims.constant(1), zero = n.dims.constant(0);
  OpFoldResult stride = n.dims.constant(w.strides[i]);
  OpFoldResult begun = n.dims.add(in, w.low[i]);
  OpFoldResult padded = n.dims.add(begun, w.high[i]);
  OpFoldResult size = reach(n, w.kernel[i], w.dilations[i]);
  OpFoldResult room = n.dims.sub(padded, size);
  if (!ceilMode) {
    w.out[i] = n.dims.add(n.dims.div(room, stride), one);
    return;
  }
  OpFoldResult last = n.dims.ceilDiv(room, stride);
  OpFoldResult latest = n.dims.div(n.dims.sub(begun, one), stride);
  last = n.dims.min(last, latest);
  w.out[i] = n.dims.add(last, one);
  OpFoldResult end = n.dims.add(n.dims.mul(last, stride), size);
  w.overhang[i] = n.dims.max(n.dims.sub(end, padded), zero);
}

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
  return success();
}

FailureOr<Windows> bitnet::readWindows(NodeLowering &n, Value x, Dims kernel) {
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
  for (size_t i = 0; i < count; ++i) {
    OpFoldResult in = n.dim(x, i + 2);
    if (same)
      padSame(n, w, i, in, automatic == "SAME_UPPER");
    else
      countWindows(n, w, i, in, n.intAttr("ceil_mode", 0) != 0);
  }
  return w;
}

Value bitnet::padForWindows(NodeLowering &n, Value x, const Windows &w,
                            TypedAttr value) {
  Dims low(2, n.dims.constant(0)), high = low;
  for (auto [l, h, over] : llvm::zip_equal(w.low, w.high, w.overhang)) {
    low.push_back(l);
    high.push_back(n.dims.add(h, over));
  }
  return padTensor(n, x, low, high, value);
}

SmallVector<AffineExpr> bitnet::windowExprs(NodeLowering &n, const Windows &w,
                                            unsigned outLoop,
                                            unsigned kernelLoop) {
  SmallVector<AffineExpr> exprs;
  for (size_t i = 0; i < w.kernel.size(); ++i)
    exprs.push_back(n.b.getAffineDimExpr(outLoop + i) * w.strides[i] +
                    n.b.getAffineDimExpr(kernelLoop + i) * w.dilations[i]);
  return exprs;
}
