//===- Npy.cpp - NumPy's .npy files ---------------------------------------===//

#include "Npy.h"
#include "Errors.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace bitnet::run;

namespace {
/// What a .npy header says.
struct Header {
  int32_t dtype = 0;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};
} // namespace

/// The text after "'key':" of the header's Python dictionary.
static StringRef field(StringRef header, StringRef key) {
  const size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return {};
  StringRef rest = header.drop_front(at + key.size() + 2).ltrim();
  return rest.consume_front(":") ? rest.ltrim() : StringRef();
}

static int32_t parseDtype(StringRef descr) {
  if (!descr.consume_front("'"))
    return 0;
  descr = descr.take_until([](char c) { return c == '\''; });
  // Byte order: '<' is ours, '|' says that there is none.
  if (!descr.consume_front("<") && !descr.consume_front("|"))
    return 0;
  return StringSwitch<int32_t>(descr)
      .Case("f2", BITNET_DTYPE_F16)
      .Case("f4", BITNET_DTYPE_F32)
      .Case("f8", BITNET_DTYPE_F64)
      .Case("i1", BITNET_DTYPE_I8)
      .Case("i2", BITNET_DTYPE_I16)
      .Case("i4", BITNET_DTYPE_I32)
      .Case("i8", BITNET_DTYPE_I64)
      .Case("u1", BITNET_DTYPE_U8)
      .Case("u2", BITNET_DTYPE_U16)
      .Case("u4", BITNET_DTYPE_U32)
      .Case("u8", BITNET_DTYPE_U64)
      .Case("b1", BITNET_DTYPE_BOOL)
      .Case("V2", BITNET_DTYPE_BF16) // how ml_dtypes' bfloat16 is saved
      .Default(0);
}

static bool parseShape(StringRef text, std::vector<int64_t> &shape) {
  if (!text.consume_front("("))
    return false;
  while (!(text = text.ltrim()).consume_front(")")) {
    int64_t dim;
    if (text.consumeInteger(10, dim) || dim < 0)
      return false;
    shape.push_back(dim);
    text = text.ltrim();
    text.consume_front(",");
  }
  return true;
}

/// Row-major bytes of an array stored column-major.
static std::vector<char> toRowMajor(const Array &array, const char *data,
                                    size_t width) {
  const int64_t rank = array.shape.size(), count = array.size();
  std::vector<int64_t> index(rank, 0), strides(rank, 1);
  for (int64_t i = 1; i < rank; ++i)
    strides[i] = strides[i - 1] * array.shape[i - 1];
  std::vector<char> result(count * width);
  for (int64_t at = 0; at < count; ++at) {
    int64_t from = 0;
    for (int64_t i = 0; i < rank; ++i)
      from += index[i] * strides[i];
    std::copy_n(data + from * width, width, result.data() + at * width);
    for (int64_t i = rank - 1; i >= 0 && ++index[i] == array.shape[i]; --i)
      index[i] = 0;
  }
  return result;
}

/// Splits the file into header text and data.
static bool splitFile(StringRef bytes, StringRef &header, StringRef &data) {
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 12)
    return false;
  const unsigned version = bytes[6];
  const size_t start = version == 1 ? 10 : 12;
  const size_t size = version == 1
                          ? support::endian::read16le(bytes.data() + 8)
                          : support::endian::read32le(bytes.data() + 8);
  if (version < 1 || version > 3 || bytes.size() - start < size)
    return false;
  header = bytes.substr(start, size);
  data = bytes.drop_front(start + size);
  return true;
}

Expected<Array> bitnet::run::parseNpy(StringRef bytes, const Twine &origin) {
  StringRef text, data;
  if (!splitFile(bytes, text, data))
    return badData(origin + ": not a .npy file");
  Header header;
  header.dtype = parseDtype(field(text, "descr"));
  header.fortranOrder = field(text, "fortran_order").starts_with("True");
  if (!header.dtype)
    return badData(origin + ": dtype " + field(text, "descr").split(',').first +
                   " is not supported");
  if (!parseShape(field(text, "shape"), header.shape))
    return badData(origin + ": the header has no valid shape");
  const std::optional<uint64_t> size = byteSize(header.dtype, header.shape);
  if (!size || data.size() < *size)
    return badData(origin + ": " + describe(header.dtype, header.shape) +
                   " does not fit into the file");
  Array array;
  array.dtype = header.dtype;
  array.shape = std::move(header.shape);
  if (header.fortranOrder && array.shape.size() > 1 && *size)
    array.bytes =
        toRowMajor(array, data.data(), bitnet_dtype_bytes(array.dtype));
  else
    array.bytes.assign(data.begin(), data.begin() + *size);
  return array;
}

Expected<Array> bitnet::run::readNpy(StringRef path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file)
    return fail(ExitMissingInput, path + ": " + file.getError().message());
  return parseNpy((*file)->getBuffer(), path);
}

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
