//===- Stream.cpp - leaves, buffers and rounding --------------------------===//
//
// The base of streams: origins, rounding to an element type, views, and the
// leaves that read bytes of a file or numbers in memory.
//
//===----------------------------------------------------------------------===//

#include "bitnet/ConstantEval/Stream.h"

#include "bitnet/Support/BlobStore.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

/// Shapes come from files, so that their product may overflow. INT64_MAX stands
/// for that, because it is beyond each limit that a size is compared with.
int64_t fold::countOf(ArrayRef<int64_t> shape) {
  std::optional<int64_t> count = 1;
  for (int64_t dim : shape)
    if (!(count = llvm::checkedMul(*count, dim)))
      return std::numeric_limits<int64_t>::max();
  return *count;
}

/// The bytes of the weights as the model stores them. Initializers of at most 8
/// bytes are bounds and other scalars, which are no weights.
uint64_t Origin::getBytes() const {
  uint64_t total = 0;
  for (const auto &[name, bytes] : leaves)
    total += bytes > 8 ? bytes : 0; // bounds and other scalars do not count
  return total;
}

/// Of initializers of the same size the first by name is taken, so that
/// messages do not depend on the order of the nodes. Empty without
/// initializers.
std::string Origin::getName() const {
  const std::string *best = nullptr;
  uint64_t most = 0;
  for (const auto &[name, bytes] : leaves)
    if (!best || bytes > most) {
      best = &name;
      most = bytes;
    }
  return best ? *best : std::string();
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

/// Rounds to bf16, half to even. NaN is given back as it is, because the
/// addition could carry its bits into the sign.
static float roundBF16(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return value;
  bits += 0x7fff + ((bits >> 16) & 1);
  return llvm::bit_cast<float>(bits & 0xffff0000);
}

/// Rounds to f16, half to even, subnormal numbers included.
static float roundF16(float value) {
  float magnitude = std::fabs(value);
  if (!(magnitude < 65520.0f)) // halfway to the first value f16 lacks
    return std::isnan(value) ? value : std::copysign(INFINITY, value);
  if (magnitude < 6.103515625e-05f) // subnormal: multiples of 2^-24
    return std::nearbyint(value * 16777216.0f) / 16777216.0f;
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  bits += 0xfff + ((bits >> 13) & 1);
  return llvm::bit_cast<float>(bits & 0xffffe000);
}

namespace {
/// The integers from `low` to below `low + count`.
struct IntegerRange {
  double low, count;

  explicit IntegerRange(IntegerType type)
      : low(type.isUnsigned() ? 0 : -std::ldexp(1.0, type.getWidth() - 1)),
        count(std::ldexp(1.0, type.getWidth())) {}

  bool contains(double value) const {
    return value >= low && value < low + count;
  }
  /// Two's complement, as ONNX engines do. What a double does not hold is NaN,
  /// which no caller takes for an integer.
  double wrap(double value) const {
    value = std::trunc(value);
    if (contains(value))
      return value;
    value = std::fmod(value - low, count);
    return count > kExactIntegers ? NAN
                                  : (value < 0 ? value + count : value) + low;
  }
};
} // namespace

/// The product of two integers of 32 bits has up to 64, more than a double
/// holds, so that it is computed modulo 2^64, of which the low half is right
/// for either sign.
double fold::multiplyIntegers(double x, double y, IntegerType type) {
  if (type.getWidth() > 32)
    return x * y;
  uint32_t low = uint32_t(uint64_t(int64_t(x)) * uint64_t(int64_t(y)));
  return type.isUnsigned() ? double(low) : double(int32_t(low));
}

/// The largest float of type `from` that is not above `bound`; types narrower
/// than f32 are f32 by then. If the largest integer of 32 bits were rounded up,
/// the cast would give a number that its type does not have. The largest of 64
/// bits is rounded up already, as f64; such results are refused by isExact.
static double roundTowardZero(double bound, Type from) {
  auto single = float(bound);
  if (from.isF64() || double(single) <= bound)
    return from.isF64() ? bound : double(single);
  return double(std::nextafter(single, 0.0f));
}

/// A boolean is no range of integers: everything but 0 is true. The comparison
/// with `range.low` needs no rounding, as it is 0 or a power of two.
void fold::saturateTo(IntegerType type, Type from,
                      MutableArrayRef<double> values) {
  if (type.getWidth() == 1)
    return roundTo(type, values);
  IntegerRange range(type);
  double high = roundTowardZero(range.low + range.count - 1, from);
  for (double &v : values)
    v = std::isnan(v) ? range.low
                      : std::trunc(std::min(std::max(v, range.low), high));
}

/// Every node rounds to its own type (act_c3). f64 needs no rounding. A number
/// that becomes a boolean is compared with 0 and not cut to a bit, as a cast
/// does it.
void fold::roundTo(Type element, MutableArrayRef<double> values) {
  if (element.isF32()) {
    for (double &v : values)
      v = double(float(v));
  } else if (element.isBF16()) {
    for (double &v : values)
      v = roundBF16(float(v));
  } else if (element.isF16()) {
    for (double &v : values)
      v = roundF16(float(v));
  } else if (auto type = dyn_cast<IntegerType>(element)) {
    IntegerRange range(type);
    for (double &v : values)
      v = type.getWidth() == 1 ? double(v != 0) : range.wrap(v);
  }
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

View::View(StreamRef ref)
    : stream(std::move(ref)),
      perm(llvm::to_vector(llvm::seq<int64_t>(0, stream->shape.size()))) {}

bool View::isIdentity() const {
  return llvm::all_of(llvm::enumerate(perm), [](auto it) {
    return it.value() == int64_t(it.index());
  });
}

SmallVector<int64_t> View::getShape() const {
  return llvm::map_to_vector(perm, [&](int64_t i) { return stream->shape[i]; });
}

/// The values of `view` in its own order. The place in the stream is carried
/// along by strides, like the digits of a counter, so that no division is
/// needed for each element.
static std::vector<double> permuted(const View &view) {
  std::vector<double> source = readAll(*view.stream);
  SmallVector<int64_t> shape = view.getShape(), strides(shape.size());
  SmallVector<int64_t> base(shape.size(), 1);
  for (int64_t i = int64_t(base.size()) - 2; i >= 0; --i)
    base[i] = base[i + 1] * view.stream->shape[i + 1];
  for (auto [stride, dim] : llvm::zip(strides, view.perm))
    stride = base[dim];
  std::vector<double> result(source.size());
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t at = 0;
  for (double &value : result) {
    value = source[at];
    for (int64_t d = int64_t(shape.size()) - 1; d >= 0; --d) {
      at += strides[d];
      if (++index[d] < shape[d])
        break;
      at -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return result;
}

/// A permuted view is read as a whole and kept in memory, because reading it in
/// its own order would jump through the stream.
StreamRef View::contiguous() const {
  if (isIdentity())
    return stream;
  Origin origin;
  stream->describe(origin);
  return makeBuffer(getShape(), stream->element, permuted(*this), origin);
}

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

namespace {
/// Little-endian bytes of a mapped file or of a memory buffer.
class Leaf final : public Stream {
public:
  Leaf(Origin origin, ArrayRef<uint8_t> bytes, ArrayRef<int64_t> shape,
       Type element, BlobStore *store)
      : Stream(shape, element), origin(std::move(origin)), bytes(bytes),
        store(store), bits(element.getIntOrFloatBitWidth() == 1
                               ? 8
                               : element.getIntOrFloatBitWidth()) {}
  ~Leaf() override {
    if (store)
      store->releasePages(bytes);
  }

  /// Which decoder is needed depends on the type alone, so that it is chosen
  /// once for each read and not for each value.
  void read(int64_t begin, MutableArrayRef<double> out) override {
    release(uint64_t(begin) * bits / 8);
    if (bits < 8)
      return readBits(begin, out);
    const uint8_t *at = bytes.data() + begin * (bits / 8);
    if (element.isF32())
      return decode<float>(at, out);
    if (element.isF64())
      return decode<double>(at, out);
    if (element.isBF16() || element.isF16())
      return readHalf(at, out);
    readIntegers(at, out);
  }

  void readBytes(int64_t begin, MutableArrayRef<uint8_t> out) override {
    if (bits != 8)
      return Stream::readBytes(begin, out);
    release(uint64_t(begin));
    std::memcpy(out.data(), bytes.data() + begin, out.size());
  }

  void describe(Origin &total) const override { total.add(origin); }

private:
  template <typename T>
  static void decode(const uint8_t *at, MutableArrayRef<double> out) {
    for (double &value : out) {
      T raw;
      std::memcpy(&raw, at, sizeof(T));
      at += sizeof(T);
      value = double(raw);
    }
  }

  void readIntegers(const uint8_t *at, MutableArrayRef<double> out) {
    bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
    switch (bits) {
    case 8:
      return isUnsigned ? decode<uint8_t>(at, out) : decode<int8_t>(at, out);
    case 16:
      return isUnsigned ? decode<uint16_t>(at, out) : decode<int16_t>(at, out);
    case 32:
      return isUnsigned ? decode<uint32_t>(at, out) : decode<int32_t>(at, out);
    default:
      return isUnsigned ? decode<uint64_t>(at, out) : decode<int64_t>(at, out);
    }
  }

  void readHalf(const uint8_t *at, MutableArrayRef<double> out) {
    bool brain = element.isBF16();
    for (double &value : out) {
      uint16_t raw;
      std::memcpy(&raw, at, 2);
      at += 2;
      value = brain ? double(llvm::bit_cast<float>(uint32_t(raw) << 16))
                    : halfToDouble(raw);
    }
  }

  /// Decodes an f16: infinities and NaN have the exponent 31, subnormal numbers
  /// have the exponent 0.
  static double halfToDouble(uint16_t raw) {
    int exponent = (raw >> 10) & 31;
    double mantissa = raw & 1023, sign = raw & 0x8000 ? -1 : 1;
    if (exponent == 31)
      return mantissa != 0 ? NAN : sign * INFINITY;
    if (exponent == 0)
      return sign * std::ldexp(mantissa, -24);
    return sign * std::ldexp(1024 + mantissa, exponent - 25);
  }

  /// Elements narrower than a byte, low bits first.
  void readBits(int64_t begin, MutableArrayRef<double> out) {
    unsigned perByte = 8 / bits, mask = (1u << bits) - 1;
    unsigned sign = element.isUnsignedInteger() ? 0 : 1u << (bits - 1);
    for (auto [i, value] : llvm::enumerate(out)) {
      int64_t at = begin + int64_t(i);
      unsigned raw = (bytes[at / perByte] >> (at % perByte * bits)) & mask;
      value = double(int(raw ^ sign) - int(sign));
    }
  }

  /// Streaming goes forward, so that what lies 4 MiB behind is not needed any
  /// more and its pages may go. A read further in front starts anew: pages that
  /// were given back are read from the file again.
  void release(uint64_t offset) {
    constexpr uint64_t kStep = 4u << 20;
    if (!store || offset < released + kStep) {
      released = std::min(released, offset);
      return;
    }
    store->releasePages(bytes.slice(released, offset - released));
    released = offset;
  }

  Origin origin;
  ArrayRef<uint8_t> bytes;
  BlobStore *store;
  unsigned bits;
  uint64_t released = 0;
};

/// Values that are held in memory as elements of type T, which holds each of
/// them exactly.
template <typename T> class Buffer final : public Stream {
public:
  Buffer(ArrayRef<int64_t> shape, Type element, std::vector<T> values,
         Origin origin)
      : Stream(shape, element), values(std::move(values)),
        origin(std::move(origin)) {}
  void read(int64_t begin, MutableArrayRef<double> out) override {
    for (auto [i, value] : llvm::enumerate(out))
      value = double(values[begin + int64_t(i)]);
  }
  void describe(Origin &total) const override { total.add(origin); }

private:
  std::vector<T> values;
  Origin origin;
};
} // namespace

StreamRef fold::makeLeaf(Origin origin, ArrayRef<uint8_t> bytes,
                         ArrayRef<int64_t> shape, Type element,
                         BlobStore *store) {
  return std::make_shared<Leaf>(std::move(origin), bytes, shape, element,
                                store);
}

/// Whether f32 holds every number of the type.
static bool fitsFloat(Type element) {
  return element.isF32() || element.getIntOrFloatBitWidth() <= 16;
}

/// Weights are f32 or narrower, so that a buffer of floats halves the memory of
/// almost all values that are held.
StreamRef fold::makeBuffer(ArrayRef<int64_t> shape, Type element,
                           ArrayRef<double> values, Origin origin) {
  if (fitsFloat(element))
    return std::make_shared<Buffer<float>>(
        shape, element, std::vector<float>(values.begin(), values.end()),
        std::move(origin));
  return std::make_shared<Buffer<double>>(shape, element, values.vec(),
                                          std::move(origin));
}

/// Reads the whole stream, kChunk values at a time, into elements of type T.
template <typename T> static std::vector<T> collect(Stream &stream) {
  std::vector<T> values(stream.size);
  std::vector<double> chunk(std::min(kChunk, stream.size));
  for (int64_t begin = 0; begin < stream.size; begin += kChunk) {
    int64_t count = std::min(kChunk, stream.size - begin);
    stream.read(begin, MutableArrayRef(chunk).take_front(count));
    std::copy_n(chunk.begin(), count, values.begin() + begin);
  }
  return values;
}

std::vector<double> fold::readAll(Stream &stream) {
  return collect<double>(stream);
}

/// Reads the whole stream into memory, for values that are read more than once
/// or out of order.
StreamRef fold::materialise(Stream &stream) {
  Origin origin;
  stream.describe(origin);
  if (fitsFloat(stream.element))
    return std::make_shared<Buffer<float>>(stream.shape, stream.element,
                                           collect<float>(stream), origin);
  return std::make_shared<Buffer<double>>(stream.shape, stream.element,
                                          collect<double>(stream), origin);
}
