//===- TensorData.cpp - checked contents of a TensorProto -----------------===//
//
// A TensorProto is untrusted: its dtype, dims and sizes must agree before a
// byte of it is read. Values may stand in raw_data, in a typed field, in
// external data, or, after stripWeights, in a segment that names a range of the
// model file.
//
//===----------------------------------------------------------------------===//

#include "TensorData.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/CheckedArithmetic.h"

#include "onnx-ml.pb.h"

#include <cstring>

using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;
using ::onnx::TensorProto;

/// Errors read as the end of a sentence: "initializer 'w' " + "holds 3 values,
/// ...".
static llvm::Error bad(const llvm::Twine &what) {
  return llvm::createStringError(what);
}

std::optional<unsigned> onnximport::getElementBits(int32_t dtype) {
  switch (dtype) {
  case TensorProto::STRING:
    return 0;
  case TensorProto::UINT2:
  case TensorProto::INT2:
    return 2;
  case TensorProto::UINT4:
  case TensorProto::INT4:
  case TensorProto::FLOAT4E2M1:
    return 4;
  case TensorProto::FLOAT6E2M3:
  case TensorProto::FLOAT6E3M2:
    return 6;
  case TensorProto::BOOL:
  case TensorProto::UINT8:
  case TensorProto::INT8:
  case TensorProto::FLOAT8E4M3FN:
  case TensorProto::FLOAT8E4M3FNUZ:
  case TensorProto::FLOAT8E5M2:
  case TensorProto::FLOAT8E5M2FNUZ:
  case TensorProto::FLOAT8E8M0:
    return 8;
  case TensorProto::UINT16:
  case TensorProto::INT16:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return 16;
  case TensorProto::FLOAT:
  case TensorProto::INT32:
  case TensorProto::UINT32:
    return 32;
  case TensorProto::DOUBLE:
  case TensorProto::INT64:
  case TensorProto::UINT64:
  case TensorProto::COMPLEX64:
    return 64;
  case TensorProto::COMPLEX128:
    return 128;
  }
  return std::nullopt;
}

llvm::Expected<uint64_t>
onnximport::countElements(llvm::ArrayRef<int64_t> dims) {
  if (dims.size() > kMaxRank)
    return bad("has " + llvm::Twine(dims.size()) + " dimensions, more than " +
               llvm::Twine(kMaxRank));
  for (int64_t dim : dims)
    if (dim < 0)
      return bad("has the negative dimension " + llvm::Twine(dim));
  // An empty tensor has no elements, however large its other dims are.
  if (llvm::is_contained(dims, 0))
    return 0;
  int64_t total = 1;
  for (int64_t dim : dims) {
    std::optional<int64_t> product = llvm::checkedMul(total, dim);
    if (!product)
      return bad("has a shape whose product overflows 64 bits");
    total = *product;
  }
  return uint64_t(total);
}

//===----------------------------------------------------------------------===//
// Typed fields
//===----------------------------------------------------------------------===//

/// The number of values of a typed field.
static llvm::Error checkCount(uint64_t got, uint64_t expected) {
  if (got == expected)
    return llvm::Error::success();
  return bad("holds " + llvm::Twine(got) + " values, its shape needs " +
             llvm::Twine(expected));
}

/// Appends each value of a repeated field as a little-endian `T`.
template <typename T, typename Field>
static llvm::Error appendAs(const Field &field, uint64_t count,
                            std::vector<uint8_t> &out) {
  if (llvm::Error error = checkCount(field.size(), count))
    return error;
  out.resize(count * sizeof(T));
  uint8_t *to = out.data();
  for (auto value : field) {
    T narrow = static_cast<T>(value);
    std::memcpy(to, &narrow, sizeof(T));
    to += sizeof(T);
  }
  return llvm::Error::success();
}

/// FLOAT6 has one element per entry, which is packed here as raw_data packs
/// them.
static llvm::Error appendSixBit(const TensorProto &proto, TensorData &data) {
  if (llvm::Error error = checkCount(proto.int32_data_size(), data.numElements))
    return error;
  data.owned.assign(data.numBytes, 0);
  for (uint64_t i = 0; i < data.numElements; ++i)
    for (unsigned bit = 0; bit < 6; ++bit)
      if (proto.int32_data(int(i)) >> bit & 1)
        data.owned[(i * 6 + bit) / 8] |= 1 << (i * 6 + bit) % 8;
  return llvm::Error::success();
}

