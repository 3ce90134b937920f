//===- Conv.cpp - Conv ----------------------------------------------------===//
//
// Float convolutions of any rank. Ternary ones are bitnet.linear by then.
// Channels are split in groups first, so that a convolution with groups is one
// with a further parallel loop.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"
#include "Windows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// [N, C, ...] as [N, G, C/G, ...] (axis 1), [M, ...] as [G, M/G, ...] (axis
/// 0).
static FailureOr<Value> splitGroups(NodeLowering &n, Value v, unsigned axis,
                                    int64_t groups) {
  Dims extents = n.dimsOf(v);
  OpFoldResult count = n.dims.constant(groups);
  OpFoldResult size = n.dims.div(extents[axis], count);
  if (failed(n.requireSame(n.dims.mul(size, count), extents[axis],
                           "channels and a multiple of 'group'")))
    return failure();
  extents[axis] = size;
  extents.insert(extents.begin() + axis, count);
  return n.reshape(v, extents);
}

/// All windows next to one another: [N, G, C/G, k..., o...], rows of which are
/// rows of the input.
static Value gatherWindows(NodeLowering &n, Value x, const Windows &windows) {
  unsigned spatial = windows.kernel.size(), rank = 3 + 2 * spatial;
  SmallVector<AffineExpr> xs;
  for (unsigned i = 0; i < 3; ++i)
    xs.push_back(n.b.getAffineDimExpr(i));
  llvm::append_range(xs, windowExprs(n, windows, 3 + spatial, 3));
  GenericSpec spec;
  spec.inputs = {x};
  spec.maps = {AffineMap::get(rank, 0, xs, n.b.getContext()),
               n.b.getMultiDimIdentityMap(rank)};
  spec.iterators.assign(rank, utils::IteratorType::parallel);
  spec.extents = {n.dim(x, 0), n.dim(x, 1), n.dim(x, 2)};
  llvm::append_range(spec.extents, windows.kernel);
  llvm::append_range(spec.extents, windows.out);
  spec.init = n.empty(spec.extents, n.elementType(x));
  return buildGeneric(n, spec,
                      [](ScalarBuilder &, ValueRange args) { return args[0]; });
}

/// out[n, g, f, o...] = sum x[n, g, c, o * s + k * d] * w[g, f, c, k...] on
/// grouped tensors. The loops are n g f c k... o...: the innermost one runs
/// along rows of the output. With the windows gathered first it is a matrix
/// product, which pays as soon as a window meets more than one filter.
static Value emitConvolution(NodeLowering &n, Value x, Value w,
                             const Windows &windows) {
  unsigned spatial = windows.kernel.size(), rank = 4 + 2 * spatial;
  unsigned kernelLoop = 4, outLoop = 4 + spatial;
  Type wide = computeType(n.elementType(x));
  auto loop = [&](unsigned i) { return n.b.getAffineDimExpr(i); };
  SmallVector<AffineExpr> xs{loop(0), loop(1), loop(3)};
  if (isConstantIntValue(n.dims.simplify(n.dim(w, 1)), 1)) {
    llvm::append_range(xs, windowExprs(n, windows, outLoop, kernelLoop));
  } else {
    x = gatherWindows(n, x, windows);
    for (unsigned i = kernelLoop; i < rank; ++i)
      xs.push_back(loop(i));
  }
  SmallVector<unsigned> ws{1, 2, 3}, outs{0, 1, 2};
  for (unsigned i = 0; i < spatial; ++i) {
    ws.push_back(kernelLoop + i);
    outs.push_back(outLoop + i);
  }
  GenericSpec spec;
  spec.inputs = {x, w};
  spec.maps = {AffineMap::get(rank, 0, xs, n.b.getContext()),
               pickDims(n.b, rank, ws), pickDims(n.b, rank, outs)};
  spec.iterators.assign(rank, utils::IteratorType::parallel);
  for (unsigned i = 3; i < outLoop; ++i)
    spec.iterators[i] = utils::IteratorType::reduction;
  spec.extents = {n.dim(x, 0), n.dim(x, 1), n.dim(w, 1)};
  llvm::append_range(spec.extents, windows.out);
  spec.init = n.filled(spec.extents, numberAttr(wide, 0));
  return buildGeneric(n, spec, [](ScalarBuilder &s, ValueRange args) {
    Value product = s.make<arith::MulFOp>(args[0], args[1]);
    return reassociableAdd(s, args[2], product);
  });
}

