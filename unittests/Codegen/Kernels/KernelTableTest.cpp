//===- KernelTableTest.cpp - bounds that entries of the table must keep ---===//
//
// The table itself compiles only with all bounds kept, so nothing else shows
// that they refuse an entry that would give wrong sums.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/KernelTable.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
constexpr FieldDecode kScaleOne[] = {
    {0, 0x03}, {2, 0x03}, {4, 0x03}, {6, 0x03}};
constexpr FieldDecode kInPlace[] = {{0, 0x03}, {0, 0x0c}, {0, 0x30}, {0, 0xc0}};
/// Two accumulators of two fields each, both at scale 1.
constexpr FieldDecode kApart[] = {
    {0, 0x03}, {2, 0x03}, {4, 0x03, 0, true}, {6, 0x03, 0, true}};

constexpr DotUnit kPairs = {DotForm::Dot2, 32, "pairs"};
constexpr DotUnit kSigned = {DotForm::Dot4ByLane, 16, "signed"};
constexpr DotUnit kUnsigned = {DotForm::Dot4, 64, "unsigned"};
constexpr DotUnit kFloats = {DotForm::FloatLanes, 64};

constexpr const PackedLayout &kFourDigits = getPackedLayout(PackingKind::U2);
constexpr const PackedLayout &kFiveDigits = getPackedLayout(PackingKind::U1_6);

template <size_t N>
constexpr KernelRow makeRow(const LoopForm (&forms)[N],
                            const PackedLayout &layout = kFourDigits) {
  return KernelRow(KernelKind::Generic, layout).loops(forms);
}
} // namespace

/// Four fields of two codes of at most 2 by -128 are -2048 a chunk column.
TEST(KernelTable, LanesOf16BitsTakeSoManyChunks) {
  static constexpr LoopForm most[] = {LoopForm(kPairs, kScaleOne).inSlices(16)};
  static constexpr LoopForm more[] = {LoopForm(kPairs, kScaleOne).inSlices(17)};
  static constexpr LoopForm all[] = {LoopForm(kPairs, kScaleOne)};
  EXPECT_TRUE(makeRow(most).fitsI16);
  EXPECT_TRUE(makeRow(most).foldsInI16);
  EXPECT_FALSE(makeRow(more).fitsI16);
  EXPECT_FALSE(makeRow(all).fitsI16);
}

/// One pair of codes of at most 2 at scale 64 fills a lane.
TEST(KernelTable, ScalesFillLanesOf16Bits) {
  static constexpr LoopForm one[] = {LoopForm(kPairs, kInPlace).inSlices(1)};
  static constexpr LoopForm two[] = {LoopForm(kPairs, kInPlace).inSlices(2)};
  EXPECT_TRUE(makeRow(one).fitsI16);
  EXPECT_FALSE(makeRow(two).fitsI16);
}

/// Accumulators that fit by themselves have a sum that does not.
TEST(KernelTable, AccumulatorsAreAddedIn16Bits) {
  static constexpr LoopForm forms[] = {LoopForm(kPairs, kApart).inSlices(32)};
  EXPECT_TRUE(makeRow(forms).fitsI16);
  EXPECT_FALSE(makeRow(forms).foldsInI16);
}

/// A code of 2 at scale 64 is 128, which a signed byte cannot be.
TEST(KernelTable, UnitsReadScaledCodes) {
  static constexpr LoopForm asSigned[] = {LoopForm(kSigned, kInPlace)};
  static constexpr LoopForm asUnsigned[] = {LoopForm(kUnsigned, kInPlace)};
  static constexpr LoopForm compared[] = {LoopForm(kFloats, kInPlace)};
  EXPECT_FALSE(makeRow(asSigned).fitsUnit);
  EXPECT_TRUE(makeRow(asUnsigned).fitsUnit);
  EXPECT_FALSE(makeRow(compared).fitsUnit);
}

TEST(KernelTable, FormsDecodeEveryDigit) {
  static constexpr LoopForm forms[] = {LoopForm(kUnsigned, kScaleOne)};
  EXPECT_TRUE(makeRow(forms).fitsLayout);
  EXPECT_FALSE(makeRow(forms, kFiveDigits).fitsLayout);
}

/// Scaled codes fill accumulators of 32 bits sooner, which bounds K.
TEST(KernelTable, ColumnsAreBoundByScales) {
  static constexpr LoopForm one[] = {LoopForm(kUnsigned, kScaleOne)};
  static constexpr LoopForm scaled[] = {LoopForm(kUnsigned, kInPlace)};
  EXPECT_EQ(makeRow(one).maxCols, int64_t(1) << 24);
  // Four codes of at most 2 by -128 at scale 64 in a chunk of 16 columns.
  EXPECT_EQ(makeRow(scaled).maxCols,
            (int64_t(1) << 31) / (4 * 2 * 128 * 64) * 16);
}
