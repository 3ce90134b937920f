//===- SelectKernels.cpp - chooses the code form of each matmul -----------===//
//
// --bitnet-select-kernels writes the kernels of every product as
// #bitnet.lowering: the first entry of the kernel table that takes the operands
// and runs on the machine, for each of the machines. What no entry takes gets
// the scalar nest.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Strategy/Passes.h"

#include "llvm/ADT/StringExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSELECTKERNELS
#include "bitnet/Codegen/Strategy/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// What --help says of a kernel: its instructions.
static StringRef getSummary(KernelKind kind) {
  switch (kind) {
  case KernelKind::Scalar:
    return "add-only loop nests";
  case KernelKind::Generic:
    return "portable vector code";
  case KernelKind::AVX2:
    return "vpmaddubsw";
  case KernelKind::AVXVNNI:
    return "vpdpbusd on ymm";
  case KernelKind::AVX512BW:
    return "vpmaddubsw on zmm";
  case KernelKind::AVX512VNNI:
    return "vpdpbusd";
  case KernelKind::AVX512VBMI:
    return "vpdpbusd, tables for 1.6 bits";
  case KernelKind::AMX:
    return "tdpbsud, vpdpbusd for few rows";
  case KernelKind::NEON:
    return "smlal";
  case KernelKind::NEONDotprod:
    return "sdot";
  case KernelKind::I8MM:
    return "usmmla";
  }
  llvm_unreachable("every kernel is handled");
}

/// The enumeration is the one list of kernels: a new one has its word here as
/// soon as it has a summary.
llvm::ArrayRef<Word<KernelChoice>> mlir::bitnet::getKernelWords() {
  static const std::vector<Word<KernelChoice>> words = [] {
    std::vector<Word<KernelChoice>> words{
        {"auto", {}, "the fastest that the CPU has (default)"}};
    for (unsigned i = 0; i <= getMaxEnumValForKernelKind(); ++i)
      if (std::optional<KernelKind> kind = symbolizeKernelKind(i))
        words.push_back(
            {stringifyKernelKind(*kind), {kind}, getSummary(*kind)});
    return words;
  }();
  return words;
}

llvm::raw_ostream &mlir::bitnet::operator<<(llvm::raw_ostream &os,
                                            const KernelChoice &choice) {
  return printWord(os, getKernelWords(), choice);
}

std::string mlir::bitnet::missingFeatures(const TargetInfo &target,
                                          KernelChoice wish) {
  std::string missing;
  for (const KernelRow &row : getKernelTable()) {
    if (row.kind != wish.kind || row.arch == TargetArch::Any)
      continue;
    // The kernel is for another architecture, so the architecture itself is
    // missing.
    if (row.arch != target.arch)
      return findArchitecture(row.arch)->name.str();
    for (StringRef feature : llvm::split(row.features, ' '))
      if (!feature.empty() && !target.hasFeature(feature))
        missing += (missing.empty() ? "" : " ") + feature.str();
    break;
  }
  return missing;
}

/// Whether `target` runs the code of `row`.
static bool runsOn(const KernelRow &row, const TargetInfo &target) {
  return (row.arch == TargetArch::Any || row.arch == target.arch) &&
         target.hasFeatures(row.features);
}

SmallVector<PackingKind> mlir::bitnet::getFastPackings(const TargetInfo &target,
                                                       KernelChoice wish) {
  SmallVector<PackingKind> fast;
  for (const KernelRow &row : getKernelTable())
    if (row.unpack != Unpack::Compare && runsOn(row, target) &&
        (!wish.kind || wish.kind == row.kind) &&
        !llvm::is_contained(fast, row.layout.kind))
      fast.push_back(row.layout.kind);
  return fast;
}

KernelKind mlir::bitnet::selectKernel(MatMulOp op, const TargetInfo &target,
                                      KernelChoice wish) {
  PackingAttr packing = op.getPackingAttr();
  // The vector forms read the packed layout.
  if (!packing || wish.kind == KernelKind::Scalar)
    return KernelKind::Scalar;
  Type lhs = cast<ShapedType>(op.getLhs().getType()).getElementType();
  // With groups, each sum covers one group only, so K is that of a group.
  int64_t cols = op.getGroupSize().value_or(packing.getPaddedCols());
  auto fits = [&](const KernelRow &row) {
    return acceptsOperands(row, packing.getKind(), lhs) && cols < row.maxCols;
  };
  // A wish may name a kernel that this machine cannot run: it is
  // cross-compiled.
  for (const KernelRow &row : getKernelTable())
    if (fits(row) && wish.kind == row.kind)
      return row.kind;
  for (const KernelRow &row : getKernelTable())
    if (fits(row) && runsOn(row, target))
      return row.kind;
  return KernelKind::Scalar;
}

LoweringAttr mlir::bitnet::selectKernels(MatMulOp op,
                                         ArrayRef<TargetInfo> targets,
                                         KernelChoice wish) {
  SmallVector<KernelKind> kernels;
  for (const TargetInfo &target : llvm::reverse(targets)) {
    KernelKind kind = selectKernel(op, target, wish);
    // The nest has no function to choose at run time: all machines run it.
    if (kind == KernelKind::Scalar)
      return LoweringAttr::get(op.getContext(), kind);
    if (!llvm::is_contained(kernels, kind))
      kernels.push_back(kind);
  }
  return LoweringAttr::get(op.getContext(), kernels);
}

namespace {
struct SelectKernels
    : public bitnet::impl::BitNetSelectKernelsBase<SelectKernels> {
  using BitNetSelectKernelsBase::BitNetSelectKernelsBase;

  void runOnOperation() override {
    SmallVector<TargetInfo> targets;
    for (ISA isa : isas)
      targets.push_back(getTargetInfo(isa));
    if (targets.empty())
      targets.push_back({arch, {features.begin(), features.end()}});
    getOperation()->walk([&](MatMulOp op) {
      if (!op.getLoweringAttr())
        op.setLoweringAttr(selectKernels(op, targets, kernel));
    });
  }
};
} // namespace
