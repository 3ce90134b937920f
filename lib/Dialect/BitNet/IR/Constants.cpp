//===- Constants.cpp - bytes of constant tensors --------------------------===//
//
// Constants are inline attributes or blobs; readers get bytes in either case.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/Constants.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The inline value or blob of a constant, or null.
static Attribute getValue(Value value) {
  if (auto constant = value.getDefiningOp<ConstantOp>())
    return constant.getValue();
  DenseElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)))
    return elements;
  return {};
}

bool mlir::bitnet::isConstant(Value value) {
  return isa_and_present<DenseElementsAttr, BlobAttr>(getValue(value)) &&
         isa<RankedTensorType>(value.getType());
}

std::vector<uint8_t> mlir::bitnet::getStorage(DenseElementsAttr elements) {
  Type element = elements.getElementType();
  unsigned bits = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 64;
  size_t count = elements.getNumElements();
  if (bits < 8 && bits != 1) {
    unsigned perByte = 8 / bits;
    std::vector<uint8_t> bytes((count + perByte - 1) / perByte);
    for (auto [i, value] : llvm::enumerate(elements.getValues<APInt>()))
      bytes[i / perByte] |= value.getZExtValue() << (i % perByte * bits);
    return bytes;
  }
  if (bits == 1) {
    auto values = elements.getValues<bool>();
    return std::vector<uint8_t>(values.begin(), values.end());
  }
  ArrayRef<char> raw = elements.getRawData();
  size_t width = bits / 8;
  if (!elements.isSplat())
    return std::vector<uint8_t>(raw.begin(), raw.end());
  std::vector<uint8_t> bytes;
  bytes.reserve(count * width);
  for (size_t i = 0; i < count; ++i)
    bytes.insert(bytes.end(), raw.begin(), raw.begin() + width);
  return bytes;
}

/// The bytes of a constant. Inline values are copied, blobs are not.
FailureOr<std::unique_ptr<ConstantBytes>>
mlir::bitnet::readConstant(Value value) {
  auto result = std::make_unique<ConstantBytes>();
  result->type = cast<RankedTensorType>(value.getType());
  Attribute attr = getValue(value);
  if (auto elements = dyn_cast_if_present<DenseElementsAttr>(attr)) {
    result->owned = getStorage(elements);
    result->bytes = result->owned;
    return result;
  }
  auto blob = cast<BlobAttr>(attr);
  llvm::Expected<ArrayRef<uint8_t>> bytes =
      BitNetDialect::getBlobStore(value.getContext())
          .getBytes(blob.getFile(), blob.getOffset(), blob.getLength());
  if (!bytes)
    return emitError(value.getLoc(), llvm::toString(bytes.takeError()));
  result->bytes = *bytes;
  return result;
}

/// MLIR keeps a byte per narrow element, so those are taken apart.
DenseElementsAttr mlir::bitnet::makeDense(RankedTensorType type,
                                          ArrayRef<uint8_t> bytes) {
  unsigned bits = type.getElementTypeBitWidth();
  if (bits % 8 == 0)
    return DenseElementsAttr::getFromRawBuffer(
        type, ArrayRef<char>(reinterpret_cast<const char *>(bytes.data()),
                             bytes.size()));
  unsigned perByte = 8 / bits;
  SmallVector<APInt> values;
  values.reserve(type.getNumElements());
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i)
    values.emplace_back(bits, bytes[i / perByte] >> (i % perByte * bits) &
                                  ((1u << bits) - 1));
  return DenseElementsAttr::get(type, values);
}

ConstantOp mlir::bitnet::createConstant(OpBuilder &builder, Location loc,
                                        RankedTensorType type,
                                        std::vector<uint8_t> bytes,
                                        PackingAttr packing, StringAttr name) {
  Attribute value;
  // Large constants become blobs, which stay out of the IR.
  if (bytes.size() <= kInlineConstantBytes) {
    value = makeDense(type, bytes);
  } else {
    MLIRContext *context = builder.getContext();
    uint64_t size = bytes.size();
    std::string file =
        BitNetDialect::getBlobStore(context).addMemory(std::move(bytes));
    value = BlobAttr::get(context, builder.getStringAttr(file), 0, size);
  }
  return ConstantOp::create(builder, loc, type, value, packing, name);
}
