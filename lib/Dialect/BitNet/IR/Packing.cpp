//===- Packing.cpp - the bits of #bitnet.packing --------------------------===//
//
// Codes to packed bytes and back, for constants. A row of weights is packed
// four bytes at a time: the bytes of one chunk that belong to the row are one
// 32-bit word, which is looked up in tables by the bytes of the codes. Blocks
// of rows are packed on all cores.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/Packing.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/Parallel.h"

#include <array>
#include <atomic>
#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;
using llvm::support::endian::read32le;
using llvm::support::endian::write32le;

namespace {
/// Converts between the codes of a row and the four bytes that a chunk has of
/// it, by tables. A byte of source codes is four neighbours in k, which are
/// field f of the four bytes.
class LaneCodec {
public:
  explicit LaneCodec(const PackedLayout &layout);
  static const LaneCodec &get(PackingKind kind);

  /// The bytes of one row of a chunk from its codes, first in the low bits.
  uint32_t pack(uint64_t codes) const {
    uint32_t lane = 0;
    for (int64_t f = 0; f < layout.fields; ++f, codes >>= 8)
      lane += weighted[f][codes & 0xff];
    return layout.form == DigitForm::Crumbs ? lane : toSigned(lane);
  }
  uint64_t unpack(uint32_t lane) const;

private:
  uint32_t toSigned(uint32_t lane) const {
    return uint32_t(stored[lane & 0xff]) | stored[lane >> 8 & 0xff] << 8 |
           stored[lane >> 16 & 0xff] << 16 | uint32_t(stored[lane >> 24]) << 24;
  }

  const PackedLayout &layout;
  /// Digits t+1 of four codes times radix^f, a byte each: their sum over f
  /// does not reach 256.
  std::array<std::array<uint32_t, 256>, PackedLayout::kMaxFields> weighted;
  /// `stored` maps such a sum to the byte that is stored; `codes` maps a stored
  /// byte to its codes.
  std::array<uint8_t, 256> stored;
  std::array<uint16_t, 256> codes;
};
} // namespace

/// The digit of a code: the code plus one. A code is stored as an i2, two's
/// complement in two bits; -2 is refused elsewhere.
static uint32_t toDigit(uint32_t code) { return (code + 1) & 3; }
static uint32_t toCode(uint32_t digit) { return (digit + 3) & 3; }

LaneCodec::LaneCodec(const PackedLayout &layout) : layout(layout) {
  const bool base3 = layout.form == DigitForm::SignedBase3;
  const uint32_t radix = uint32_t(layout.radix());
  uint32_t power = 1, zero = 0;
  for (int64_t f = 0; f < layout.fields; ++f, power *= radix) {
    zero += power;
    for (uint32_t four = 0; four < 256; ++four) {
      uint32_t lane = 0;
      for (uint32_t j = 0; j < 4; ++j)
        lane |= (toDigit(four >> 2 * j & 3) % radix * power) << 8 * j;
      weighted[f][four] = lane;
    }
  }
  codes = {};
  for (uint32_t sum = 0; sum < power; ++sum) {
    uint32_t byte = sum, digits = sum;
    if (base3)
      byte = sum < zero ? 0x80 | (zero - sum) : sum - zero;
    stored[sum] = uint8_t(byte);
    for (int64_t f = 0; f < layout.fields; ++f, digits /= radix)
      codes[byte] |= toCode(digits % radix) << 2 * f;
  }
}

/// The converter of a layout; tables are made once for each.
const LaneCodec &LaneCodec::get(PackingKind kind) {
  static const auto codecs = [] {
    std::vector<LaneCodec> all;
    for (const PackedLayout &layout : kPackedLayouts)
      all.emplace_back(layout);
    return all;
  }();
  return codecs[unsigned(kind)];
}

uint64_t LaneCodec::unpack(uint32_t lane) const {
  uint64_t row = 0;
  for (uint32_t j = 0; j < 4; ++j) {
    uint64_t digits = codes[lane >> 8 * j & 0xff];
    for (int64_t f = 0; f < layout.fields; ++f, digits >>= 2)
      row |= (digits & 3) << (8 * f + 2 * j);
  }
  return row;
}

