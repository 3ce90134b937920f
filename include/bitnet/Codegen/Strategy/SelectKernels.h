//===- SelectKernels.h - the policy behind #bitnet.lowering ----*- C++ -*-===//

#ifndef BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H
#define BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H

#include "bitnet/Codegen/Kernels/KernelTable.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// What the policy may know of the machine that runs the code.
struct TargetInfo {
  TargetArch arch = TargetArch::Any;
  /// LLVM target features, with or without a leading '+'.
  std::vector<std::string> features;

  bool hasFeature(llvm::StringRef name) const;
};

/// A wish of the user: `Auto`, or one kernel.
enum class KernelChoice {
  Auto,
  Scalar,
  Generic,
  AVX2,
  AVXVNNI,
  AVX512BW,
  AVX512VNNI,
  AVX512VBMI,
  AMX,
  NEON,
  NEONDotprod,
  I8MM
};

/// The features that the kernel of `wish` needs and `target` lacks, space
/// separated; empty when it runs there.
std::string missingFeatures(const TargetInfo &target, KernelChoice wish);

/// Whether a kernel made for `target`, not a portable one, reads `packing` as
/// fast as memory delivers it.
bool hasFastKernel(const TargetInfo &target, KernelChoice wish,
                   PackingKind packing);

/// The lowering of `op` on `target`; a wish that cannot take the operands
/// gives way to what fits.
LoweringAttr selectKernel(MatMulOp op, const TargetInfo &target,
                          KernelChoice wish);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H
