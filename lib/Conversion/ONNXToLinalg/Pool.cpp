//===- Pool.cpp - MaxPool, AveragePool, global pools ----------------------===//
//
// Pools fold each window of an image; Windows.h has their geometry.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Windows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The windows of a pool. They may hang over, unlike those of a convolution.
static FailureOr<Windows> readPool(NodeLowering &n) {
  auto kernel = n.intsAttr("kernel_shape");
  if (!kernel)
    return n.emitError() << "needs kernel_shape", failure();
  Dims sizes = llvm::map_to_vector(
      *kernel, [&](int64_t k) -> OpFoldResult { return n.dims.constant(k); });
  return readWindows(n, n.operand(0), sizes, SmallImage::Clipped);
}

/// Folds every window of the padded `x`; loops are n c k... o...
static Value emitPool(NodeLowering &n, Value x, const Windows &windows,
                      TypedAttr init, ScalarFn fold) {
  unsigned spatial = windows.kernel.size(), rank = 2 + 2 * spatial;
  unsigned kernelLoop = 2, outLoop = 2 + spatial;
  x = cutToWindows(n, x, windows);
  SmallVector<AffineExpr> xs{n.b.getAffineDimExpr(0), n.b.getAffineDimExpr(1)};
  llvm::append_range(xs, windowExprs(n, windows, outLoop, kernelLoop));
  SmallVector<unsigned> ks, outs{0, 1};
  for (unsigned i = 0; i < spatial; ++i) {
    ks.push_back(kernelLoop + i);
    outs.push_back(outLoop + i);
  }
  GenericSpec spec;
  // The empty tensor only tells linalg how far the window loops run.
  spec.inputs = {x, n.empty(windows.kernel, n.elementType(x))};
  spec.maps = {AffineMap::get(rank, 0, xs, n.b.getContext()),
               pickDims(n.b, rank, ks), pickDims(n.b, rank, outs)};
  spec.iterators.assign(rank, utils::IteratorType::parallel);
  for (unsigned i = kernelLoop; i < outLoop; ++i)
    spec.iterators[i] = utils::IteratorType::reduction;
  spec.extents = {n.dim(x, 0), n.dim(x, 1)};
  llvm::append_range(spec.extents, windows.out);
  spec.init = n.filled(spec.extents, init);
  return buildGeneric(n, spec, [&](ScalarBuilder &s, ValueRange args) {
    return fold(s, {args[0], args[2]});
  });
}

/// The larger of two elements of the input's type (16-bit floats as f32).
static Value larger(ScalarBuilder &s, ValueRange args, bool isUnsigned) {
  Value a = convertFloat(s, args[0], args[1].getType());
  if (isa<FloatType>(a.getType()))
    return s.make<arith::MaximumFOp>(a, args[1]);
  return isUnsigned ? s.make<arith::MaxUIOp>(a, args[1])
                    : s.make<arith::MaxSIOp>(a, args[1]);
}

/// Padding is the lowest number, which no window of the image takes.
static LogicalResult lowerMaxPool(NodeLowering &n) {
  if (n.isResultUsed(1))
    return n.emitError() << "does not support the output Indices";
  n.ignoreAttrs({"storage_order"}); // of the indices
  FailureOr<Windows> windows = readPool(n);
  if (failed(windows))
    return failure();
  Value x = n.operand(0);
  bool isUnsigned = n.isUnsigned(0);
  TypedAttr lowest = lowestAttr(n.elementType(x), isUnsigned);
  FailureOr<Value> padded = padForWindows(n, x, *windows, lowest);
  if (failed(padded))
    return failure();
  n.setResult(0, emitPool(n, *padded, *windows, lowest,
                          [&](ScalarBuilder &s, ValueRange args) {
                            return larger(s, args, isUnsigned);
                          }));
  return success();
}

/// The sums over the windows, in the compute type.
static Value sumWindows(NodeLowering &n, Value x, const Windows &windows) {
  Type wide = computeType(n.elementType(x));
  return emitPool(n, x, windows, numberAttr(wide, 0),
                  [](ScalarBuilder &s, ValueRange args) {
                    return reassociableAdd(s, args[1], args[0]);
                  });
}

/// Whether what a window reads behind an image that is smaller counts as
/// padding does: ONNX has no window there, onnxruntime one, which differs by
/// version.
static bool countsOverhang(NodeLowering &n) {
  return n.node.getVersion() < 19 && n.intAttr("ceil_mode", 0) == 0;
}

