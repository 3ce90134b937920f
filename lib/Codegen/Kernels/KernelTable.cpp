//===- KernelTable.cpp - one row per code form of a ternary matmul --------===//

#include "bitnet/Codegen/Kernels/KernelTable.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Masks in place: no shifts, one accumulator per field.
static constexpr std::array<FieldDecode, 4> kMaskOnly = {
    {{0, 0x03}, {0, 0x0c}, {0, 0x30}, {0, 0xc0}}};
/// As kMaskOnly, but 0xc0 would be negative in a signed dot product.
static constexpr std::array<FieldDecode, 4> kMaskSigned = {
    {{0, 0x03}, {0, 0x0c}, {0, 0x30}, {6, 0xff}}};
/// One shift serves two fields, two scales.
static constexpr std::array<FieldDecode, 4> kOneShift = {
    {{0, 0x03}, {0, 0x0c}, {4, 0x03}, {4, 0x0c}}};
/// Every field at scale 1: one accumulator, decoding shared by several rows.
static constexpr std::array<FieldDecode, 4> kShift = {
    {{0, 0x03}, {2, 0x03}, {4, 0x03}, {6, 0x03}}};

// Bounds behind maxCols and drainChunks (codes 0..2, activations -128..127):
// a field of scale s adds at most 4 * 2s * 128 to an i32 accumulator per
// chunk, so 2^31 is out of reach below 2^31 / (64 s) columns (s = 64). The i16
// forms add at most 2 * 2s * 128 per field: 2 fields of scale 4 (4096 per
// chunk) for 7 chunks, or 4 fields of scale 1 (2048 per chunk) for 15; NEON
// drains only to read memory in order. At scale 1 i32 sums of codes wrap
// harmlessly: the difference to the sum of activations is what must fit
// (mm_c1).
static constexpr int64_t kAnyCols = int64_t(1) << 24;

static const KernelRow kTable[] = {
    {KernelKind::AVX512VNNI,
     "i8",
     TargetArch::X86_64,
     "avx512f avx512bw avx512vnni",
     DotForm::Dot4,
     64,
     "llvm.x86.avx512.vpdpbusd.512",
     "",
     {1, 4, kMaskOnly, 0},
     {4, 4, kShift, 0},
     int64_t(1) << 19},
    {KernelKind::AVX2,
     "i8",
     TargetArch::X86_64,
     "avx2",
     DotForm::Dot2,
     32,
     "llvm.x86.avx2.pmadd.ub.sw",
     "llvm.x86.avx2.pmadd.wd",
     {1, 4, kOneShift, 7},
     {4, 2, kShift, 15},
     kAnyCols},
    {KernelKind::NEONDotprod,
     "i8",
     TargetArch::AArch64,
     "dotprod",
     DotForm::Dot4ByLane,
     16,
     "llvm.aarch64.neon.sdot.v4i32.v16i8",
     "",
     {1, 4, kMaskSigned, 16},
     {4, 4, kShift, 0},
     kAnyCols},
    {KernelKind::Generic,
     "i8",
     TargetArch::Any,
     "",
     DotForm::PortableDot2,
     64,
     "",
     "",
     {1, 1, kShift, 15},
     {4, 1, kShift, 15},
     kAnyCols},
    {KernelKind::Generic,
     "i16",
     TargetArch::Any,
     "",
     DotForm::Lanes,
     64,
     "",
     "",
     {1, 1, kShift, 0},
     {4, 1, kShift, 0},
     kAnyCols},
    {KernelKind::Generic,
     "float",
     TargetArch::Any,
     "",
     DotForm::FloatLanes,
     64,
     "",
     "",
     {1, 4, kShift, 0},
     {4, 1, kShift, 0},
     kAnyCols},
};

ArrayRef<KernelRow> mlir::bitnet::getKernelTable() { return kTable; }

bool mlir::bitnet::acceptsLhs(const KernelRow &row, Type lhs) {
  if (row.lhs == "float")
    return isa<FloatType>(lhs);
  return lhs.isSignlessInteger(row.lhs == "i8" ? 8 : 16);
}

const KernelRow *mlir::bitnet::findKernelRow(KernelKind kind, Type lhs) {
  for (const KernelRow &row : kTable)
    if (row.kind == kind && acceptsLhs(row, lhs))
      return &row;
  return nullptr;
}
