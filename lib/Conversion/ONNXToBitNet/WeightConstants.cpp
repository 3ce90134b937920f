//===- WeightConstants.cpp - constants of recognised layers ---------------===//

#include "WeightConstants.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

/// Registers `bytes` with the blob store under a bitnet.constant.
static Value makeBlob(OpBuilder &builder, Location loc, StringRef name,
                      RankedTensorType type, std::vector<uint8_t> bytes) {
  MLIRContext *context = builder.getContext();
  uint64_t length = bytes.size();
  std::string file =
      BitNetDialect::getBlobStore(context).addMemory(std::move(bytes));
  auto blob = bitnet::BlobAttr::get(context, builder.getStringAttr(file),
                                    /*offset=*/0, length);
  return ConstantOp::create(builder, loc, type, blob, PackingAttr(),
                            builder.getStringAttr(name));
}

Value mlir::bitnet::makeConstant(OpBuilder &builder, Location loc,
                                 StringRef name, RankedTensorType type,
                                 std::vector<uint8_t> bytes) {
  if (bytes.size() > kInlineConstantBytes)
    return makeBlob(builder, loc, name, type, std::move(bytes));
  ArrayRef<char> raw(reinterpret_cast<const char *>(bytes.data()),
                     bytes.size());
  return ConstantOp::create(builder, loc, type,
                            DenseElementsAttr::getFromRawBuffer(type, raw),
                            PackingAttr(), builder.getStringAttr(name));
}

Value mlir::bitnet::makeFloatConstant(OpBuilder &builder, Location loc,
                                      StringRef name, ArrayRef<int64_t> shape,
                                      ArrayRef<float> values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return makeConstant(builder, loc, name,
                      RankedTensorType::get(shape, builder.getF32Type()),
                      std::move(bytes));
}

Value mlir::bitnet::makeCodes(OpBuilder &builder, Location loc, StringRef name,
                              const TernaryWeight &weight) {
  auto type =
      RankedTensorType::get({weight.n, weight.k}, builder.getIntegerType(2));
  if (weight.codes.size() > kInlineConstantBytes)
    return makeBlob(builder, loc, name, type, weight.codes);
  SmallVector<APInt> values;
  values.reserve(weight.n * weight.k);
  for (int64_t i = 0, e = weight.n * weight.k; i != e; ++i)
    values.push_back(APInt(2, uint64_t(weight.getCode(i)) & 3));
  return ConstantOp::create(builder, loc, type,
                            DenseElementsAttr::get(type, values), PackingAttr(),
                            builder.getStringAttr(name));
}

Value mlir::bitnet::makeScale(OpBuilder &builder, Location loc, StringRef name,
                              const TernaryWeight &weight, double alpha) {
  std::vector<float> scales = weight.scales;
  for (float &scale : scales)
    scale = float(double(scale) * alpha);
  if (scales.size() == 1 && scales.front() == 1.0f)
    return {};
  SmallVector<int64_t> shape;
  if (scales.size() != 1)
    shape.push_back(weight.n);
  if (weight.groupSize != 0)
    shape.push_back(weight.k / weight.groupSize);
  std::string label = name.str() + ".scale";
  return makeFloatConstant(builder, loc, label, shape, scales);
}
