//===- KernelTable.cpp - one entry per code form of a product -------------===//
//
// How to read an entry: `LoopForm(unit, fields)` is one loop over K;
// `.from(20)` serves 20 activation rows or more, `.even(5, 6)` tiles of 5 or 6
// rows, `.inParts(4)` reads four registers of packed bytes at a time,
// `.inSlices(64)` takes K in slices of 64 chunk columns, `.ahead(kFar)`
// prefetches, `.withPanel()` decodes a slice once, `.on(kOther)` is for one
// family of cores. The forms of an entry are tried in order. docs/Kernels.md
// explains the loops.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/KernelTable.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Masks in place: no shifts, one accumulator per field.
static constexpr FieldDecode kMaskOnly[] = {
    {0, 0x03}, {0, 0x0c}, {0, 0x30}, {0, 0xc0}};
/// Like kMaskOnly, but the upper field is shifted, because 0xc0 would be
/// negative in a signed dot product.
static constexpr FieldDecode kMaskSigned[] = {
    {0, 0x03}, {0, 0x0c}, {0, 0x30}, {6, 0xff}};
/// One shift serves two fields, which leaves two scales.
static constexpr FieldDecode kOneShift[] = {
    {0, 0x03}, {0, 0x0c}, {4, 0x03}, {4, 0x0c}};
/// Every field at scale 1: one accumulator, decoding shared by several rows.
static constexpr FieldDecode kShift[] = {
    {0, 0x03}, {2, 0x03}, {4, 0x03}, {6, 0x03}};

/// The planes of Unpack::Lookup, masked in place like kMaskOnly: five chains of
/// additions.
static constexpr FieldDecode kLookupMaskOnly[] = {
    {0, 0x03}, {0, 0x0c}, {0, 0x30}, {0, 0xc0}, {0, 0xff, 1, /*apart=*/true}};
/// The same with all fields at scale 1, to be shared by several activation
/// rows.
static constexpr FieldDecode kLookupShift[] = {
    {0, 0x03}, {2, 0x03}, {4, 0x03}, {6, 0x03}, {0, 0xff, 1}};
/// The planes of Unpack::Compare, which are codes already.
static constexpr FieldDecode kPlanes[] = {
    {0, 0xff, 0}, {0, 0xff, 1}, {0, 0xff, 2}, {0, 0xff, 3}, {0, 0xff, 4}};

/// The two layouts; base 3 is `u1_6`.
static constexpr PackedLayout kU2 = getPackedLayout(PackingKind::U2);
static constexpr PackedLayout kBase3 = getPackedLayout(PackingKind::U1_6);

/// The units: form, bytes of a register, intrinsic, intrinsic that widens.
static constexpr DotUnit kAMX = {DotForm::MatrixTile, 64,
                                 "llvm.x86.tdpbsud.internal"};
static constexpr DotUnit kVNNI512 = {DotForm::Dot4, 64,
                                     "llvm.x86.avx512.vpdpbusd.512"};
static constexpr DotUnit kMadd512 = {DotForm::Dot2, 64,
                                     "llvm.x86.avx512.pmaddubs.w.512",
                                     "llvm.x86.avx512.pmaddw.d.512"};
static constexpr DotUnit kVNNI256 = {DotForm::Dot4, 32,
                                     "llvm.x86.avx512.vpdpbusd.256"};
static constexpr DotUnit kMadd256 = {
    DotForm::Dot2, 32, "llvm.x86.avx2.pmadd.ub.sw", "llvm.x86.avx2.pmadd.wd"};
static constexpr DotUnit kUsmmla = {DotForm::Dot8Pairs, 16,
                                    "llvm.aarch64.neon.usmmla.v4i32.v16i8"};
static constexpr DotUnit kSdot = {DotForm::Dot4ByLane, 16,
                                  "llvm.aarch64.neon.sdot.v4i32.v16i8"};
static constexpr DotUnit kSmlal = {DotForm::Widening, 16};
static constexpr DotUnit kPortable = {DotForm::PortableDot2, 64};
static constexpr DotUnit kWideLanes = {DotForm::Lanes, 64};
static constexpr DotUnit kFloatWideLanes = {DotForm::FloatLanes, 64};

// Zen has four vector ports, of which two multiply: decoding in front of every
// tile is free, and reading decoded codes is not.
static constexpr CoreSet kOther = kOtherCores;

