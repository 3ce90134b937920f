//===- ConvWeights.cpp - the order of K in convolutions -------------------===//
//
// A ternary convolution copies windows of codes. With channels last a window is
// few long pieces instead of many short ones, so K of the weights is reordered,
// where that makes fewer copies (docs/Rationale.md).
//
//===----------------------------------------------------------------------===//

#include "DecomposeLinear.h"

#include "bitnet/Dialect/BitNet/IR/Constants.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The cost of copying a piece of so many codes: loads and stores, and
/// computing its address.
static int64_t getCopyCost(int64_t codes) {
  constexpr int64_t lanes = 16;
  return codes / lanes + llvm::popcount(uint64_t(codes % lanes)) + 1;
}

/// Copies per window, with what its share of a transposition costs: a tile of
/// 16 x 16 in registers takes a quarter of a copy per code, a narrower one is
/// copied code by code.
bool ConvWeights::areBetterLast(LinearOp op, Value codes) {
  ConvAttr conv = op.getConvAttr();
  auto type = cast<RankedTensorType>(codes.getType());
  int64_t cols = cast<RankedTensorType>(op.getW().getType()).getDimSize(1);
  if (!isa<IntegerType>(type.getElementType()) || !isConstant(op.getW()) ||
      int64_t(op.getGroupSize().value_or(cols)) != cols)
    return false;
  int64_t channels = type.getDimSize(1), height = conv.getKernel()[0],
          width = conv.getKernel()[1];
  auto strides = conv.getStrides();
  int64_t last = conv.getDilations()[1] == 1
                     ? height * getCopyCost(width * channels)
                     : height * width * getCopyCost(channels);
  int64_t first = channels * height * getCopyCost(width);
  int64_t quarters = channels < 16 ? 4 : 1;
  return 4 * last + quarters * strides[0] * strides[1] * channels < 4 * first;
}

/// Codes of two bits, four to a byte, each row of C*A as A*C.
static std::vector<uint8_t> moveChannelsLast(ArrayRef<uint8_t> codes,
                                             int64_t rows, int64_t channels,
                                             int64_t area) {
  std::vector<uint8_t> result(codes.size());
  int64_t to = 0;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t k = 0; k < area; ++k)
      for (int64_t c = 0; c < channels; ++c, ++to) {
        int64_t from = (row * channels + c) * area + k;
        uint8_t code = codes[from / 4] >> from % 4 * 2 & 3;
        result[to / 4] |= code << to % 4 * 2;
      }
  return result;
}

/// A new constant beside the old one, unless the order is the same.
Value ConvWeights::get(LinearOp op) {
  Value w = op.getW();
  int64_t area = op.getConvAttr().getArea();
  Value &last = known[{w, area}];
  if (last)
    return last;
  auto type = cast<RankedTensorType>(w.getType());
  int64_t channels = type.getDimSize(1) / area;
  if (area == 1 || channels == 1)
    return last = w;
  auto bytes = readConstant(w);
  if (failed(bytes))
    return {};
  OpBuilder builder(op.getContext());
  builder.setInsertionPointAfterValue(w);
  auto constant = w.getDefiningOp<ConstantOp>();
  return last = createConstant(
             builder, w.getLoc(), type,
             moveChannelsLast((*bytes)->bytes, type.getDimSize(0), channels,
                              area),
             PackingAttr(), constant ? constant.getNameAttr() : StringAttr());
}
