//===- CPU.h - loops to a shared library for a CPU --------------*- C++ -*-===//
//
// Two steps: `populateCPUPipeline` turns the loops of stage 4 into the LLVM
// dialect with the entry points of abi.h; `emitCPU` writes it as LLVM IR,
// assembly, an object or a shared library that needs nothing but libc and libm.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TARGET_CPU_CPU_H
#define BITNET_TARGET_CPU_CPU_H

#include "bitnet/Codegen/Strategy/ISATable.h"
#include "bitnet/Support/OutputSet.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

#include <string>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::bitnet {

/// What the lowering must know of the CPU. `getCPUPipelineOptions` derives it.
struct CPUPipelineOptions {
  /// Conversions between f16 and f32 are instructions (x86: F16C).
  bool nativeHalf = true;
  /// Rounding to an integer is an instruction (x86: SSE4.1).
  bool nativeRound = true;
  /// Machines to make versions of the code for, worst to best; else there is
  /// one machine with `features` (LLVM's names).
  std::vector<ISA> isas;
  std::vector<std::string> features;
};

enum class WeightsPlacement { Auto, Embed, File };

/// Weights above this many bytes go to a file unless embedding is asked for.
inline constexpr uint64_t kEmbedLimit = uint64_t(3) << 29; // 1.5 GiB

struct CPUTargetOptions {
  /// Empty: the host's. Linux on an architecture of the table
  /// (Architecture.h).
  std::string triple;
  /// Classes of machines that the library serves, worst to best. Filled in with
  /// all of the triple's architecture when `cpu` and `features` are empty.
  std::vector<ISA> isas;
  /// LLVM CPU name; "native": the host's, with its features (when the triple's
  /// architecture is the host's), else the architecture's baseline. With `isas`
  /// it is the level of the worst one.
  std::string cpu;
  /// "+avx2,-avx512f": changes to the CPU's features.
  std::string features;
  /// 0 to 3.
  unsigned optLevel = 3;
  WeightsPlacement weights = WeightsPlacement::Auto;
  /// Recorded in the description.
  std::string modelName;
  std::string producer;
};

/// Fills triple, cpu and features: no empty field, no "native" is left. The
/// features list what code for this CPU needs ("+avx2,+fma,..."). Failure when
/// LLVM does not know the triple or the CPU; `error` says so in one line.
FailureOr<CPUTargetOptions> resolveTarget(CPUTargetOptions options,
                                          std::string &error);

/// The architecture that `triple` names; `Any` when we have no code for it.
TargetArch getArch(StringRef triple);

/// What the resolved target has.
TargetInfo getMachine(const CPUTargetOptions &resolved);

/// The resolved target for the machines of one of `target.isas` alone.
CPUTargetOptions getTargetOf(const CPUTargetOptions &target, ISA isa);

/// True when the resolved target has `feature` ("avx512vnni").
bool hasFeature(const CPUTargetOptions &resolved, StringRef feature);

CPUPipelineOptions getCPUPipelineOptions(const CPUTargetOptions &resolved);

/// Loops (func, scf, memref, vector, arith, math, cf.assert) to LLVM dialect.
void populateCPUPipeline(OpPassManager &passes,
                         const CPUPipelineOptions &options);

/// Registers `--bitnet-cpu-pipeline` (for any CPU with the native forms).
void registerCPUPipelines();

enum class CPUOutput { LLVMIR, Assembly, Object, SharedLibrary };

/// Adds to `outputs` the file `path` of `module`, the output of the CPU
/// pipeline, and, when the weights go to a file, `<path without .so>.weights`
/// beside it. LLVM IR and assembly are what enters the code generator and what
/// leaves it, without weights. On failure a diagnostic was emitted.
LogicalResult emitCPU(ModuleOp module, const CPUTargetOptions &options,
                      CPUOutput kind, OutputSet &outputs, StringRef path);

} // namespace mlir::bitnet

#endif // BITNET_TARGET_CPU_CPU_H
