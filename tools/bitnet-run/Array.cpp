//===- Array.cpp - named dense arrays in memory ---------------------------===//
//
// The conversions of 16-bit floats are written out, because not every CPU and
// C++ library has them.
//
//===----------------------------------------------------------------------===//

#include "Array.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <cstring>

using namespace bitnet::run;

/// A shape without dims is a scalar, which has one element.
int64_t Array::size() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

namespace {
/// A T at any address, aligned or not.
template <typename T> T load(const char *at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}
} // namespace

/// Every dtype of the ABI; 64-bit integers round to a double.
double Array::at(int64_t i) const {
  const char *p = bytes.data() + i * bitnet_dtype_bytes(dtype);
  switch (dtype) {
  case BITNET_DTYPE_F32:
    return load<float>(p);
  case BITNET_DTYPE_F64:
    return load<double>(p);
  case BITNET_DTYPE_F16:
    return halfToFloat(load<uint16_t>(p));
  case BITNET_DTYPE_BF16:
    return bfloatToFloat(load<uint16_t>(p));
  case BITNET_DTYPE_I8:
    return load<int8_t>(p);
  case BITNET_DTYPE_I16:
    return load<int16_t>(p);
  case BITNET_DTYPE_I32:
    return load<int32_t>(p);
  case BITNET_DTYPE_I64:
    return static_cast<double>(load<int64_t>(p));
  case BITNET_DTYPE_U16:
    return load<uint16_t>(p);
  case BITNET_DTYPE_U32:
    return load<uint32_t>(p);
  case BITNET_DTYPE_U64:
    return static_cast<double>(load<uint64_t>(p));
  default: // u8, bool
    return load<uint8_t>(p);
  }
}

/// An array without elements has 0 bytes, however large its other dims are.
std::optional<uint64_t> bitnet::run::byteSize(int32_t dtype,
                                              llvm::ArrayRef<int64_t> shape) {
  std::optional<int64_t> size = bitnet_dtype_bytes(dtype);
  if (shape.size() > BITNET_MAX_RANK)
    return std::nullopt;
  for (int64_t dim : shape)
    if (dim < 0)
      return std::nullopt;
  if (llvm::is_contained(shape, 0))
    return 0;
  for (int64_t dim : shape)
    if (size)
      size = llvm::checkedMul(*size, dim);
  if (!size)
    return std::nullopt;
  return *size;
}

std::string bitnet::run::describe(int32_t dtype,
                                  llvm::ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  const char *name = bitnet_dtype_name(dtype);
  os << (name ? name : "?") << "[";
  llvm::interleave(shape, os, ",");
  os << "]";
  return text;
}

/// The name is the model's, which the tensor does not carry.
Array bitnet::run::fromTensor(llvm::StringRef name,
                              const bitnet_tensor &tensor) {
  Array array;
  array.name = name.str();
  array.dtype = tensor.dtype;
  array.shape.assign(tensor.dims, tensor.dims + tensor.rank);
  const uint64_t size = byteSize(array.dtype, array.shape).value_or(0);
  const char *data = static_cast<const char *>(tensor.data);
  array.bytes.assign(data, data + size);
  return array;
}

bitnet_tensor bitnet::run::asTensor(Array &array) {
  bitnet_tensor tensor = {};
  tensor.data = array.bytes.data();
  tensor.dtype = array.dtype;
  tensor.rank = static_cast<int32_t>(array.shape.size());
  llvm::copy(array.shape, tensor.dims);
  return tensor;
}

/// The array is f32; NaN stays NaN.
void bitnet::run::castTo16Bit(Array &array, int32_t dtype) {
  const size_t count = array.bytes.size() / sizeof(float);
  std::vector<char> narrow(count * 2);
  for (size_t i = 0; i < count; ++i) {
    const float value = load<float>(array.bytes.data() + 4 * i);
    const uint16_t bits =
        dtype == BITNET_DTYPE_BF16 ? floatToBFloat(value) : floatToHalf(value);
    std::memcpy(narrow.data() + 2 * i, &bits, 2);
  }
  array.bytes = std::move(narrow);
  array.dtype = dtype;
}

void bitnet::run::castToF32(Array &array) {
  const size_t count = array.bytes.size() / 2;
  std::vector<char> wide(count * sizeof(float));
  for (size_t i = 0; i < count; ++i) {
    const float value = static_cast<float>(array.at(i));
    std::memcpy(wide.data() + 4 * i, &value, sizeof(float));
  }
  array.bytes = std::move(wide);
  array.dtype = BITNET_DTYPE_F32;
}

/// bf16 is the upper half of f32: half a unit is added, less one for even
/// halves.
uint16_t bitnet::run::floatToBFloat(float value) {
  const uint32_t bits = load<uint32_t>(reinterpret_cast<char *>(&value));
  if ((bits & 0x7fffffffu) > 0x7f800000u) // NaN stays one
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float bitnet::run::bfloatToFloat(uint16_t half) {
  const uint32_t bits = uint32_t(half) << 16;
  return load<float>(reinterpret_cast<const char *>(&bits));
}

/// The cases are ordered by magnitude: NaN, too large, normal, subnormal, zero.
/// Adding 0xfff and the lowest kept bit rounds half to even in one addition.
uint16_t bitnet::run::floatToHalf(float value) {
  const uint32_t bits = load<uint32_t>(reinterpret_cast<char *>(&value));
  const uint16_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u)
    return sign | 0x7e00;
  if (magnitude >= 0x477ff000u) // rounds to 65536 or more
    return sign | 0x7c00;
  if (magnitude >= 0x38800000u) { // normal: drop 13 bits, half to even
    const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return sign | static_cast<uint16_t>((rounded >> 13) - (112 << 10));
  }
  // A subnormal f16 is a multiple of 2^-24: what is shifted out decides the
  // rounding.
  const unsigned shift = 126 - (magnitude >> 23); // subnormal
  if (shift > 24)
    return sign;
  const uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
  const uint32_t kept = mantissa >> shift;
  const uint32_t rest = mantissa & ((1u << shift) - 1), tie = 1u << (shift - 1);
  return sign | static_cast<uint16_t>(
                    kept + (rest > tie || (rest == tie && (kept & 1))));
}

/// Exponent 0 is a multiple of 2^-24; 31 is an infinity or NaN, 255 in f32.
float bitnet::run::halfToFloat(uint16_t half) {
  const uint32_t sign = uint32_t(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
  if (exponent == 0) {
    const float value = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -value : value;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  const uint32_t bits = sign | wide << 23 | mantissa << 13;
  return load<float>(reinterpret_cast<const char *>(&bits));
}