// How far ahead memory is asked for, in chunk columns, by family of cores. Up
// to Zen 4 more than a step slows the stream of a single row down. Zen 5 wants
// 5 KB: its window of 448 instructions is 2.6 KB of this loop. Intel has 16
// buffers for lines on their way to the first cache and 48 to the second, so it
// also wants 16 KB there; where Zen shares the loop, it asks for the near lines
// again. {into the first cache}, {into the second}; each is {other, zen, zen5}.
static constexpr Prefetch kFewRows = {{8, 8, 20}, {64, 8, 20}};
static constexpr Prefetch kFewBase3 = {{16, 16, 40}, {128, 16, 40}};
static constexpr Prefetch kOneRow = {{8, 1, 20}}, kOneBase3 = {{16, 1, 40}};
static constexpr Prefetch kNear = {{8, 8, 8}}, kNearBase3 = {{16, 16, 16}};
static constexpr Prefetch kFar = {{8, 8, 8}, {64, 64, 64}};
static constexpr Prefetch kOnlyFar = {{0, 0, 0}, {64, 64, 64}};
static constexpr Prefetch kFarBase3 = {{16, 16, 16}, {128, 128, 128}};
static constexpr Prefetch kOnlyFarBase3 = {{0, 0, 0}, {128, 128, 128}};

// AMX from two rows on; a single row has nothing to reuse a tile for, and K
// below one tile no tile, so both are left to the vector forms at the end.
static constexpr LoopForm kAMXForms[] = {
    LoopForm(kAMX, kShift).from(32).whole(32).inParts(2).ahead(kOnlyFar),
    LoopForm(kAMX, kShift).from(16).overlapping(16).inParts(4).ahead(kFar),
    LoopForm(kAMX, kShift).from(2).padded(16).inParts(4).ahead(kFar),
    LoopForm(kVNNI512, kShift).from(2).even(2, 5).inParts(4).ahead(kFar),
    LoopForm(kVNNI512, kMaskOnly).inParts(4).ahead(kFar)};
// 128 rows of 6912 columns take 0.9 MB of the 2 MB of the second cache. The
// unit is so fast that it would wait for activations that come from farther
// away.
static constexpr int64_t kAMXRows = 128;
// On Intel, decoding takes a port away from vpdpbusd, so from 20 activation
// rows on codes are decoded once, into a panel of 64 KB.
static constexpr LoopForm kVNNI512Forms[] = {
    LoopForm(kVNNI512, kShift)
        .from(20)
        .even(5, 6)
        .inParts(4)
        .inSlices(64)
        .ahead(kFar)
        .withPanel()
        .on(kOther),
    LoopForm(kVNNI512, kShift).from(2).even(2, 5).inParts(4).ahead(kFewRows),
    LoopForm(kVNNI512, kMaskOnly).inParts(4).ahead(kFar).on(kOther),
    LoopForm(kVNNI512, kMaskOnly).inParts(4).ahead(kOneRow)};
// Accumulators of 16 bits do not wrap for 15 chunk columns when all fields are
// at scale 1, and for 7 with two scales (kOneShift).
static constexpr LoopForm kMadd512Forms[] = {
    LoopForm(kMadd512, kShift)
        .from(2)
        .even(2, 6)
        .inParts(2)
        .inSlices(15)
        .ahead(kFewRows),
    LoopForm(kMadd512, kOneShift).inParts(4).inSlices(7).ahead(kFar).on(kOther),
    LoopForm(kMadd512, kOneShift).inParts(4).inSlices(7).ahead(kOneRow)};
// Registers are half a chunk long, so the four registers of a pass are two
// chunks and a block takes two passes, which take turns within a K slice.
static constexpr LoopForm kVNNI256Forms[] = {
    LoopForm(kVNNI256, kShift)
        .from(2)
        .even(2, 6)
        .inParts(2)
        .inSlices(16)
        .ahead(kFewRows),
    LoopForm(kVNNI256, kMaskOnly)
        .inParts(2)
        .inSlices(16)
        .ahead(kFar)
        .on(kOther),
    LoopForm(kVNNI256, kMaskOnly).inParts(2).inSlices(16).ahead(kOneRow)};
// The additions of vpaddw take ports of their own, so the panel pays
// everywhere.
static constexpr LoopForm kMadd256Forms[] = {
    LoopForm(kMadd256, kShift)
        .from(20)
        .even(3, 4)
        .inParts(2)
        .inSlices(15)
        .ahead(kFewRows)
        .withPanel(),
    LoopForm(kMadd256, kShift)
        .from(2)
        .even(2, 4)
        .inParts(2)
        .inSlices(15)
        .ahead(kFewRows),
    LoopForm(kMadd256, kOneShift).inParts(4).inSlices(7).ahead(kFar).on(kOther),
    LoopForm(kMadd256, kOneShift).inParts(4).inSlices(7).ahead(kOneRow)};
