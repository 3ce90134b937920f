//===- Packing.cpp - the bits of #bitnet.packing --------------------------===//

#include "bitnet/Dialect/BitNet/IR/Packing.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/Parallel.h"

#include <atomic>
#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
constexpr int64_t kChunk = 64, kFields = 16;
constexpr uint32_t kLow = 0x55555555;
} // namespace

/// `count` <= 16 codes from element `index` on, first in the low bits; absent
/// ones are 0.
static uint32_t loadCodes(ArrayRef<uint8_t> codes, uint64_t index,
                          int64_t count) {
  if (count <= 0)
    return 0;
  uint8_t window[8] = {};
  uint64_t byte = index / 4;
  std::memcpy(window, codes.data() + byte,
              std::min<uint64_t>(5, codes.size() - byte));
  uint64_t word = llvm::support::endian::read64le(window) >> (index % 4 * 2);
  return uint32_t(count >= 16 ? word : word & ((uint64_t(1) << 2 * count) - 1));
}

/// Transposes a 4 x 4 matrix of 2-bit fields: code k = 4f+j of a row goes to
/// byte j, field f.
static uint32_t transposeFields(uint32_t x) {
  uint32_t t = (x ^ (x >> 6)) & 0x00CC00CC;
  x ^= t ^ (t << 6);
  t = (x ^ (x >> 12)) & 0x0000F0F0;
  return x ^ t ^ (t << 12);
}

/// W to W+1 in all sixteen fields; -2 would become 3.
static uint32_t addOne(uint32_t x) {
  uint32_t low = x & kLow, high = x >> 1 & kLow;
  return (~low & kLow) | (low ^ high) << 1;
}

static uint32_t subtractOne(uint32_t x) {
  uint32_t low = x & kLow, high = x >> 1 & kLow;
  return (~low & kLow) | (~(low ^ high) & kLow) << 1;
}

static bool hasMinusTwo(uint32_t x) { return (x >> 1 & ~x & kLow) != 0; }

FailureOr<std::vector<uint8_t>>
mlir::bitnet::packCodes(ArrayRef<uint8_t> codes, PackingAttr packing,
                        const std::function<void(ArrayRef<uint8_t>)> &done) {
  int64_t rows = packing.getRows(), cols = packing.getCols();
  int64_t chunks = packing.getPaddedCols() / kFields;
  std::vector<uint8_t> packed(packing.getPackedBytes());
  std::atomic<bool> valid = true;
  // One task packs 64 rows, which are contiguous on both sides.
  auto packBlock = [&](size_t block) {
    uint8_t *out = packed.data() + block * chunks * 4 * kChunk;
    bool bad = false;
    for (int64_t r = 0; r < PackingAttr::kRowBlock; ++r) {
      int64_t row = int64_t(block) * PackingAttr::kRowBlock + r;
      uint8_t *lane = out + r / 16 * kChunk + r % 16 * 4;
      for (int64_t i = 0; i < chunks; ++i) {
        int64_t count = row < rows ? cols - i * kFields : 0;
        uint32_t word = loadCodes(codes, row * cols + i * kFields, count);
        bad |= hasMinusTwo(word);
        llvm::support::endian::write32le(lane + i * 4 * kChunk,
                                         addOne(transposeFields(word)));
      }
    }
    if (bad)
      valid = false;
    if (done) {
      uint64_t begin = uint64_t(block) * PackingAttr::kRowBlock * cols / 4;
      uint64_t end = std::min<uint64_t>(
          begin + PackingAttr::kRowBlock * cols / 4, codes.size());
      done(codes.slice(begin, end - begin));
    }
  };
  llvm::parallelFor(0, packing.getPaddedRows() / PackingAttr::kRowBlock,
                    packBlock);
  if (!valid)
    return failure();
  return packed;
}

std::vector<uint8_t> mlir::bitnet::unpackCodes(ArrayRef<uint8_t> packed,
                                               PackingAttr packing) {
  int64_t rows = packing.getRows(), cols = packing.getCols();
  int64_t chunks = packing.getPaddedCols() / kFields;
  std::vector<uint8_t> codes((uint64_t(rows) * cols + 3) / 4);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < chunks; ++i) {
      int64_t chunk = ((row / 64 * chunks + i) * 4 + row / 16 % 4);
      uint32_t word =
          subtractOne(transposeFields(llvm::support::endian::read32le(
              packed.data() + chunk * kChunk + row % 16 * 4)));
      for (int64_t k = i * kFields, e = std::min(cols, k + kFields); k < e;
           ++k, word >>= 2) {
        uint64_t index = uint64_t(row) * cols + k;
        codes[index / 4] |= (word & 3) << (index % 4 * 2);
      }
    }
  return codes;
}
