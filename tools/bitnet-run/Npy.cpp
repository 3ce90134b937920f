//===- Npy.cpp - NumPy's .npy files ---------------------------------------===//
//
// The format is described in NumPy's documentation (numpy.lib.format): a magic
// text, a version, the length of a header, the header, the data.
//
//===----------------------------------------------------------------------===//

#include "Npy.h"
#include "Errors.h"
#include "NpyHeader.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace bitnet::run;

/// Row-major bytes of an array stored column-major.
static std::vector<char> toRowMajor(const Array &array, const char *data,
                                    size_t width) {
  const int64_t rank = array.shape.size(), count = array.size();
  std::vector<int64_t> index(rank, 0), strides(rank, 1);
  for (int64_t i = 1; i < rank; ++i)
    strides[i] = strides[i - 1] * array.shape[i - 1];
  std::vector<char> result(count * width);
  for (int64_t at = 0; at < count; ++at) {
    // Elements in row-major order; `from` is where column-major order has them.
    int64_t from = 0;
    for (int64_t i = 0; i < rank; ++i)
      from += index[i] * strides[i];
    std::copy_n(data + from * width, width, result.data() + at * width);
    for (int64_t i = rank - 1; i >= 0 && ++index[i] == array.shape[i]; --i)
      index[i] = 0;
  }
  return result;
}

/// Splits the file into header text and data. Version 1 has two bytes for the
/// header's length, later ones four.
static bool splitFile(StringRef bytes, StringRef &header, StringRef &data) {
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 12)
    return false;
  const unsigned version = static_cast<unsigned char>(bytes[6]);
  const size_t start = version == 1 ? 10 : 12;
  const size_t size = version == 1
                          ? support::endian::read16le(bytes.data() + 8)
                          : support::endian::read32le(bytes.data() + 8);
  if (version < 1 || version > 3 || bytes[7] != 0 ||
      bytes.size() - start < size)
    return false;
  header = bytes.substr(start, size);
  data = bytes.drop_front(start + size);
  return true;
}

/// More data than the shape asks for are ignored, as NumPy does; fewer are an
/// error.
Expected<Array> bitnet::run::parseNpy(StringRef bytes, const Twine &origin) {
  StringRef text, data;
  if (!splitFile(bytes, text, data))
    return badData(origin + ": not a .npy file");
  Expected<NpyHeader> header = parseNpyHeader(text, origin);
  if (!header)
    return header.takeError();
  const std::optional<uint64_t> size = byteSize(header->dtype, header->shape);
  if (!size || data.size() < *size)
    return badData(origin + ": " + describe(header->dtype, header->shape) +
                   " does not fit into the file");
  Array array;
  array.dtype = header->dtype;
  array.shape = std::move(header->shape);
  if (header->fortranOrder && array.shape.size() > 1 && *size)
    array.bytes =
        toRowMajor(array, data.data(), bitnet_dtype_bytes(array.dtype));
  else
    array.bytes.assign(data.begin(), data.begin() + *size);
  return array;
}

/// The buffer may be a mapping of the file: nothing is copied before parseNpy
/// has checked it.
Expected<Array> bitnet::run::readNpy(StringRef path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file)
    return fail(ExitMissingInput, path + ": " + file.getError().message());
  return parseNpy((*file)->getBuffer(), path);
}

/// NumPy's name of a dtype; bf16 has none.
static StringRef descrOf(int32_t dtype) {
  switch (dtype) {
  case BITNET_DTYPE_F16:
    return "<f2";
  case BITNET_DTYPE_F64:
    return "<f8";
  case BITNET_DTYPE_I8:
    return "|i1";
  case BITNET_DTYPE_I16:
    return "<i2";
  case BITNET_DTYPE_I32:
    return "<i4";
  case BITNET_DTYPE_I64:
    return "<i8";
  case BITNET_DTYPE_U8:
    return "|u1";
  case BITNET_DTYPE_U16:
    return "<u2";
  case BITNET_DTYPE_U32:
    return "<u4";
  case BITNET_DTYPE_U64:
    return "<u8";
  case BITNET_DTYPE_BOOL:
    return "|b1";
  default:
    return "<f4";
  }
}

/// Version 1.0, row-major, little-endian.
std::string bitnet::run::formatNpy(const Array &array) {
  if (array.dtype == BITNET_DTYPE_BF16) {
    Array wide = array;
    castToF32(wide);
    return formatNpy(wide);
  }
  std::string header;
  raw_string_ostream os(header);
  os << "{'descr': '" << descrOf(array.dtype)
     << "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : array.shape)
    os << dim << ",";
  os << "), }";
  // Data start at a multiple of 64, as NumPy writes them.
  os.indent((64 - (10 + header.size() + 1) % 64) % 64) << "\n";
  std::string file("\x93NUMPY\x01\0", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  file += header;
  file.append(array.bytes.data(), array.bytes.size());
  return file;
}
