//===- SelectKernels.h - the policy behind #bitnet.lowering ----*- C++ -*-===//
//
// Which kernel a product gets, from the features of a machine, the packing and
// the type of activations. --bitnet-select-kernels writes the answer into the
// IR; lib/Pipelines/Driver.cpp asks before it packs weights.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H
#define BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H

#include "bitnet/Codegen/Strategy/ISATable.h"

namespace mlir::bitnet {

/// A wish of the user: `Auto`, or one kernel. `Scalar` is the loop nest of
/// ScalarNest.h.
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

/// The kernel of `op` on `target`: the first entry of the table that fits. A
/// wish that cannot take the operands gives way to what fits.
KernelKind selectKernel(MatMulOp op, const TargetInfo &target,
                        KernelChoice wish);

/// The lowering of `op` for machines of each of `targets`, best ones last.
LoweringAttr selectKernels(MatMulOp op, llvm::ArrayRef<TargetInfo> targets,
                           KernelChoice wish);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_STRATEGY_SELECTKERNELS_H
