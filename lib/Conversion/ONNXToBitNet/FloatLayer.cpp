//===- FloatLayer.cpp - layers whose weights stay float -------------------===//
//
// With the option floatLinears (--quantize), layers of floats become
// bitnet.linear, too, so that stage 2 can quantize them. Their weights are
// copied to [N, K] unless they already lie so in the file.
//
//===----------------------------------------------------------------------===//

#include "FloatLayer.h"
#include "LayerReport.h"
#include "WeightConstants.h"
#include "WeightWalk.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

/// The initializer that `form` uses as it is, up to a transposition that puts
/// it into [N, K].
static onnx::ConstantOp findInitializer(const LayerForm &form) {
  auto constant = getWeightRoot(form).getDefiningOp<onnx::ConstantOp>();
  return form.rowsFirst ? constant : onnx::ConstantOp();
}

/// Two bytes of `value`, which a 16-bit type holds exactly.
static uint16_t toHalf(double value, const llvm::fltSemantics &semantics) {
  APFloat narrow(value);
  bool lossy;
  narrow.convert(semantics, APFloat::rmNearestTiesToEven, &lossy);
  return uint16_t(narrow.bitcastToAPInt().getZExtValue());
}

/// Streams the weights into [N, K] bytes.
static std::vector<uint8_t> copyRows(const LayerForm &form) {
  fold::Stream &stream = *form.weights.stream;
  auto element = cast<FloatType>(stream.element);
  unsigned width = element.getWidth() / 8;
  std::vector<uint8_t> bytes(uint64_t(stream.size) * width);
  forEachWeight(form, stream, [&](int64_t row, int64_t column, double value) {
    float single = float(value);
    uint16_t half = width == 2 ? toHalf(value, element.getFloatSemantics()) : 0;
    std::memcpy(bytes.data() + (row * form.k + column) * width,
                width == 2 ? static_cast<void *>(&half) : &single, width);
  });
  return bytes;
}

/// The weights as a constant; null for element types that no layer has.
Value mlir::bitnet::makeFloatWeights(OpBuilder &builder,
                                     const LayerForm &form) {
  Type element = form.weights.stream->element;
  if (!element.isF32() && !element.isF16() && !element.isBF16())
    return {};
  auto type = RankedTensorType::get({form.n, form.k}, element);
  std::string name = getWeightName(form);
  onnx::ConstantOp constant = findInitializer(form);
  if (!constant)
    return makeConstant(builder, form.node.getLoc(), name, type,
                        copyRows(form));
  Attribute value = constant.getValue();
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    value = dense.reshape(type);
  return ConstantOp::create(builder, form.node.getLoc(), type, value,
                            PackingAttr(), builder.getStringAttr(name));
}
