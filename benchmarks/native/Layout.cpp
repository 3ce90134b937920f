//===- Layout.cpp - packed weights ----------------------------------------===//
//
// The two packings of docs/Kernels.md, once more and in the plainest way: a
// check by the compiler's own code would find no error in it.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"

using namespace bench;

/// Code 3 does not exist: the low bit is cleared where both are set.
static uint8_t makeU2(uint64_t bits) {
  return uint8_t(bits & ~(bits >> 1 & 0x55));
}

/// Codes are w + 1.
static int decodeU2(uint8_t byte, int field) {
  return (byte >> 2 * field & 3) - 1;
}

/// Sign and magnitude of a number of five balanced ternary digits.
static uint8_t makeU16(uint64_t bits) {
  uint8_t magnitude = uint8_t((bits >> 8 & 0xffff) % 122);
  return magnitude ? uint8_t(magnitude | (bits & 0x80)) : 0;
}

/// Digit `field` of the number, counted from the lowest.
static int decodeU16(uint8_t byte, int field) {
  int value = (byte & 0x80) ? -(byte & 0x7f) : byte;
  // With 11111 (121) added, digits are 0, 1, 2 instead of -1, 0, 1.
  int digits = value + 121;
  for (int i = 0; i < field; ++i)
    digits /= 3;
  return digits % 3 - 1;
}

static const Packing kPackings[] = {
    {"u2", 64, 16, makeU2, decodeU2},
    {"u1_6", 32, 20, makeU16, decodeU16},
};

const Packing *bench::findPacking(const std::string &name) {
  for (const Packing &packing : kPackings)
    if (packing.name == name)
      return &packing;
  return nullptr;
}

/// Byte 4 (n % rowBlock) + k % 4 of a chunk column has the weights k, k + 4,
/// ...
std::vector<int8_t> Matrix::row(int64_t n) const {
  const int64_t chunkBytes = packing->rowBlock * 4;
  std::vector<int8_t> weights(static_cast<size_t>(cols));
  const uint8_t *block =
      data + n / packing->rowBlock * packing->chunks(cols) * chunkBytes;
  for (int64_t k = 0; k < cols; ++k) {
    const uint8_t *chunk = block + k / packing->chunkCols * chunkBytes;
    int64_t at = n % packing->rowBlock * 4 + k % 4;
    weights[size_t(k)] =
        int8_t(packing->decode(chunk[at], int(k % packing->chunkCols / 4)));
  }
  return weights;
}

/// One run in 16 is -128, one 127, at other columns in each row; the rest is
/// random.
Activations::Activations(int64_t rows, int64_t cols, int64_t paddedCols)
    : rows(rows), cols(cols), paddedCols(paddedCols),
      codes(size_t(rows * paddedCols + 64)), sums(size_t(rows)) {
  uint32_t seed = 1;
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t k = 0; k < cols; ++k) {
      seed = seed * 1664525u + 1013904223u;
      int run = int((k + 16 * m) / 64 % 16);
      int8_t code = run == 0 ? -128 : run == 1 ? 127 : int8_t(seed >> 24);
      codes[size_t(m * paddedCols + k)] = code;
      sums[size_t(m)] += code;
    }
}

int32_t bench::referenceDot(const std::vector<int8_t> &weights,
                            const int8_t *x) {
  int32_t sum = 0;
  for (size_t k = 0; k < weights.size(); ++k)
    sum += int32_t(weights[k]) * x[k];
  return sum;
}