/// Which typed field holds the values follows from the dtype.
static llvm::Error readTyped(const TensorProto &proto, TensorData &data) {
  uint64_t count = data.numElements;
  switch (data.dtype) {
  case TensorProto::COMPLEX64:
  case TensorProto::FLOAT:
    return appendAs<float>(proto.float_data(), data.numBytes / 4, data.owned);
  case TensorProto::COMPLEX128:
  case TensorProto::DOUBLE:
    return appendAs<double>(proto.double_data(), data.numBytes / 8, data.owned);
  case TensorProto::INT64:
    return appendAs<int64_t>(proto.int64_data(), count, data.owned);
  case TensorProto::UINT64:
    return appendAs<uint64_t>(proto.uint64_data(), count, data.owned);
  case TensorProto::UINT32:
    return appendAs<uint32_t>(proto.uint64_data(), count, data.owned);
  case TensorProto::INT32:
    return appendAs<int32_t>(proto.int32_data(), count, data.owned);
  case TensorProto::FLOAT6E2M3:
  case TensorProto::FLOAT6E3M2:
    return appendSixBit(proto, data);
  }
  if (*getElementBits(data.dtype) == 16)
    return appendAs<uint16_t>(proto.int32_data(), count, data.owned);
  // Elements of a byte come one per entry, and so do bytes of packed 2- and
  // 4-bit elements.
  return appendAs<uint8_t>(proto.int32_data(), data.numBytes, data.owned);
}

/// Strings have a field of their own and no bytes.
static llvm::Error readStrings(const TensorProto &proto, TensorData &data) {
  if (llvm::Error error =
          checkCount(proto.string_data_size(), data.numElements))
    return error;
  data.strings.assign(proto.string_data().begin(), proto.string_data().end());
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Raw and external data
//===----------------------------------------------------------------------===//

/// The number of bytes of raw or external data.
static llvm::Error checkSize(uint64_t got, uint64_t expected) {
  if (got == expected)
    return llvm::Error::success();
  return bad("holds " + llvm::Twine(got) + " bytes, its shape needs " +
             llvm::Twine(expected));
}

/// A field that stripWeights fills in; files may not use it.
static llvm::Error readSegment(const TensorProto &proto, TensorSource &source,
                               TensorData &data) {
  data.file = source.getModelFile().str();
  // Only the importer strips weights, so only its source has a file that
  // segments refer to.
  if (data.file.empty())
    return bad("is split into segments, which is not supported");
  data.offset = uint64_t(proto.segment().begin());
  return checkSize(uint64_t(proto.segment().end()) - data.offset,
                   data.numBytes);
}

/// Reads `text`, the value of `key` in external_data, as a number.
static llvm::Error parseNumber(const std::string &text, llvm::StringRef key,
                               uint64_t &value) {
  if (llvm::StringRef(text).getAsInteger(10, value))
    return bad("has the external data " + key + " " + quoteName(text) +
               ", which is not a number");
  return llvm::Error::success();
}

/// The keys are location, offset and length; others, such as checksum, say
/// nothing about the bytes.
static llvm::Error readExternal(const TensorProto &proto, TensorSource &source,
                                TensorData &data) {
  std::string location;
  uint64_t length = data.numBytes;
  for (const auto &entry : proto.external_data()) {
    // The keys of external_data may come in any order, and unknown ones are
    // allowed.
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset" || entry.key() == "length")
      if (llvm::Error error =
              parseNumber(entry.value(), entry.key(),
                          entry.key() == "offset" ? data.offset : length))
        return error;
  }
  if (llvm::Error error = checkSize(length, data.numBytes))
    return error;
  llvm::Expected<uint64_t> size = source.openExternalData(location, data.file);
  if (!size)
    return size.takeError();
  if (data.offset > *size || length > *size - data.offset)
    return bad("needs " + llvm::Twine(length) + " bytes at offset " +
               llvm::Twine(data.offset) + " of external data " +
               quoteName(location) + ", which has " + llvm::Twine(*size) +
               " bytes");
  return llvm::Error::success();
}

static llvm::Error readBytes(const TensorProto &proto, TensorSource &source,
                             TensorData &data) {
  if (proto.data_location() == TensorProto::EXTERNAL)
    return data.dtype == TensorProto::STRING
               ? bad("has strings as external data")
               : readExternal(proto, source, data);
  if (data.dtype == TensorProto::STRING)
    return proto.has_raw_data() || proto.has_segment()
               ? bad("has strings as raw data")
               : readStrings(proto, data);
  if (proto.has_segment())
    return readSegment(proto, source, data);
  if (!proto.has_raw_data())
    return readTyped(proto, data);
  const std::string &raw = proto.raw_data();
  if (llvm::Error error = checkSize(raw.size(), data.numBytes))
    return error;
  data.owned.assign(raw.begin(), raw.end());
  return llvm::Error::success();
}

llvm::Expected<TensorData> onnximport::readTensor(const TensorProto &proto,
                                                  TensorSource &source) {
  TensorData data;
  data.dtype = proto.data_type();
  std::optional<unsigned> bits = getElementBits(data.dtype);
  if (!bits)
    return bad("has the unknown element type " + llvm::Twine(data.dtype));
  data.dims.assign(proto.dims().begin(), proto.dims().end());
  llvm::Expected<uint64_t> count = countElements(data.dims);
  if (!count)
    return count.takeError();
  data.numElements = *count;
  // Half the range of uint64_t leaves room for rounding up.
  std::optional<int64_t> total =
      llvm::checkedMul<int64_t>(int64_t(*count), int64_t(*bits));
  if (!total)
    return bad("has a shape whose size overflows 64 bits");
  data.numBytes = (uint64_t(*total) + 7) / 8;
  if (llvm::Error error = readBytes(proto, source, data))
    return std::move(error);
  return std::move(data);
}
