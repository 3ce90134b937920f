//===- GoldenInputs.cpp - deterministic inputs of the testbench -----------===//
//
// Inputs of the testbench, as .npy files. They come from a fixed generator, so
// that the folder of a model is the same on every machine.
//
//===----------------------------------------------------------------------===//

#include "GoldenInputs.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// The random numbers of splitmix64.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  /// The sum of four uniform numbers, which has variance 4/3 and is exact in
  /// float.
  double real() {
    int64_t sum = 0;
    for (int i = 0; i < 4; ++i)
      sum += int64_t(next() >> 44) - (1 << 19);
    return double(sum) / (1 << 19);
  }

private:
  uint64_t state;
};
} // namespace

template <typename T> static void append(std::string &out, T value) {
  out.append(reinterpret_cast<const char *>(&value), sizeof(T));
}

/// int8 takes all values; wider integers, which often are indices, 0 or 1.
static void appendElement(std::string &out, Type type, Random &random) {
  if (type.isF32())
    return append(out, float(random.real()));
  if (type.isF64())
    return append(out, random.real());
  unsigned width = type.getIntOrFloatBitWidth();
  uint64_t value = width == 8 ? random.next() >> 56 : random.next() >> 63;
  out.append(reinterpret_cast<const char *>(&value), (width + 7) / 8);
}

/// NumPy's name of the type.
static std::string typeCode(Type type) {
  if (type.isInteger(1))
    return "|b1";
  unsigned bytes = type.getIntOrFloatBitWidth() / 8;
  return (bytes == 1 ? "|" : "<") +
         std::string(isa<FloatType>(type) ? "f" : "i") + std::to_string(bytes);
}

/// The header of a .npy file, version 1.0 of the format.
static std::string header(MemRefType type) {
  std::string text = "{'descr': '" + typeCode(type.getElementType()) +
                     "', 'fortran_order': False, 'shape': (";
  for (int64_t extent : type.getShape())
    text += std::to_string(extent) + ",";
  text += "), }";
  // Magic, version and length take 10 bytes; data starts at a multiple of 64.
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  append(head, uint16_t(text.size()));
  return head + text;
}

std::string bitnet::makeGoldenInput(MemRefType type, uint64_t seed) {
  std::string out = header(type);
  Random random(seed);
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    appendElement(out, type.getElementType(), random);
  return out;
}
