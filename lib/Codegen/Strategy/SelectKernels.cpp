//===- SelectKernels.cpp - chooses the code form of each matmul -----------===//

#include "bitnet/Codegen/Strategy/Passes.h"

#include "llvm/ADT/StringExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSELECTKERNELS
#include "bitnet/Codegen/Strategy/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

bool TargetInfo::hasFeature(StringRef name) const {
  // As in LLVM, the last mention of a feature wins.
  for (StringRef feature : llvm::reverse(features)) {
    bool disabled = feature.consume_front("-");
    if (!disabled)
      feature.consume_front("+");
    if (feature == name)
      return !disabled;
  }
  return false;
}

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
    if (row.arch != target.arch)
      return row.arch == TargetArch::AArch64 ? "aarch64" : "x86_64";
    for (StringRef feature : llvm::split(row.features, ' '))
      if (!feature.empty() && !target.hasFeature(feature))
        missing += (missing.empty() ? "" : " ") + feature.str();
    break;
  }
  return missing;
}

/// Whether `target` runs the code of `row`.
static bool runsOn(const KernelRow &row, const TargetInfo &target) {
  if (row.arch != TargetArch::Any && row.arch != target.arch)
    return false;
  return llvm::all_of(llvm::split(row.features, ' '), [&](StringRef feature) {
    return feature.empty() || target.hasFeature(feature);
  });
}

bool mlir::bitnet::hasFastKernel(const TargetInfo &target, KernelChoice wish,
                                 PackingKind packing) {
  std::optional<KernelKind> wanted = kindOf(wish);
  return llvm::any_of(getKernelTable(), [&](const KernelRow &row) {
    return row.layout.kind == packing && row.unpack != Unpack::Compare &&
           runsOn(row, target) && (!wanted || wanted == row.kind);
  });
}

LoweringAttr mlir::bitnet::selectKernel(MatMulOp op, const TargetInfo &target,
                                        KernelChoice wish) {
  MLIRContext *context = op.getContext();
  auto scalar = LoweringAttr::get(context, KernelKind::Scalar);
  PackingAttr packing = op.getPackingAttr();
  std::optional<KernelKind> wanted = kindOf(wish);
  // The vector forms read the packed layout.
  if (!packing || wanted == KernelKind::Scalar)
    return scalar;
  Type lhs = cast<ShapedType>(op.getLhs().getType()).getElementType();
  int64_t cols = op.getGroupSize().value_or(packing.getPaddedCols());
  auto fits = [&](const KernelRow &row) {
    return acceptsOperands(row, packing.getKind(), lhs) && cols < row.maxCols;
  };
  // A wish may name a kernel that this machine cannot run: it is
  // cross-compiled.
  for (const KernelRow &row : getKernelTable())
    if (fits(row) && wanted == row.kind)
      return LoweringAttr::get(context, row.kind);
  for (const KernelRow &row : getKernelTable())
    if (fits(row) && runsOn(row, target))
      return LoweringAttr::get(context, row.kind);
  return scalar;
}

namespace {
struct SelectKernels
    : public bitnet::impl::BitNetSelectKernelsBase<SelectKernels> {
  using BitNetSelectKernelsBase::BitNetSelectKernelsBase;

  void runOnOperation() override {
    TargetInfo target{arch, {features.begin(), features.end()}};
    getOperation()->walk([&](MatMulOp op) {
      if (!op.getLoweringAttr())
        op.setLoweringAttr(selectKernel(op, target, kernel));
    });
  }
};
} // namespace

std::unique_ptr<Pass>
mlir::bitnet::createBitNetSelectKernels(const TargetInfo &target,
                                        KernelChoice wish) {
  BitNetSelectKernelsOptions options;
  options.arch = target.arch;
  options.features.assign(target.features.begin(), target.features.end());
  options.kernel = wish;
  return createBitNetSelectKernels(std::move(options));
}
