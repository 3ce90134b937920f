//===- KernelTable.cpp - one row per code form of a ternary matmul --------===//

#include "bitnet/Codegen/Kernels/KernelTable.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Masks in place: no shifts, one accumulator per field.
static constexpr FieldDecode kMaskOnly[] = {
    {0, 0x03}, {0, 0x0c}, {0, 0x30}, {0, 0xc0}};
/// As kMaskOnly, but 0xc0 would be negative in a signed dot product.
static constexpr FieldDecode kMaskSigned[] = {
    {0, 0x03}, {0, 0x0c}, {0, 0x30}, {6, 0xff}};
/// One shift serves two fields, two scales.
static constexpr FieldDecode kOneShift[] = {
    {0, 0x03}, {0, 0x0c}, {4, 0x03}, {4, 0x0c}};
/// Every field at scale 1: one accumulator, decoding shared by several rows.
static constexpr FieldDecode kShift[] = {
    {0, 0x03}, {2, 0x03}, {4, 0x03}, {6, 0x03}};

/// The planes of Unpack::Lookup, as kMaskOnly: five chains of additions.
static constexpr FieldDecode kLookupMaskOnly[] = {
    {0, 0x03}, {0, 0x0c}, {0, 0x30}, {0, 0xc0}, {0, 0xff, 1, /*apart=*/true}};
static constexpr FieldDecode kLookupShift[] = {
    {0, 0x03}, {2, 0x03}, {4, 0x03}, {6, 0x03}, {0, 0xff, 1}};
/// The planes of Unpack::Compare: codes already.
static constexpr FieldDecode kPlanes[] = {
    {0, 0xff, 0}, {0, 0xff, 1}, {0, 0xff, 2}, {0, 0xff, 3}, {0, 0xff, 4}};

static constexpr PackedLayout kU2 = getPackedLayout(PackingKind::U2);
static constexpr PackedLayout kU16 = getPackedLayout(PackingKind::U1_6);

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
static constexpr DotUnit kLanes = {DotForm::Lanes, 64};
static constexpr DotUnit kFloatLanes = {DotForm::FloatLanes, 64};

// Bounds behind sliceChunks and maxCols (codes 0..2, activations -128..127): a
// field of scale s adds at most 4 * 2s * 128 to an i32 accumulator per chunk,
// so 2^31 is out of reach below 2^31 / (64 s) columns (s = 64). Dot2 adds at
// most 2 * 2s * 128 per field to an i16: 2 fields of scale 4 (4096 per chunk)
// for 7 chunks, 4 fields of scale 1 (2048) for 15, 5 of them for 12. Widening
// adds half of that: 15 and 31 chunks. Other slices are for the order in
// memory. At scale 1 i32 sums of codes wrap harmlessly: the difference to the
// sum of activations is what must fit (mm_c1).
static constexpr int64_t kAnyCols = int64_t(1) << 24;

// Zen has four vector ports, of which two multiply: decoding in front of every
// tile is free, and reading decoded codes is not.
static constexpr CoreSet kOther = kOtherCores;

// How far ahead memory is asked for, in chunk columns, by family of cores. Up
// to Zen 4 more than a step slows the stream of a single row down. Zen 5 wants
// 5 KB: its window of 448 instructions is 2.6 KB of this loop. Intel has 16
// buffers for lines on their way to the first cache and 48 to the second, so it
// also wants 16 KB there; where Zen shares the loop, it asks for the near lines
// again.
static constexpr Prefetch kFewRows = {{8, 8, 20}, {64, 8, 20}};
static constexpr Prefetch kFewBase3 = {{16, 16, 40}, {128, 16, 40}};
static constexpr Prefetch kOneRow = {{8, 1, 20}}, kOneBase3 = {{16, 1, 40}};
static constexpr Prefetch kNear = {{8, 8, 8}}, kNearBase3 = {{16, 16, 16}};
static constexpr Prefetch kFar = {{8, 8, 8}, {64, 64, 64}};
static constexpr Prefetch kOnlyFar = {{0, 0, 0}, {64, 64, 64}};
static constexpr Prefetch kFarBase3 = {{16, 16, 16}, {128, 128, 128}};
static constexpr Prefetch kOnlyFarBase3 = {{0, 0, 0}, {128, 128, 128}};

// unit, minRows, cover, tile from..to, parts, fields, slice, prefetch, panel,
// cores
static constexpr LoopForm kAMXForms[] = {
    {kAMX, 32, Cover::Whole, 32, 32, 2, kShift, 0, kOnlyFar},
    {kAMX, 16, Cover::Overlap, 16, 16, 4, kShift, 0, kFar},
    {kAMX, 2, Cover::Padded, 16, 16, 4, kShift, 0, kFar},
    {kVNNI512, 2, Cover::Even, 2, 5, 4, kShift, 0, kFar},
    {kVNNI512, 1, Cover::Whole, 1, 1, 4, kMaskOnly, 0, kFar}};
