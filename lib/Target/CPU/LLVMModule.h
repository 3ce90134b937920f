//===- LLVMModule.h - from the LLVM dialect to machine code -----*- C++ -*-===//

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

/// Translates `module`, adds the description table and the glue, hides what
/// is not exported and optimizes. Null after a diagnostic.
std::unique_ptr<llvm::Module>
buildLLVMModule(ModuleOp module, llvm::LLVMContext &context,
                llvm::TargetMachine &machine, const CPUTargetOptions &target,
                const ModelDescription &description);

/// Parses the glue for the machine's architecture into `llvmModule`.
LogicalResult linkGlue(ModuleOp module, llvm::Module &llvmModule);

void optimize(llvm::Module &llvmModule, llvm::TargetMachine &machine,
              unsigned optLevel);

/// Machine code as assembly text or an object.
FailureOr<SmallVector<char, 0>> emitMachineCode(ModuleOp module,
                                                llvm::Module &llvmModule,
                                                llvm::TargetMachine &machine,
                                                bool assembly);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_LLVMMODULE_H
