//===- TensorAttr.cpp - ONNX tensors as attributes ------------------------===//
//
// Checked tensors as attributes: small ones inline, large ones as blobs, which
// name bytes of a mapped file or of a buffer in memory.
//
//===----------------------------------------------------------------------===//

#include "TensorAttr.h"

#include "Types.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ADT/STLExtras.h"

#include "onnx-ml.pb.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;

/// The bytes of a tensor, in the mapped file or in the tensor's own buffer.
static llvm::Expected<ArrayRef<uint8_t>> getBytes(BlobStore &blobs,
                                                  const TensorData &data) {
  if (data.inFile())
    return blobs.getBytes(data.file, data.offset, data.numBytes);
  return ArrayRef<uint8_t>(data.owned);
}

/// One byte per element, as `dense` stores elements narrower than a byte.
static SmallVector<char> unpack(ArrayRef<uint8_t> bytes, unsigned bits,
                                uint64_t count) {
  SmallVector<char> out(count);
  for (uint64_t i = 0; i < count; ++i) {
    unsigned value = 0;
    for (unsigned bit = 0; bit < bits; ++bit) {
      uint64_t at = i * bits + bit;
      value |= unsigned(bytes[at / 8] >> at % 8 & 1) << bit;
    }
    out[i] = char(value);
  }
  return out;
}

/// An inline constant of `bytes`, which are as raw_data has them; MLIR wants a
/// byte per narrow element.
static Attribute makeDense(RankedTensorType type, const TensorData &data,
                           ArrayRef<uint8_t> bytes) {
  unsigned bits = *getElementBits(data.dtype);
  // ONNX has a byte per bool, in which any value but 0 is true.
  if (type.getElementType().isInteger(1)) {
    auto flags = llvm::map_to_vector(bytes, [](uint8_t b) { return b != 0; });
    return DenseElementsAttr::get(type, ArrayRef<bool>(flags));
  }
  if (bits < 8) {
    SmallVector<char> wide = unpack(bytes, bits, data.numElements);
    return DenseElementsAttr::getFromRawBuffer(type, wide);
  }
  ArrayRef<char> raw(reinterpret_cast<const char *>(bytes.data()),
                     bytes.size());
  return DenseElementsAttr::getFromRawBuffer(type, raw);
}

/// Bytes that the tensor owns move to the blob store.
static Attribute makeBlob(MLIRContext *context, BlobStore &blobs,
                          TensorData &data) {
  uint64_t length = data.numBytes;
  std::string file = data.inFile() ? std::move(data.file)
                                   : blobs.addMemory(std::move(data.owned));
  return bitnet::BlobAttr::get(context, StringAttr::get(context, file),
                               data.offset, length);
}

llvm::Expected<TensorValue> onnximport::makeTensorValue(MLIRContext *context,
                                                        BlobStore &blobs,
                                                        TensorData data,
                                                        uint64_t inlineBytes) {
  auto type = RankedTensorType::get(data.dims,
                                    onnx::getElementType(context, data.dtype));
  if (data.dtype == ::onnx::TensorProto::STRING) {
    auto strings = llvm::map_to_vector(
        data.strings, [](const std::string &s) { return StringRef(s); });
    return TensorValue{type, DenseElementsAttr::get(type, strings)};
  }
  // Large constants become blobs, because they must never enter the IR.
  if (data.numBytes > inlineBytes)
    return TensorValue{type, makeBlob(context, blobs, data)};
  llvm::Expected<ArrayRef<uint8_t>> bytes = getBytes(blobs, data);
  if (!bytes)
    return bytes.takeError();
  return TensorValue{type, makeDense(type, data, *bytes)};
}

//===----------------------------------------------------------------------===//
// Sparse tensors
//===----------------------------------------------------------------------===//

/// Densified sparse tensors may not grow past this: the file alone does not
/// bound their size.
static constexpr uint64_t kMaxDenseBytes = uint64_t(256) << 20;

/// Row-major position of entry `i` of a sparse tensor, or an error.
static llvm::Expected<uint64_t>
getPosition(ArrayRef<int64_t> index, ArrayRef<int64_t> dims, uint64_t count) {
  if (index.size() == 1)
    return index[0] >= 0 && uint64_t(index[0]) < count
               ? llvm::Expected<uint64_t>(uint64_t(index[0]))
               : llvm::createStringError("has a sparse index out of range");
  uint64_t position = 0;
  for (auto [i, dim] : llvm::zip_equal(index, dims)) {
    if (i < 0 || i >= dim)
      return llvm::createStringError("has a sparse index out of range");
    position = position * uint64_t(dim) + uint64_t(i);
  }
  return position;
}

/// Checks everything but the indices' values; sizes `dense`.
static llvm::Error prepareDense(const ::onnx::SparseTensorProto &proto,
                                const TensorData &values,
                                const TensorData &indices, TensorData &dense) {
  unsigned bits = *getElementBits(values.dtype);
  dense.dtype = values.dtype;
  dense.dims.assign(proto.dims().begin(), proto.dims().end());
  llvm::Expected<uint64_t> count = countElements(dense.dims);
  if (!count)
    return count.takeError();
  bool linear = indices.dims.size() == 1;
  bool fits = indices.dtype == ::onnx::TensorProto::INT64 &&
              values.dims.size() == 1 && !indices.dims.empty() &&
              indices.dims[0] == values.dims[0] &&
              (linear || (indices.dims.size() == 2 &&
                          indices.dims[1] == int64_t(dense.dims.size())));
  if (!fits || bits < 8 || dense.dims.empty())
    return llvm::createStringError("is a sparse tensor of unsupported form");
  if (*count > kMaxDenseBytes / (bits / 8))
    return llvm::createStringError("is a sparse tensor too large to expand");
  dense.numElements = *count;
  dense.numBytes = *count * (bits / 8);
  dense.owned.assign(dense.numBytes, 0);
  return llvm::Error::success();
}

llvm::Expected<TensorData>
onnximport::readSparseTensor(const ::onnx::SparseTensorProto &proto,
                             BlobStore &blobs, TensorSource &source) {
  llvm::Expected<TensorData> values = readTensor(proto.values(), source);
  if (!values)
    return values.takeError();
  llvm::Expected<TensorData> indices = readTensor(proto.indices(), source);
  if (!indices)
    return indices.takeError();
  TensorData dense;
  if (llvm::Error error = prepareDense(proto, *values, *indices, dense))
    return std::move(error);
  llvm::Expected<ArrayRef<uint8_t>> from = getBytes(blobs, *values);
  llvm::Expected<ArrayRef<uint8_t>> at = getBytes(blobs, *indices);
  if (!from || !at)
    return llvm::joinErrors(from.takeError(), at.takeError());
  size_t width = indices->dims.size() == 1 ? 1 : dense.dims.size();
  unsigned bytes = *getElementBits(dense.dtype) / 8;
  SmallVector<int64_t> index(width);
  for (uint64_t i = 0; i < values->numElements; ++i) {
    std::memcpy(index.data(), at->data() + i * width * 8, width * 8);
    llvm::Expected<uint64_t> to =
        getPosition(index, dense.dims, dense.numElements);
    if (!to)
      return to.takeError();
    std::memcpy(dense.owned.data() + *to * bytes, from->data() + i * bytes,
                bytes);
  }
  return std::move(dense);
}
