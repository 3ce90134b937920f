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

// Bounds behind maxCols and drainChunks (codes 0..2, activations -128..127):
// a field of scale s adds at most 4 * 2s * 128 to an i32 accumulator per
// chunk, so 2^31 is out of reach below 2^31 / (64 s) columns (s = 64). The i16
// forms add at most 2 * 2s * 128 per field: 2 fields of scale 4 (4096 per
// chunk) for 7 chunks, 4 fields of scale 1 (2048 per chunk) for 15, or 5 of
// them (2560 per chunk) for 12; NEON drains only to read memory in order. At
// scale 1 i32 sums of codes wrap harmlessly: the difference to the sum of
// activations is what must fit (mm_c1).
static constexpr int64_t kAnyCols = int64_t(1) << 24;

static constexpr PackedLayout kU2 = getPackedLayout(PackingKind::U2);
static constexpr PackedLayout kU16 = getPackedLayout(PackingKind::U1_6);

// 24 accumulators for large M; K at M = 1 is a stream that wants prefetching.
static constexpr LoopForm kVNNI512Forms[] = {{32, 12, 12, 2, kShift},
                                             {2, 2, 5, 4, kShift},
                                             {1, 1, 1, 4, kMaskOnly, 0, 8}};
static constexpr LoopForm kVBMIForms[] = {{16, 8, 8, 2, kLookupShift},
                                          {2, 2, 6, 2, kLookupShift},
                                          {1, 1, 1, 2, kLookupMaskOnly, 0, 16}};
static constexpr LoopForm kVNNI512Base3Forms[] = {{2, 2, 6, 2, kPlanes},
                                                  {1, 1, 1, 2, kPlanes, 0, 16}};
static constexpr LoopForm kAVX2Forms[] = {{2, 2, 4, 2, kShift, 15},
                                          {1, 1, 1, 4, kOneShift, 7, 8}};
static constexpr LoopForm kAVX2Base3Forms[] = {{2, 2, 4, 2, kPlanes, 12},
                                               {1, 1, 1, 2, kPlanes, 12, 16}};
static constexpr LoopForm kDotprodForms[] = {{2, 2, 4, 4, kShift},
                                             {1, 1, 1, 4, kMaskSigned, 16, 8}};
static constexpr LoopForm kDotprodBase3Forms[] = {{2, 2, 4, 4, kPlanes},
                                                  {1, 1, 1, 4, kPlanes, 0, 16}};
static constexpr LoopForm kPortableForms[] = {{2, 2, 4, 1, kShift, 15},
                                              {1, 1, 1, 1, kShift, 15, 8}};
static constexpr LoopForm kPortableBase3Forms[] = {
    {2, 2, 4, 1, kPlanes, 12}, {1, 1, 1, 1, kPlanes, 12, 16}};
static constexpr LoopForm kLaneForms[] = {{2, 2, 4, 1, kShift},
                                          {1, 1, 1, 1, kShift, 0, 8}};
static constexpr LoopForm kFloatForms[] = {{2, 2, 4, 1, kShift},
                                           {1, 1, 1, 4, kShift, 0, 8}};

static const KernelRow kTable[] = {
    {KernelKind::AVX512VNNI, "i8", kU2, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni", DotForm::Dot4, 64,
     "llvm.x86.avx512.vpdpbusd.512", "", kVNNI512Forms, int64_t(1) << 19},
    {KernelKind::AVX512VBMI, "i8", kU16, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni avx512vbmi", DotForm::Dot4, 64,
     "llvm.x86.avx512.vpdpbusd.512", "", kVBMIForms, int64_t(1) << 19,
     Unpack::Lookup, "llvm.x86.avx512.vpermi2var.qi.512"},
    {KernelKind::AVX512VNNI, "i8", kU16, TargetArch::X86_64,
     "avx512f avx512bw avx512vnni", DotForm::Dot4, 64,
     "llvm.x86.avx512.vpdpbusd.512", "", kVNNI512Base3Forms, kAnyCols,
     Unpack::Compare},
    {KernelKind::AVX2, "i8", kU16, TargetArch::X86_64, "avx2", DotForm::Dot2,
     32, "llvm.x86.avx2.pmadd.ub.sw", "llvm.x86.avx2.pmadd.wd", kAVX2Base3Forms,
     kAnyCols, Unpack::Compare},
    {KernelKind::NEONDotprod, "i8", kU16, TargetArch::AArch64, "dotprod",
     DotForm::Dot4ByLane, 16, "llvm.aarch64.neon.sdot.v4i32.v16i8", "",
     kDotprodBase3Forms, kAnyCols, Unpack::Compare},
    {KernelKind::Generic, "i8", kU16, TargetArch::Any, "",
     DotForm::PortableDot2, 64, "", "", kPortableBase3Forms, kAnyCols,
     Unpack::Compare},
    {KernelKind::AVX2, "i8", kU2, TargetArch::X86_64, "avx2", DotForm::Dot2, 32,
     "llvm.x86.avx2.pmadd.ub.sw", "llvm.x86.avx2.pmadd.wd", kAVX2Forms,
     kAnyCols},
    {KernelKind::NEONDotprod, "i8", kU2, TargetArch::AArch64, "dotprod",
     DotForm::Dot4ByLane, 16, "llvm.aarch64.neon.sdot.v4i32.v16i8", "",
     kDotprodForms, kAnyCols},
    {KernelKind::Generic, "i8", kU2, TargetArch::Any, "", DotForm::PortableDot2,
     64, "", "", kPortableForms, kAnyCols},
    {KernelKind::Generic, "i16", kU2, TargetArch::Any, "", DotForm::Lanes, 64,
     "", "", kLaneForms, kAnyCols},
    {KernelKind::Generic, "float", kU2, TargetArch::Any, "",
     DotForm::FloatLanes, 64, "", "", kFloatForms, kAnyCols},
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