// 128 rows of 6912 columns are 0.9 MB of 2; the unit is so fast that it waits
// for what comes from farther away.
static constexpr int64_t kAMXRows = 128;
static constexpr LoopForm kVNNI512Forms[] = {
    {kVNNI512, 20, Cover::Even, 5, 6, 4, kShift, 64, kFar, true, kOther},
    {kVNNI512, 2, Cover::Even, 2, 5, 4, kShift, 0, kFewRows},
    {kVNNI512, 1, Cover::Whole, 1, 1, 4, kMaskOnly, 0, kFar, false, kOther},
    {kVNNI512, 1, Cover::Whole, 1, 1, 4, kMaskOnly, 0, kOneRow}};
static constexpr LoopForm kMadd512Forms[] = {
    {kMadd512, 2, Cover::Even, 2, 6, 2, kShift, 15, kFewRows},
    {kMadd512, 1, Cover::Whole, 1, 1, 4, kOneShift, 7, kFar, false, kOther},
    {kMadd512, 1, Cover::Whole, 1, 1, 4, kOneShift, 7, kOneRow}};
static constexpr LoopForm kVNNI256Forms[] = {
    {kVNNI256, 2, Cover::Even, 2, 6, 2, kShift, 16, kFewRows},
    {kVNNI256, 1, Cover::Whole, 1, 1, 2, kMaskOnly, 16, kFar, false, kOther},
    {kVNNI256, 1, Cover::Whole, 1, 1, 2, kMaskOnly, 16, kOneRow}};
static constexpr LoopForm kMadd256Forms[] = {
    {kMadd256, 20, Cover::Even, 3, 4, 2, kShift, 15, kFewRows, true},
    {kMadd256, 2, Cover::Even, 2, 4, 2, kShift, 15, kFewRows},
    {kMadd256, 1, Cover::Whole, 1, 1, 4, kOneShift, 7, kFar, false, kOther},
    {kMadd256, 1, Cover::Whole, 1, 1, 4, kOneShift, 7, kOneRow}};
static constexpr LoopForm kI8MMForms[] = {
    {kUsmmla, 4, Cover::Whole, 4, 4, 4, kShift},
    {kUsmmla, 2, Cover::Whole, 2, 2, 4, kShift},
    {kSdot, 1, Cover::Whole, 1, 1, 4, kMaskSigned, 16, kNear}};
static constexpr LoopForm kDotprodForms[] = {
    {kSdot, 2, Cover::Even, 2, 4, 4, kShift},
    {kSdot, 1, Cover::Whole, 1, 1, 4, kMaskSigned, 16, kNear}};
static constexpr LoopForm kNEONForms[] = {
    {kSmlal, 2, Cover::Whole, 2, 2, 4, kShift, 31},
    {kSmlal, 1, Cover::Whole, 1, 1, 4, kOneShift, 15, kNear}};
static constexpr LoopForm kPortableForms[] = {
    {kPortable, 2, Cover::Even, 2, 4, 1, kShift, 15},
    {kPortable, 1, Cover::Whole, 1, 1, 1, kShift, 15, kNear}};
static constexpr LoopForm kLaneForms[] = {
    {kLanes, 2, Cover::Even, 2, 4, 1, kShift},
    {kLanes, 1, Cover::Whole, 1, 1, 1, kShift, 0, kNear}};
static constexpr LoopForm kFloatForms[] = {
    {kFloatLanes, 2, Cover::Even, 2, 4, 1, kShift},
    {kFloatLanes, 1, Cover::Whole, 1, 1, 4, kShift, 0, kNear}};

static constexpr LoopForm kAMXBase3Forms[] = {
    {kAMX, 32, Cover::Whole, 32, 32, 2, kLookupShift, 0, kOnlyFarBase3},
    {kAMX, 16, Cover::Overlap, 16, 16, 2, kLookupShift, 0, kFarBase3},
    {kAMX, 2, Cover::Padded, 16, 16, 2, kLookupShift, 0, kFarBase3},
    {kVNNI512, 2, Cover::Even, 2, 6, 2, kLookupShift, 0, kFarBase3},
    {kVNNI512, 1, Cover::Whole, 1, 1, 2, kLookupMaskOnly, 0, kFarBase3}};
static constexpr LoopForm kVBMIForms[] = {
    {kVNNI512, 20, Cover::Even, 5, 6, 2, kLookupShift, 64, kFewBase3, true},
    {kVNNI512, 2, Cover::Even, 2, 6, 2, kLookupShift, 0, kFewBase3},
    {kVNNI512, 1, Cover::Whole, 1, 1, 2, kLookupMaskOnly, 0, kFarBase3, false,
     kOther},
    {kVNNI512, 1, Cover::Whole, 1, 1, 2, kLookupMaskOnly, 0, kOneBase3}};
