//===- HostRun.h - code that runs in the compiler ---------------*- C++ -*-===//

#ifndef BITNET_TARGET_CPU_HOSTRUN_H
#define BITNET_TARGET_CPU_HOSTRUN_H

#include "bitnet/ConstantEval/ConstantRunner.h"
#include "bitnet/Target/CPU/CPU.h"

namespace mlir::bitnet {

/// This machine as a class of machines. Of those with one fused multiply-add
/// the least, as their floats have the same bits (mm_c3): what is computed does
/// not depend on the machine that compiles. Failure, with a text in `error`,
/// when there is no code for it.
FailureOr<CPUTargetOptions> getHostTarget(std::string &error);

/// Makes code of `module`, the output of the CPU pipeline for `target`, in
/// memory, and runs it. The model has no inputs. Failure, with a diagnostic,
/// when it stops, or when result `i` has more than `limits[i]` bytes.
FailureOr<std::vector<ComputedTensor>> runOnHost(ModuleOp module,
                                                 const CPUTargetOptions &target,
                                                 ArrayRef<uint64_t> limits);

} // namespace mlir::bitnet

#endif // BITNET_TARGET_CPU_HOSTRUN_H