// usmmla multiplies two rows by two; an odd row at the end goes to sdot.
static constexpr LoopForm kI8MMForms[] = {
    LoopForm(kUsmmla, kShift).from(4).whole(4).inParts(4),
    LoopForm(kUsmmla, kShift).from(2).whole(2).inParts(4),
    LoopForm(kSdot, kMaskSigned).inParts(4).inSlices(16).ahead(kNear)};
static constexpr LoopForm kDotprodForms[] = {
    LoopForm(kSdot, kShift).from(2).even(2, 4).inParts(4),
    LoopForm(kSdot, kMaskSigned).inParts(4).inSlices(16).ahead(kNear)};
// Sums of 16 bits, a lane for each byte: 31 chunks at scale 1, 15 with two
// scales.
static constexpr LoopForm kNEONForms[] = {
    LoopForm(kSmlal, kShift).from(2).whole(2).inParts(4).inSlices(31),
    LoopForm(kSmlal, kOneShift).inParts(4).inSlices(15).ahead(kNear)};
// Plain vector arithmetic, which every CPU has: the last resort of all others.
static constexpr LoopForm kPortableForms[] = {
    LoopForm(kPortable, kShift).from(2).even(2, 4).inSlices(15),
    LoopForm(kPortable, kShift).inSlices(15).ahead(kNear)};
// int16 activations: the second product of a layer whose codes reach +128
// (w_c2).
static constexpr LoopForm kLaneForms[] = {
    LoopForm(kWideLanes, kShift).from(2).even(2, 4),
    LoopForm(kWideLanes, kShift).ahead(kNear)};
// Float activations: additions and subtractions only, k ascending.
static constexpr LoopForm kFloatForms[] = {
    LoopForm(kFloatWideLanes, kShift).from(2).even(2, 4),
    LoopForm(kFloatWideLanes, kShift).inParts(4).ahead(kNear)};

// Base 3: as for u2, with digits looked up in two registers of tables.
static constexpr LoopForm kAMXBase3Forms[] = {
    LoopForm(kAMX, kLookupShift)
        .from(32)
        .whole(32)
        .inParts(2)
        .ahead(kOnlyFarBase3),
    LoopForm(kAMX, kLookupShift)
        .from(16)
        .overlapping(16)
        .inParts(2)
        .ahead(kFarBase3),
    LoopForm(kAMX, kLookupShift).from(2).padded(16).inParts(2).ahead(kFarBase3),
    LoopForm(kVNNI512, kLookupShift)
        .from(2)
        .even(2, 6)
        .inParts(2)
        .ahead(kFarBase3),
    LoopForm(kVNNI512, kLookupMaskOnly).inParts(2).ahead(kFarBase3)};
static constexpr LoopForm kVBMIForms[] = {
    LoopForm(kVNNI512, kLookupShift)
        .from(20)
        .even(5, 6)
        .inParts(2)
        .inSlices(64)
        .ahead(kFewBase3)
        .withPanel(),
    LoopForm(kVNNI512, kLookupShift)
        .from(2)
        .even(2, 6)
        .inParts(2)
        .ahead(kFewBase3),
    LoopForm(kVNNI512, kLookupMaskOnly).inParts(2).ahead(kFarBase3).on(kOther),
    LoopForm(kVNNI512, kLookupMaskOnly).inParts(2).ahead(kOneBase3)};
// Base 3 without VBMI: digits by comparisons, exact but slow.
static constexpr LoopForm kVNNI512Base3Forms[] = {
    LoopForm(kVNNI512, kPlanes).from(2).even(2, 6).inParts(2),
    LoopForm(kVNNI512, kPlanes).inParts(2).ahead(kNearBase3)};
static constexpr LoopForm kMadd256Base3Forms[] = {
    LoopForm(kMadd256, kPlanes).from(2).even(2, 4).inParts(2).inSlices(12),
    LoopForm(kMadd256, kPlanes).inParts(2).inSlices(12).ahead(kNearBase3)};
static constexpr LoopForm kDotprodBase3Forms[] = {
    LoopForm(kSdot, kPlanes).from(2).even(2, 4).inParts(4),
    LoopForm(kSdot, kPlanes).inParts(4).ahead(kNearBase3)};