static constexpr LoopForm kVNNI512Base3Forms[] = {
    {kVNNI512, 2, Cover::Even, 2, 6, 2, kPlanes},
    {kVNNI512, 1, Cover::Whole, 1, 1, 2, kPlanes, 0, kNearBase3}};
static constexpr LoopForm kMadd256Base3Forms[] = {
    {kMadd256, 2, Cover::Even, 2, 4, 2, kPlanes, 12},
    {kMadd256, 1, Cover::Whole, 1, 1, 2, kPlanes, 12, kNearBase3}};
static constexpr LoopForm kDotprodBase3Forms[] = {
    {kSdot, 2, Cover::Even, 2, 4, 4, kPlanes},
    {kSdot, 1, Cover::Whole, 1, 1, 4, kPlanes, 0, kNearBase3}};
static constexpr LoopForm kPortableBase3Forms[] = {
    {kPortable, 2, Cover::Even, 2, 4, 1, kPlanes, 12},
    {kPortable, 1, Cover::Whole, 1, 1, 1, kPlanes, 12, kNearBase3}};

static const KernelRow kTable[] = {
    {KernelKind::AMX, "i8", kU2, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni amx-tile amx-int8", kAMXForms,
     int64_t(1) << 19, Unpack::None, "", kAMXRows},
    {KernelKind::AVX512VNNI, "i8", kU2, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni", kVNNI512Forms, int64_t(1) << 19},
    {KernelKind::AMX, "i8", kU16, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni avx512vbmi amx-tile amx-int8", kAMXBase3Forms,
     int64_t(1) << 19, Unpack::Lookup, "llvm.x86.avx512.vpermi2var.qi.512",
     kAMXRows},
    {KernelKind::AVX512VBMI, "i8", kU16, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni avx512vbmi", kVBMIForms, int64_t(1) << 19,
     Unpack::Lookup, "llvm.x86.avx512.vpermi2var.qi.512"},
    {KernelKind::AVX512VNNI, "i8", kU16, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni", kVNNI512Base3Forms, kAnyCols,
     Unpack::Compare},
    {KernelKind::AVX2, "i8", kU16, TargetArch::X86_64, "avx2",
     kMadd256Base3Forms, kAnyCols, Unpack::Compare},
    {KernelKind::NEONDotprod, "i8", kU16, TargetArch::AArch64, "dotprod",
     kDotprodBase3Forms, kAnyCols, Unpack::Compare},
    {KernelKind::Generic, "i8", kU16, TargetArch::Any, "", kPortableBase3Forms,
     kAnyCols, Unpack::Compare},
    {KernelKind::AVX512BW, "i8", kU2, TargetArch::X86_64, "avx512f avx512bw",
     kMadd512Forms, kAnyCols},
    {KernelKind::AVXVNNI, "i8", kU2, TargetArch::X86_64, "avx2 avxvnni",
     kVNNI256Forms, kAnyCols},
    {KernelKind::AVX2, "i8", kU2, TargetArch::X86_64, "avx2", kMadd256Forms,
     kAnyCols},
    {KernelKind::I8MM, "i8", kU2, TargetArch::AArch64, "dotprod i8mm",
     kI8MMForms, kAnyCols},
    {KernelKind::NEONDotprod, "i8", kU2, TargetArch::AArch64, "dotprod",
     kDotprodForms, kAnyCols},
    {KernelKind::NEON, "i8", kU2, TargetArch::AArch64, "neon", kNEONForms,
     kAnyCols},
    {KernelKind::Generic, "i8", kU2, TargetArch::Any, "", kPortableForms,
     kAnyCols},
    {KernelKind::Generic, "i16", kU2, TargetArch::Any, "", kLaneForms,
     kAnyCols},
    {KernelKind::Generic, "float", kU2, TargetArch::Any, "", kFloatForms,
     kAnyCols},
};

ArrayRef<KernelRow> mlir::bitnet::getKernelTable() { return kTable; }

bool mlir::bitnet::acceptsOperands(const KernelRow &row, PackingKind packing,
                                   Type lhs) {
  if (row.layout.kind != packing)
    return false;
  if (row.lhs == "float")
    return isa<FloatType>(lhs);
  return lhs.isSignlessInteger(row.lhs == "i8" ? 8 : 16);
}

const KernelRow *mlir::bitnet::findKernelRow(KernelKind kind,
                                             PackingKind packing, Type lhs) {
  for (const KernelRow &row : kTable)
    if (row.kind == kind && acceptsOperands(row, packing, lhs))
      return &row;
  return nullptr;
}