/// `count` codes from element `index` on, first in the low bits; absent ones
/// are 0.
static uint64_t loadCodes(ArrayRef<uint8_t> codes, uint64_t index,
                          int64_t count) {
  if (count <= 0)
    return 0;
  uint8_t window[8] = {};
  uint64_t byte = index / 4;
  std::memcpy(window, codes.data() + byte,
              std::min<uint64_t>(8, codes.size() - byte));
  uint64_t word = llvm::support::endian::read64le(window) >> (index % 4 * 2);
  return word & ((uint64_t(1) << 2 * count) - 1);
}

/// Whether one of these codes is -2: of its two bits the high one is set and
/// the low one is not.
static bool hasMinusTwo(uint64_t codes) {
  return (codes >> 1 & ~codes & 0x5555555555555555) != 0;
}

namespace {
/// The place of row `row` in packed bytes: it has a word every `step` bytes
/// from `first` on.
struct RowPlace {
  RowPlace(const PackingAttr &packing, int64_t row) {
    const PackedLayout &layout = packing.getLayout();
    chunks = packing.getPaddedCols() / layout.chunkCols();
    step = layout.blockBytes();
    int64_t chunk = row % layout.blockRows() / PackedLayout::kChunkRows;
    first = row / layout.blockRows() * chunks * step +
            chunk * PackedLayout::kChunkBytes +
            row % PackedLayout::kChunkRows * PackedLayout::kLaneBytes;
  }
  int64_t first, step, chunks;
};
} // namespace

/// Packs one row, also one of padding; false when a code is -2.
static bool packRow(ArrayRef<uint8_t> codes, PackingAttr packing,
                    const LaneCodec &codec, int64_t row, uint8_t *packed) {
  RowPlace place(packing, row);
  int64_t cols = packing.getCols(), step = packing.getLayout().chunkCols();
  bool absent = row >= packing.getRows(), valid = true;
  uint8_t *lane = packed + place.first;
  for (int64_t i = 0; i < place.chunks; ++i, lane += place.step) {
    int64_t count = absent ? 0 : std::min(step, cols - i * step);
    uint64_t word = loadCodes(codes, row * cols + i * step, count);
    valid &= !hasMinusTwo(word);
    write32le(lane, codec.pack(word));
  }
  return valid;
}

FailureOr<std::vector<uint8_t>>
mlir::bitnet::packCodes(ArrayRef<uint8_t> codes, PackingAttr packing,
                        const std::function<void(ArrayRef<uint8_t>)> &done) {
  const LaneCodec &codec = LaneCodec::get(packing.getKind());
  int64_t rows = packing.getLayout().blockRows(), cols = packing.getCols();
  std::vector<uint8_t> packed(packing.getPackedBytes());
  std::atomic<bool> valid = true;
  // One task packs a block of rows, which are contiguous on both sides.
  auto packBlock = [&](size_t block) {
    bool good = true;
    for (int64_t row = block * rows, end = row + rows; row < end; ++row)
      good &= packRow(codes, packing, codec, row, packed.data());
    if (!good)
      valid = false;
    if (done) {
      uint64_t begin = uint64_t(block) * rows * cols / 4;
      uint64_t end = std::min<uint64_t>(begin + rows * cols / 4, codes.size());
      done(codes.slice(begin, end - begin));
    }
  };
  llvm::parallelFor(0, packing.getPaddedRows() / rows, packBlock);
  if (!valid)
    return failure();
  return packed;
}

std::vector<uint8_t> mlir::bitnet::unpackCodes(ArrayRef<uint8_t> packed,
                                               PackingAttr packing) {
  const LaneCodec &codec = LaneCodec::get(packing.getKind());
  int64_t rows = packing.getRows(), cols = packing.getCols();
  int64_t step = packing.getLayout().chunkCols();
  std::vector<uint8_t> codes((uint64_t(rows) * cols + 3) / 4);
  for (int64_t row = 0; row < rows; ++row) {
    RowPlace place(packing, row);
    for (int64_t i = 0; i < place.chunks; ++i) {
      uint64_t word =
          codec.unpack(read32le(packed.data() + place.first + i * place.step));
      for (int64_t k = i * step, e = std::min(cols, k + step); k < e;
           ++k, word >>= 2) {
        uint64_t index = uint64_t(row) * cols + k;
        codes[index / 4] |= (word & 3) << (index % 4 * 2);
      }
    }
  }
  return codes;
}