static constexpr LoopForm kPortableBase3Forms[] = {
    LoopForm(kPortable, kPlanes).from(2).even(2, 4).inSlices(12),
    LoopForm(kPortable, kPlanes).inSlices(12).ahead(kNearBase3)};

static constexpr llvm::StringLiteral kVBMI =
    "llvm.x86.avx512.vpermi2var.qi.512";

/// Preferred entries come first within a layout; the portable ones need no
/// feature.
static constexpr KernelRow kTable[] = {
    KernelRow(KernelKind::AMX, kU2)
        .x86("avx512f avx512bw avx512vnni amx-tile amx-int8")
        .loops(kAMXForms)
        .inPartsOf(kAMXRows),
    KernelRow(KernelKind::AVX512VNNI, kU2)
        .x86("avx512f avx512bw avx512vnni")
        .loops(kVNNI512Forms),
    KernelRow(KernelKind::AMX, kBase3)
        .x86("avx512f avx512bw avx512vnni avx512vbmi amx-tile amx-int8")
        .looksUp(kVBMI)
        .loops(kAMXBase3Forms)
        .inPartsOf(kAMXRows),
    KernelRow(KernelKind::AVX512VBMI, kBase3)
        .x86("avx512f avx512bw avx512vnni avx512vbmi")
        .looksUp(kVBMI)
        .loops(kVBMIForms),
    KernelRow(KernelKind::AVX512VNNI, kBase3)
        .x86("avx512f avx512bw avx512vnni")
        .compares()
        .loops(kVNNI512Base3Forms),
    KernelRow(KernelKind::AVX2, kBase3)
        .x86("avx2")
        .compares()
        .loops(kMadd256Base3Forms),
    KernelRow(KernelKind::NEONDotprod, kBase3)
        .aarch64("dotprod")
        .compares()
        .loops(kDotprodBase3Forms),
    KernelRow(KernelKind::Generic, kBase3)
        .compares()
        .loops(kPortableBase3Forms),
    KernelRow(KernelKind::AVX512BW, kU2)
        .x86("avx512f avx512bw")
        .loops(kMadd512Forms),
    KernelRow(KernelKind::AVXVNNI, kU2)
        .x86("avx2 avxvnni")
        .loops(kVNNI256Forms),
    KernelRow(KernelKind::AVX2, kU2).x86("avx2").loops(kMadd256Forms),
    KernelRow(KernelKind::I8MM, kU2).aarch64("dotprod i8mm").loops(kI8MMForms),
    KernelRow(KernelKind::NEONDotprod, kU2)
        .aarch64("dotprod")
        .loops(kDotprodForms),
    KernelRow(KernelKind::NEON, kU2).aarch64("neon").loops(kNEONForms),
    KernelRow(KernelKind::Generic, kU2).loops(kPortableForms),
    KernelRow(KernelKind::Generic, kU2).takes(LhsKind::I16).loops(kLaneForms),
    KernelRow(KernelKind::Generic, kU2)
        .takes(LhsKind::Float)
        .loops(kFloatForms),
};

/// Whether a bound, which is a field, holds for every entry.
static constexpr bool holds(bool KernelRow::*bound) {
  for (const KernelRow &row : kTable)
    if (!(row.*bound))
      return false;
  return true;
}
static_assert(holds(&KernelRow::fitsI16), "16 bits wrap within some slice");
static_assert(holds(&KernelRow::foldsInI16), "16 bits wrap behind some slice");
static_assert(holds(&KernelRow::fitsUnit), "a scaled code is misread");
static_assert(holds(&KernelRow::fitsLayout), "digits are left out or made up");

ArrayRef<KernelRow> mlir::bitnet::getKernelTable() { return kTable; }

bool mlir::bitnet::acceptsOperands(const KernelRow &row, PackingKind packing,
                                   Type lhs) {
  if (row.layout.kind != packing)
    return false;
  switch (row.lhs) {
  case LhsKind::I8:
    return lhs.isSignlessInteger(8);
  case LhsKind::I16:
    return lhs.isSignlessInteger(16);
  case LhsKind::Float:
    return isa<FloatType>(lhs);
  }
  llvm_unreachable("unknown activations");
}

const KernelRow *mlir::bitnet::findKernelRow(KernelKind kind,
                                             PackingKind packing, Type lhs) {
  for (const KernelRow &row : kTable)
    if (row.kind == kind && acceptsOperands(row, packing, lhs))
      return &row;
  return nullptr;
}
