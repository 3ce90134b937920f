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

/// The kernel that the user asks for; none for `Auto`.
static std::optional<KernelKind> kindOf(KernelChoice wish) {
  switch (wish) {
  case KernelChoice::Auto:
    return std::nullopt;
  case KernelChoice::Scalar:
    return KernelKind::Scalar;
  case KernelChoice::Generic:
    return KernelKind::Generic;
  case KernelChoice::AVX2:
    return KernelKind::AVX2;
  case KernelChoice::AVXVNNI:
    return KernelKind::AVXVNNI;
  case KernelChoice::AVX512BW:
    return KernelKind::AVX512BW;
  case KernelChoice::AVX512VNNI:
    return KernelKind::AVX512VNNI;
  case KernelChoice::AVX512VBMI:
    return KernelKind::AVX512VBMI;
  case KernelChoice::AMX:
    return KernelKind::AMX;
  case KernelChoice::NEON:
    return KernelKind::NEON;
  case KernelChoice::NEONDotprod:
    return KernelKind::NEONDotprod;
  case KernelChoice::I8MM:
    return KernelKind::I8MM;
  }
  llvm_unreachable("every choice is handled");
}

std::string mlir::bitnet::missingFeatures(const TargetInfo &target,
                                          KernelChoice wish) {
  std::optional<KernelKind> kind = kindOf(wish);
  std::string missing;
  for (const KernelRow &row : getKernelTable()) {
    if (row.kind != kind || row.arch == TargetArch::Any)
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

bool mlir::bitnet::hasFastKernel(const TargetInfo &target, KernelChoice wish,
                                 PackingKind packing) {
  std::optional<KernelKind> wanted = kindOf(wish);
  return llvm::any_of(getKernelTable(), [&](const KernelRow &row) {
    return row.layout.kind == packing && row.unpack != Unpack::Compare &&
           runsOn(row, target) && (!wanted || wanted == row.kind);
  });
}

KernelKind mlir::bitnet::selectKernel(MatMulOp op, const TargetInfo &target,
                                      KernelChoice wish) {
  PackingAttr packing = op.getPackingAttr();
  std::optional<KernelKind> wanted = kindOf(wish);
  // The vector forms read the packed layout.
  if (!packing || wanted == KernelKind::Scalar)
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
    if (fits(row) && wanted == row.kind)
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
