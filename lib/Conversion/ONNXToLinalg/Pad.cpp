//===- Pad.cpp - Pad and Tile ---------------------------------------------===//
//
// Pad in its four modes, and Tile. A negative pad cuts elements away.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "OpRegistry.h"
#include "Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

namespace {
/// How many elements are added before and behind each axis.
struct Padding {
  SmallVector<int64_t> low, high;
};
} // namespace

/// The largest pad: more than memory holds, and far from what would overflow in
/// sums with extents.
static constexpr int64_t kMostPad = int64_t(1) << 40;

/// pads: all beginnings, then all ends, of the listed axes.
static FailureOr<Padding> readPads(NodeLowering &n) {
  int64_t rank = n.rank(n.operand(0));
  bool attributes = n.version() < 11;
  auto pads = n.intsFrom(attributes ? -1 : 1, "pads");
  auto axes = n.intsFrom(attributes ? 4 : 3, "axes");
  if (failed(pads) || failed(axes))
    return failure();
  SmallVector<int64_t> order =
      axes->value_or(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  if (!*pads || (*pads)->size() != 2 * order.size())
    return n.emitError() << "needs two pads per axis", failure();
  for (int64_t pad : **pads)
    if (pad < -kMostPad || pad > kMostPad)
      return n.emitError() << "has a pad of " << pad
                           << " elements, supports at most " << kMostPad,
             failure();
  Padding padding{SmallVector<int64_t>(rank, 0), SmallVector<int64_t>(rank, 0)};
  llvm::SmallBitVector seen(rank);
  for (auto [i, given] : llvm::enumerate(order)) {
    FailureOr<int64_t> axis = n.normalizeAxis(given, rank);
    if (failed(axis))
      return failure();
    if (seen.test(*axis))
      return n.emitError() << "has axis " << *axis << " twice", failure();
    seen.set(*axis);
    padding.low[*axis] = (**pads)[i];
    padding.high[*axis] = (**pads)[i + order.size()];
  }
  return padding;
}

/// The value that is padded with: an attribute up to opset 10, an input from 11
/// on.
static FailureOr<TypedAttr> readFill(NodeLowering &n) {
  Type element = n.elementType(n.operand(0));
  if (n.version() < 11)
    return numberAttr(element, n.floatAttr("value", 0));
  if (!n.operand(2))
    return numberAttr(element, 0);
  DenseElementsAttr constant;
  if (!matchPattern(n.operand(2), m_Constant(&constant)) ||
      constant.getNumElements() != 1)
    return n.emitError() << "needs a constant padding value", failure();
  return cast<TypedAttr>(*constant.value_begin<Attribute>());
}

/// Cuts away what negative pads say.
static FailureOr<Value> crop(NodeLowering &n, Value x, Padding &padding) {
  Dims offsets, sizes = n.dimsOf(x), strides(sizes.size(), n.dims.constant(1));
  bool any = false;
  for (auto [size, low, high] :
       llvm::zip_equal(sizes, padding.low, padding.high)) {
    any |= low < 0 || high < 0;
    offsets.push_back(n.dims.constant(std::max<int64_t>(-low, 0)));
    OpFoldResult cut = n.dims.constant(std::max<int64_t>(-low, 0) +
                                       std::max<int64_t>(-high, 0));
    if (failed(requireCompare(n, arith::CmpIPredicate::sge, size, cut,
                              "it cuts more away than there is")))
      return failure();
    size = n.dims.sub(size, cut);
    low = std::max<int64_t>(low, 0);
    high = std::max<int64_t>(high, 0);
  }
  return any ? n.slice(x, offsets, sizes, strides) : x;
}

/// The position that the modes edge, reflect and wrap read for position `i`,
/// which may lie outside of the tensor (with reflect by less than `size`).
static Value sourceIndex(ScalarBuilder &s, StringRef mode, Value i,
                         Value size) {
  using namespace arith;
  Value zero = s.make<ConstantIndexOp>(0), one = s.make<ConstantIndexOp>(1);
  Value last = s.make<SubIOp>(size, one);
  if (mode == "wrap") {
    Value r = s.make<RemSIOp>(i, size);
    Value negative = s.make<CmpIOp>(CmpIPredicate::slt, r, zero);
    return s.make<SelectOp>(negative, s.make<AddIOp>(r, size), r);
  }
  if (mode == "reflect") {
    i = s.make<MaxSIOp>(i, s.make<SubIOp>(zero, i));
    Value over = s.make<MaxSIOp>(s.make<SubIOp>(i, last), zero);
    return s.make<SubIOp>(i, s.make<AddIOp>(over, over));
  }
  return s.make<MaxSIOp>(s.make<MinSIOp>(i, last), zero);
}

/// Checks that there is something to read: an element, with reflect as many as
/// the pad has beside the one at the edge.
static LogicalResult checkSource(NodeLowering &n, OpFoldResult extent,
                                 int64_t low, int64_t high, StringRef mode) {
  using P = arith::CmpIPredicate;
  if (mode == "reflect")
    return requireCompare(n, P::sgt, extent,
                          n.dims.constant(std::max(low, high)),
                          "it reflects more elements than there are");
  return requireCompare(n, P::sge, extent, n.dims.constant(1),
                        "an empty dimension has no elements to repeat");
}

/// Each element of the result reads one of the source, by sourceIndex.
static FailureOr<Value> padByReading(NodeLowering &n, Value x,
                                     const Padding &padding, StringRef mode) {
  Dims extents = n.dimsOf(x);
  SmallVector<Value> sizes = n.dims.values(extents);
  for (auto [extent, low, high] :
       llvm::zip_equal(extents, padding.low, padding.high)) {
    if (low + high != 0 && failed(checkSource(n, extent, low, high, mode)))
      return failure();
    extent = n.dims.add(extent, n.dims.constant(low + high));
  }
  if (failed(n.requireSizes(extents, /*grow=*/true)))
    return failure();
  auto body = [&](ScalarBuilder &s, ValueRange) -> Value {
    SmallVector<Value> at = loopIndices(s, sizes.size());
    for (auto [index, size, low, high] :
         llvm::zip_equal(at, sizes, padding.low, padding.high)) {
      if (low == 0 && high == 0)
        continue;
      Value shift = s.make<arith::ConstantIndexOp>(low);
      index = sourceIndex(s, mode, s.make<arith::SubIOp>(index, shift), size);
    }
    return s.make<tensor::ExtractOp>(x, at);
  };
  return buildParallel(n, extents, n.elementType(x), {}, {}, body);
}

/// The tensor is cut first, and then padded.
static LogicalResult lowerPad(NodeLowering &n) {
  FailureOr<Padding> padding = readPads(n);
  std::string mode = n.stringAttr("mode", "constant");
  if (failed(padding))
    return failure();
  if (!llvm::is_contained({"constant", "edge", "reflect", "wrap"}, mode))
    return n.emitError() << "has an unknown mode '" << mode << "'";
  FailureOr<Value> cropped = crop(n, n.operand(0), *padding);
  if (failed(cropped))
    return failure();
  Value x = *cropped;
  if (mode != "constant") {
    n.ignoreAttrs({"value"});
    FailureOr<Value> padded = padByReading(n, x, *padding, mode);
    if (succeeded(padded))
      n.setResult(0, *padded);
    return padded;
  }
  FailureOr<TypedAttr> fill = readFill(n);
  if (failed(fill))
    return failure();
  Dims low, high;
  for (auto [l, h] : llvm::zip_equal(padding->low, padding->high)) {
    low.push_back(n.dims.constant(l));
    high.push_back(n.dims.constant(h));
  }
  n.setResult(0, padTensor(n, x, low, high, *fill));
  return success();
}

//===----------------------------------------------------------------------===//
// Tile
//===----------------------------------------------------------------------===//

/// The source repeated, each element read modulo the extent.
static LogicalResult lowerTile(NodeLowering &n) {
  Value x = n.operand(0);
  int64_t rank = n.rank(x);
  auto repeats = n.extractElements(n.operand(1));
  if (!repeats)
    return n.emitError() << "needs repeats of known length, got "
                         << n.operand(1).getType();
  if (int64_t(repeats->size()) != rank)
    return n.emitError() << "needs one repeat per dimension, got "
                         << repeats->size() << " for " << rank;
  Dims extents = n.dimsOf(x);
  if (failed(n.requireSizes(
          llvm::to_vector(llvm::concat<OpFoldResult>(extents, *repeats)))))
    return failure();
  SmallVector<Value> sizes = n.dims.values(extents);
  for (auto [extent, repeat] : llvm::zip_equal(extents, *repeats))
    extent = n.dims.mul(extent, repeat);
  auto body = [&](ScalarBuilder &s, ValueRange) -> Value {
    SmallVector<Value> at = loopIndices(s, rank);
    for (auto [index, size] : llvm::zip_equal(at, sizes))
      index = s.make<arith::RemUIOp>(index, size);
    return s.make<tensor::ExtractOp>(x, at);
  };
  n.setResult(0, buildParallel(n, extents, n.elementType(x), {}, {}, body));
  return success();
}

void bitnet::registerPadOps(OpRegistry &r) {
  r.add("Pad", 2, lowerPad,
        "pads and value must be constant; a negative pad that cuts more away "
        "than "
        "there is, is an error");
  r.add("Tile", 6, lowerTile);
}