/// How many elements each window averages, as [1, 1, out...]: the sum over a
/// tensor of ones in which what does not count is 0.
static FailureOr<Value> countElements(NodeLowering &n, const Windows &windows,
                                      bool countPadding) {
  Type wide = computeType(n.elementType(n.operand(0)));
  Windows inner = windows;
  Dims extents = n.dimsOf(n.operand(0));
  extents[0] = extents[1] = n.dims.constant(1);
  for (size_t i = 0; countPadding && i < windows.low.size(); ++i) {
    extents[i + 2] =
        n.dims.add(n.dims.add(extents[i + 2], windows.low[i]), windows.high[i]);
    if (countsOverhang(n)) {
      extents[i + 2] = n.dims.add(extents[i + 2], windows.overhang[i]);
      inner.overhang[i] = n.dims.constant(0);
    }
    inner.low[i] = inner.high[i] = n.dims.constant(0);
  }
  Value ones = n.filled(extents, numberAttr(wide, 1));
  FailureOr<Value> padded = padForWindows(n, ones, inner, numberAttr(wide, 0));
  if (failed(padded))
    return failure();
  return sumWindows(n, *padded, windows);
}

/// The sum of each window divided by how many elements count.
static LogicalResult lowerAveragePool(NodeLowering &n) {
  FailureOr<Windows> windows = readPool(n);
  if (failed(windows))
    return failure();
  Value x = n.operand(0);
  Type element = n.elementType(x);
  FailureOr<Value> padded =
      padForWindows(n, x, *windows, numberAttr(element, 0));
  FailureOr<Value> count =
      countElements(n, *windows, n.intAttr("count_include_pad", 0) != 0);
  if (failed(padded) || failed(count))
    return failure();
  // A dilated window may see padding only: its average is 0, as in onnxruntime.
  FailureOr<Value> y =
      n.elementwise({sumWindows(n, *padded, *windows), *count}, element,
                    [](ScalarBuilder &s, ValueRange args) -> Value {
                      Value one = s.constant(args[1].getType(), 1);
                      return s.make<arith::DivFOp>(
                          args[0], s.make<arith::MaximumFOp>(args[1], one));
                    });
  if (failed(y))
    return failure();
  n.setResult(0, *y);
  return success();
}

//===----------------------------------------------------------------------===//
// Global pools
//===----------------------------------------------------------------------===//

/// A global pool has one window per channel.
static LogicalResult lowerGlobalMaxPool(NodeLowering &n) {
  Value x = n.operand(0);
  Type element = n.elementType(x), wide = computeType(element);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank(x)));
  auto fold = [](ScalarBuilder &s, Value v, Value acc) {
    return s.make<arith::MaximumFOp>(v, acc);
  };
  Value y = n.reduce(x, axes, /*keepDims=*/true,
                     {lowestAttr(wide, false), nullptr, fold});
  n.setResult(0, n.map(y, element, [](ScalarBuilder &, ValueRange args) {
    return args[0];
  }));
  return success();
}

static LogicalResult lowerGlobalAveragePool(NodeLowering &n) {
  Value x = n.operand(0);
  Type element = n.elementType(x), wide = computeType(element);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank(x)));
  auto fold = [](ScalarBuilder &s, Value v, Value acc) {
    return reassociableAdd(s, v, acc);
  };
  Value sum = n.reduce(x, axes, /*keepDims=*/true,
                       {numberAttr(wide, 0), nullptr, fold});
  OpFoldResult size = n.dims.constant(1);
  for (int64_t axis : axes)
    size = n.dims.mul(size, n.dim(x, axis));
  ScalarBuilder outer{n.b, n.loc};
  Value count =
      outer.make<arith::IndexCastOp>(n.b.getI64Type(), n.dims.value(size));
  count = outer.make<arith::SIToFPOp>(wide, count);
  n.setResult(
      0, n.map(sum, element, [&](ScalarBuilder &s, ValueRange args) -> Value {
        return s.make<arith::DivFOp>(args[0], count);
      }));
  return success();
}

void bitnet::registerPoolOps(OpRegistry &r) {
  r.add("MaxPool", 1, lowerMaxPool, "without the output Indices");
  r.add("AveragePool", 1, lowerAveragePool);
  r.add("GlobalMaxPool", 1, lowerGlobalMaxPool);
  r.add("GlobalAveragePool", 1, lowerGlobalAveragePool);
}
