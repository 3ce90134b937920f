//===- ConstantValues.cpp - computed tensors as onnx.constant -------------===//

#include "ConstantValues.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

/// Calls `visit` with all values, at most kChunk at a time, until it returns
/// false; this returns whether it never did.
static bool forEachChunk(Stream &stream,
                         function_ref<bool(ArrayRef<double>)> visit) {
  std::vector<double> chunk(std::min(kChunk, stream.size));
  for (int64_t begin = 0; begin < stream.size; begin += kChunk) {
    auto part = MutableArrayRef(chunk).take_front(
        std::min(kChunk, stream.size - begin));
    stream.read(begin, part);
    if (!visit(part))
      return false;
  }
  return true;
}

/// Elements narrower than a byte are refused, as ONNX packs several of them
/// into one. Integers of 64 bits are looked at one by one, because doubles hold
/// only those below 2^53; NaN, which stands for an integer that a double lost,
/// fails the comparison as well.
bool mlir::bitnet::isExact(const View &view) {
  Type element = view.stream->element;
  unsigned bits = element.getIntOrFloatBitWidth();
  if (bits != 1 && bits < 8)
    return false;
  if (!isa<IntegerType>(element) || bits <= 32)
    return true;
  return forEachChunk(*view.stream, [](ArrayRef<double> values) {
    return llvm::all_of(values,
                        [](double v) { return std::fabs(v) < kExactIntegers; });
  });
}

uint64_t mlir::bitnet::getByteSize(const View &view) {
  unsigned bits = view.stream->element.getIntOrFloatBitWidth();
  return uint64_t(view.stream->size) * llvm::divideCeil(bits, 8);
}

/// The bits of a number that f16 holds.
static uint16_t toHalf(double value) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  double magnitude = std::fabs(value);
  if (std::isnan(value))
    return sign | 0x7e00;
  if (std::isinf(value))
    return sign | 0x7c00;
  if (magnitude < std::ldexp(1.0, -14))
    return sign | uint16_t(std::ldexp(magnitude, 24));
  int exponent = std::ilogb(magnitude);
  return sign | uint16_t((exponent + 15) << 10) |
         uint16_t(std::ldexp(magnitude, 10 - exponent) - 1024);
}

/// ONNX stores numbers little-endian, whatever machine the compiler runs on.
template <typename T> static void append(std::vector<uint8_t> &bytes, T value) {
  size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  llvm::support::endian::write<T>(bytes.data() + at, value,
                                  llvm::endianness::little);
}

/// The value is an integer of `bits` bits already, so that to cut off the upper
/// bits gives its two's complement. A boolean takes a byte.
static void appendInteger(std::vector<uint8_t> &bytes, unsigned bits,
                          double value) {
  // Beyond int64 only unsigned integers go.
  auto number = value < 0 ? uint64_t(int64_t(value)) : uint64_t(value);
  switch (bits) {
  case 1:
  case 8:
    return bytes.push_back(uint8_t(number));
  case 16:
    return append(bytes, uint16_t(number));
  case 32:
    return append(bytes, uint32_t(number));
  default:
    return append(bytes, number);
  }
}

static void append(std::vector<uint8_t> &bytes, Type element, double value) {
  if (element.isF32())
    append(bytes, llvm::bit_cast<uint32_t>(float(value)));
  else if (element.isF64())
    append(bytes, llvm::bit_cast<uint64_t>(value));
  else if (element.isBF16())
    append(bytes, uint16_t(llvm::bit_cast<uint32_t>(float(value)) >> 16));
  else if (element.isF16())
    append(bytes, toHalf(value));
  else
    appendInteger(bytes, element.getIntOrFloatBitWidth(), value);
}

ComputedTensor mlir::bitnet::readTensor(const View &view) {
  ComputedTensor result;
  Type element = view.stream->element;
  result.type = RankedTensorType::get(view.getShape(), element);
  StreamRef stream = view.contiguous();
  unsigned bits = element.getIntOrFloatBitWidth();
  result.bytes.reserve(size_t(stream->size) * std::max(bits / 8, 1u));
  forEachChunk(*stream, [&](ArrayRef<double> values) {
    for (double value : values)
      append(result.bytes, element, value);
    return true;
  });
  return result;
}

/// A DenseElementsAttr is uniqued and lives as long as the context, so that
/// only small tensors become one. Booleans go through a list of bools, so that
/// the raw form that MLIR has for i1 does not matter.
static Attribute makeValue(MLIRContext *context, ComputedTensor tensor,
                           uint64_t inlineBytes) {
  if (tensor.bytes.size() > inlineBytes) {
    uint64_t size = tensor.bytes.size();
    std::string file =
        BitNetDialect::getBlobStore(context).addMemory(std::move(tensor.bytes));
    return bitnet::BlobAttr::get(context, StringAttr::get(context, file), 0,
                                 size);
  }
  if (tensor.type.getElementType().isInteger(1)) {
    auto flags =
        llvm::map_to_vector(tensor.bytes, [](uint8_t b) { return b != 0; });
    return DenseElementsAttr::get(tensor.type, ArrayRef<bool>(flags));
  }
  return DenseElementsAttr::getFromRawBuffer(
      tensor.type,
      ArrayRef<char>(reinterpret_cast<const char *>(tensor.bytes.data()),
                     tensor.bytes.size()));
}

/// The constant is called as its largest initializer. Initializers without a
/// name are left out of the attribute, as a dictionary has no empty keys.
onnx::ConstantOp mlir::bitnet::makeConstant(OpBuilder &builder, Location loc,
                                            ComputedTensor tensor,
                                            const Origin &origin,
                                            uint64_t inlineBytes) {
  RankedTensorType type = tensor.type;
  Attribute value =
      makeValue(builder.getContext(), std::move(tensor), inlineBytes);
  auto constant = onnx::ConstantOp::create(
      builder, loc, type, builder.getStringAttr(origin.getName()), value);
  SmallVector<NamedAttribute> leaves;
  for (const auto &[name, bytes] : origin.leaves)
    if (!name.empty())
      leaves.push_back(builder.getNamedAttr(
          name, builder.getI64IntegerAttr(int64_t(bytes))));
  constant->setAttr(kOriginAttr, builder.getDictionaryAttr(leaves));
  return constant;
}
