//===- PackingTest.cpp - weights in packed bytes and back -----------------===//

#include "bitnet/Dialect/BitNet/IR/Packing.h"

#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Every packing with shapes on both sides of its chunks and blocks.
class PackingTest : public testing::TestWithParam<PackingKind> {
protected:
  PackingTest() { context.loadDialect<BitNetDialect>(); }
  MLIRContext context;
};

/// i2 storage of n * k codes -1, 0, 1: four to a byte, low bits first.
std::vector<uint8_t> makeCodes(int64_t n, int64_t k, unsigned seed) {
  std::mt19937 rng(seed);
  std::vector<uint8_t> codes((n * k + 3) / 4);
  for (int64_t i = 0; i != n * k; ++i)
    codes[i / 4] |= ((rng() % 3 + 3) & 3) << i % 4 * 2; // 3: -1, 0, 1
  return codes;
}

int getCode(llvm::ArrayRef<uint8_t> codes, int64_t i) {
  int code = codes[i / 4] >> i % 4 * 2 & 3;
  return code == 3 ? -1 : code;
}

/// The weight that the layout's own description (PackedLayout.h) finds.
int readWeight(llvm::ArrayRef<uint8_t> packed, const PackedLayout &layout,
               int64_t paddedCols, int64_t row, int64_t col) {
  int64_t cols = layout.chunkCols(), steps = paddedCols / cols;
  int64_t block = row / layout.blockRows(), inBlock = row % layout.blockRows();
  int64_t chunk = (block * steps + col / cols) * layout.blockChunks +
                  inBlock / PackedLayout::kChunkRows;
  int64_t field = col % cols / PackedLayout::kLaneBytes;
  int64_t byte = inBlock % PackedLayout::kChunkRows * PackedLayout::kLaneBytes +
                 col % PackedLayout::kLaneBytes;
  uint8_t bits = packed[chunk * PackedLayout::kChunkBytes + byte];
  if (layout.form == DigitForm::Crumbs)
    return (bits >> 2 * field & 3) - 1;
  int value = bits & 0x7f;
  value = bits & 0x80 ? -value : value;
  // Balanced base 3: the lowest digit first.
  for (;; --field) {
    int digit = ((value + 121) % 3 + 2) % 3; // 121 = 11111 in base 3
    digit = digit == 2 ? -1 : digit;
    if (field == 0)
      return digit;
    value = (value - digit) / 3;
  }
}
} // namespace

TEST_P(PackingTest, WeightsLieWhereTheLayoutSays) {
  const PackedLayout &layout = getPackedLayout(GetParam());
  ASSERT_EQ(layout.kind, GetParam());
  for (int64_t n : {1, 15, 16, 17, 64, 65, 130})
    for (int64_t k : {1, 3, 4, 16, 20, 21, 63}) {
      auto packing = PackingAttr::get(&context, GetParam(), n, k);
      std::vector<uint8_t> codes = makeCodes(n, k, unsigned(n * 100 + k));
      FailureOr<std::vector<uint8_t>> packed = packCodes(codes, packing);
      ASSERT_TRUE(succeeded(packed));
      ASSERT_EQ(int64_t(packed->size()), packing.getPackedBytes());
      EXPECT_EQ(packing.getPaddedRows() % layout.blockRows(), 0);
      EXPECT_EQ(packing.getPaddedCols() % layout.chunkCols(), 0);
      for (int64_t row = 0; row != packing.getPaddedRows(); ++row)
        for (int64_t col = 0; col != packing.getPaddedCols(); ++col) {
          bool inside = row < n && col < k;
          ASSERT_EQ(
              readWeight(*packed, layout, packing.getPaddedCols(), row, col),
              inside ? getCode(codes, row * k + col) : 0)
              << n << " x " << k << " at " << row << ", " << col;
        }
      EXPECT_EQ(unpackCodes(*packed, packing), codes);
    }
}

TEST_P(PackingTest, RefusesACodeThatIsNoTernaryWeight) {
  std::vector<uint8_t> codes = makeCodes(3, 5, 1);
  codes[2] = (codes[2] & ~3) | 2; // -2
  EXPECT_TRUE(
      failed(packCodes(codes, PackingAttr::get(&context, GetParam(), 3, 5))));
}

/// Those of the table, so that a new layout is tested as soon as it is there.
static std::vector<PackingKind> getPackingKinds() {
  std::vector<PackingKind> kinds;
  for (const PackedLayout &layout : kPackedLayouts)
    kinds.push_back(layout.kind);
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(All, PackingTest,
                         testing::ValuesIn(getPackingKinds()));