/// acc + bias, rounded once.
static FailureOr<Value> finish(NodeLowering &n, Value acc, Value bias,
                               Type element) {
  if (!bias && n.elementType(acc) == element)
    return acc;
  if (!bias)
    return n.map(acc, element,
                 [](ScalarBuilder &, ValueRange args) { return args[0]; });
  FailureOr<Value> column = alongAxis(n, bias, acc, 1, "bias");
  if (failed(column))
    return failure();
  return n.elementwise({acc, *column}, element,
                       [](ScalarBuilder &s, ValueRange args) -> Value {
                         return s.make<arith::AddFOp>(args[0], args[1]);
                       });
}

/// kernel_shape says nothing that the weights do not, so it must agree.
static LogicalResult checkKernelShape(NodeLowering &n,
                                      ArrayRef<OpFoldResult> kernel) {
  auto declared = n.intsAttr("kernel_shape");
  if (!declared)
    return success();
  if (declared->size() != kernel.size())
    return n.emitError() << "has a kernel_shape of " << declared->size()
                         << " sizes for " << kernel.size()
                         << " spatial dimensions";
  for (auto [size, extent] : llvm::zip_equal(*declared, kernel))
    if (failed(n.requireSame(n.dims.constant(size), extent,
                             "kernel_shape and the weights' sizes")))
      return failure();
  return success();
}

/// x is [N, C, spatial...], w is [M, C/G, kernel...], the bias [M].
static LogicalResult lowerConv(NodeLowering &n) {
  Value x = n.operand(0), w = n.operand(1);
  Type element = n.elementType(x);
  int64_t groups = n.intAttr("group", 1);
  if (n.rank(w) != n.rank(x) || n.rank(x) < 3 || groups < 1)
    return n.emitError() << "needs x [N, C, spatial...], w of equal rank and "
                            "a positive group";
  SmallVector<int64_t> pads =
      n.intsAttr("pads").value_or(SmallVector<int64_t>());
  if (n.stringAttr("auto_pad", "NOTSET") != "NOTSET" &&
      llvm::any_of(pads, [](int64_t pad) { return pad != 0; }))
    return n.emitError() << "has both auto_pad and pads";
  Dims kernel(llvm::drop_begin(n.dimsOf(w), 2));
  FailureOr<Windows> windows = readWindows(n, x, kernel, SmallImage::Empty);
  if (failed(windows))
    return failure();
  Dims outDims{n.dim(x, 0), n.dim(w, 0)};
  llvm::append_range(outDims, windows->out);
  FailureOr<Value> padded =
      padForWindows(n, x, *windows, numberAttr(element, 0));
  if (failed(padded) || failed(checkKernelShape(n, kernel)))
    return failure();
  FailureOr<Value> grouped =
      splitGroups(n, cutToWindows(n, *padded, *windows), 1, groups);
  FailureOr<Value> weights = splitGroups(n, w, 0, groups);
  if (failed(grouped) || failed(weights) ||
      failed(n.requireSame(n.dim(*grouped, 2), n.dim(*weights, 2),
                           "channels of input and weights")))
    return failure();
  Value acc = emitConvolution(n, *grouped, *weights, *windows);
  FailureOr<Value> whole = n.reshape(acc, outDims);
  if (failed(whole))
    return failure();
  FailureOr<Value> y = finish(n, *whole, n.operand(2), element);
  if (failed(y))
    return failure();
  n.setResult(0, *y);
  return success();
}

void bitnet::registerConvOps(OpRegistry &r) { r.add("Conv", 1, lowerConv); }
