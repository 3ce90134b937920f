//===- LLVMModule.h - from the LLVM dialect to machine code -----*- C++ -*-===//
//
// The steps behind emitCPU, in order: buildLLVMModule, then either optimize and
// emitMachineCode, or emitPartitions for a library with ISA variants.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_LLVMMODULE_H
#define BITNET_LIB_TARGET_CPU_LLVMMODULE_H

#include "Description.h"

#include "bitnet/Target/CPU/CPU.h"

#include "llvm/ADT/SmallVector.h"

#include <memory>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir::bitnet {

/// Translates `module`, adds the description table and the glue, and hides what
/// is not exported. Null after a diagnostic.
std::unique_ptr<llvm::Module>
buildLLVMModule(ModuleOp module, llvm::LLVMContext &context,
                llvm::TargetMachine &machine, const CPUTargetOptions &target,
                const ModelDescription &description);

/// Translates `module` to code that runs in this process: nothing but `entry`
/// is visible, and the runtime is not in it. Null after a diagnostic.
std::unique_ptr<llvm::Module> buildHostModule(ModuleOp module,
                                              llvm::LLVMContext &context,
                                              llvm::TargetMachine &machine,
                                              const CPUTargetOptions &target,
                                              StringRef entry);

/// Parses the glue for the machine's architecture into `llvmModule`.
LogicalResult linkGlue(ModuleOp module, llvm::Module &llvmModule);

/// LLVM's standard pipeline for -O0 to -O3, then carryBFloatsAsIntegers.
void optimize(llvm::Module &llvmModule, llvm::TargetMachine &machine,
              unsigned optLevel);

/// Makes code that moves or compares bf16 values work on integers or f32. Code
/// generation for x86 keeps single bf16 values as f32, and narrows them again
/// by a function of a compiler library.
void carryBFloatsAsIntegers(llvm::Module &llvmModule);

/// Splits the module by the CPU features of its functions, optimizes the parts
/// and makes an object of each, on all cores; one object holds them all.
FailureOr<SmallVector<char, 0>> emitPartitions(ModuleOp module,
                                               llvm::Module &llvmModule,
                                               const CPUTargetOptions &target);

/// Machine code as assembly text or an object; false when there is none for the
/// target.
bool emitMachineCode(llvm::Module &llvmModule, llvm::TargetMachine &machine,
                     bool assembly, SmallVectorImpl<char> &bytes);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_LLVMMODULE_H
