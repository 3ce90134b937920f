//===- NarrowWeights.cpp - float weights in fewer bits --------------------===//
//
// w_c7 on request: float weights as bf16, or as int8 codes with a scale per
// row. Weights are streamed twice for int8, row maxima first. A model's own
// int8 codes behind DequantizeLinear are used as they are (w_c4).
//
//===----------------------------------------------------------------------===//

#include "NarrowWeights.h"
#include "LayerReport.h"
#include "WeightConstants.h"
#include "WeightWalk.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

bool mlir::bitnet::takesNarrowWeights(const LayerForm &form) {
  Type element = form.weights.stream->element;
  StringRef op = form.node.getOp();
  return (op == "MatMul" || op == "Gemm" || op == "FusedMatMul" ||
          op == "Gather") &&
         form.alpha == 1 &&
         (element.isF32() || element.isF16() || element.isBF16());
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

/// w_c6: an error that names the weights.
static LogicalResult refuse(const LayerForm &form, StringRef why) {
  return form.node.emitError("w_c6: weights '") << getWeightName(form) << why;
}

/// max|w| of each row; empty when a value is not finite.
static std::vector<float> findMagnitudes(const LayerForm &form) {
  std::vector<float> most(form.n);
  bool isFinite = true;
  forEachWeight(form, *form.weights.stream,
                [&](int64_t row, int64_t, double value) {
                  isFinite &= std::isfinite(value);
                  most[row] = std::max(most[row], float(std::fabs(value)));
                });
  if (!isFinite)
    most.clear();
  return most;
}

/// w_c7: the largest magnitude of a row becomes 127. Rows of zeros, and those
/// too small for a scale, have scale 1 and codes 0.
static float toRowScale(float magnitude) {
  float scale = magnitude / 127.0f;
  return scale == 0 ? 1.0f : scale;
}

static int8_t toRowCode(double value, double scale) {
  double code = std::nearbyint(value / scale);
  return int8_t(std::min(std::max(code, -127.0), 127.0));
}

/// The type of the codes, [N, K] of i8.
static RankedTensorType getRowsType(const LayerForm &form) {
  Builder builder(form.node.getContext());
  return RankedTensorType::get({form.n, form.k}, builder.getI8Type());
}

static Value makeRows(OpBuilder &builder, const LayerForm &form,
                      std::vector<uint8_t> codes) {
  return makeConstant(builder, form.node.getLoc(), getWeightName(form),
                      getRowsType(form), std::move(codes));
}

static Value makeScales(OpBuilder &builder, const LayerForm &form,
                        ArrayRef<float> scales) {
  return makeFloatConstant(builder, form.node.getLoc(),
                           getWeightName(form) + ".scale", {form.n}, scales);
}

/// The code of a weight by the formula of w_c7.
static FailureOr<NarrowWeights> makeInt8Rows(OpBuilder &builder,
                                             const LayerForm &form) {
  std::vector<float> scales = findMagnitudes(form);
  if (scales.empty())
    return refuse(form, "' hold a NaN or an infinity and cannot be int8");
  for (float &scale : scales)
    scale = toRowScale(scale);
  std::vector<uint8_t> codes(form.n * form.k);
  forEachWeight(form, *form.weights.stream,
                [&](int64_t row, int64_t column, double value) {
                  codes[row * form.k + column] =
                      uint8_t(toRowCode(value, scales[row]));
                });
  return NarrowWeights{makeRows(builder, form, std::move(codes)),
                       makeScales(builder, form, scales)};
}

/// A weight too large for bf16 would become an infinity: an error.
static FailureOr<NarrowWeights> makeBF16(OpBuilder &builder,
                                         const LayerForm &form) {
  auto type = RankedTensorType::get({form.n, form.k}, builder.getBF16Type());
  std::vector<uint8_t> bytes(form.n * form.k * 2);
  bool isFinite = true;
  auto visit = [&](int64_t row, int64_t column, double value) {
    isFinite &= std::isfinite(value);
    uint16_t high = llvm::bit_cast<uint32_t>(float(value)) >> 16;
    llvm::support::endian::write16le(bytes.data() + (row * form.k + column) * 2,
                                     high);
  };
  forEachWeight(form, *form.weights.stream, visit, type.getElementType());
  if (!isFinite)
    return refuse(form, "' hold a value that is not finite in bf16");
  return NarrowWeights{makeConstant(builder, form.node.getLoc(),
                                    getWeightName(form), type,
                                    std::move(bytes)),
                       Value()};
}

//===----------------------------------------------------------------------===//
// Codes of the graph
//===----------------------------------------------------------------------===//

/// Whether all values of `value` are zero; so they are when it is absent.
static bool isZero(Value value, int64_t limit, ConstantFolder &folder) {
  std::optional<std::vector<double>> values = folder.getValues(value, limit);
  return !value ||
         (values && llvm::all_of(*values, [](double v) { return v == 0; }));
}

/// One finite scale per row of [N, K], or nothing.
static std::optional<std::vector<float>> readRowScales(const LayerForm &form,
                                                       onnx::NodeOp node,
                                                       ConstantFolder &folder) {
  auto values = folder.getValues(node.getSlot(1), form.n);
  if (!values ||
      !llvm::all_of(*values, [](double v) { return std::isfinite(v); }))
    return std::nullopt;
  if (values->size() == 1)
    return std::vector<float>(form.n, float(values->front()));
  int64_t axis = getInt(node, "axis", 1), rows = form.rowsFirst ? 0 : 1;
  if (int64_t(values->size()) != form.n || (axis != rows && axis != rows - 2) ||
      getInt(node, "block_size", 0) != 0)
    return std::nullopt;
  return std::vector<float>(values->begin(), values->end());
}

/// [N, K] bytes of codes; the file's own when they already lie so.
static Value makeStoredRows(OpBuilder &builder, const LayerForm &form,
                            Value codes, fold::Stream &stream) {
  auto constant = codes.getDefiningOp<onnx::ConstantOp>();
  if (constant && form.rowsFirst)
    return ConstantOp::create(builder, form.node.getLoc(), getRowsType(form),
                              constant.getValue(), PackingAttr(),
                              builder.getStringAttr(getWeightName(form)));
  std::vector<uint8_t> bytes(stream.size);
  forEachWeight(form, stream, [&](int64_t row, int64_t column, double value) {
    bytes[row * form.k + column] = uint8_t(int8_t(value));
  });
  return makeRows(builder, form, std::move(bytes));
}

/// The graph's own codes and their scales; empty unless zero points are 0 and
/// there is one scale, or one per row.
static NarrowWeights findStoredRows(OpBuilder &builder, const LayerForm &form,
                                    ConstantFolder &folder) {
  onnx::NodeOp node = getNode(getWeightRoot(form), "DequantizeLinear");
  if (!node)
    return {};
  Value codes = node.getSlot(0);
  fold::View view = folder.get(codes);
  if (!view || !view.isIdentity() || view.stream->shape.size() != 2 ||
      !view.stream->element.isSignlessInteger(8) ||
      !isZero(node.getSlot(2), form.n, folder))
    return {};
  std::optional<std::vector<float>> scales = readRowScales(form, node, folder);
  if (!scales)
    return {};
  return {makeStoredRows(builder, form, codes, *view.stream),
          makeScales(builder, form, *scales)};
}

FailureOr<NarrowWeights>
mlir::bitnet::makeNarrowWeights(OpBuilder &builder, const LayerForm &form,
                                FloatWeights storage, ConstantFolder &folder) {
  NarrowWeights stored = findStoredRows(builder, form, folder);
  bool isWide = form.weights.stream->element.isF32();
  if (stored.weights || storage == FloatWeights::Keep ||
      storage == FloatWeights::Lossless ||
      (storage == FloatWeights::BF16 && !isWide))
    return stored;
  return storage == FloatWeights::Int8 ? makeInt8Rows(builder, form)
                                       : makeBF16(builder, form);
}
