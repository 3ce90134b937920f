//===- Runtime.h - names shared by the ABI passes ---------------*- C++ -*-===//
//
// Names of functions, symbols and attributes that several passes of this folder
// agree on, and helpers to declare the functions of the glue.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_RUNTIME_H
#define BITNET_LIB_TARGET_CPU_RUNTIME_H

#include "bitnet/Codegen/Functions/FunctionPool.h"
#include "bitnet/Codegen/Strategy/ISATable.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::bitnet {

/// Prefix of the functions that the glue defines; their first parameter is the
/// run's context.
inline constexpr llvm::StringLiteral kRuntimePrefix = "bitnet_rt_";
/// Module attribute: dictionary of inputs and outputs for the description.
inline constexpr llvm::StringLiteral kSignatureAttr =
    BitNetDialect::SignatureAttrHelper::getNameStr();

/// Module attribute: array of {name, kind, bytes}, what bitnet_rt_mark counts.
inline constexpr llvm::StringLiteral kRegionsAttr =
    BitNetDialect::RegionsAttrHelper::getNameStr();

/// Module attribute: bytes of the scratch blocks, by level.
inline constexpr llvm::StringLiteral kScratchAttr =
    BitNetDialect::ScratchAttrHelper::getNameStr();
/// Prefix of the functions of the glue that give tasks scratch blocks; they
/// have no context.
inline constexpr llvm::StringLiteral kScratchPrefix = "bitnet_scratch_";

/// Symbols: what stage 4 leaves, and what the glue calls (abi.h).
inline constexpr llvm::StringLiteral kMain = "main";
inline constexpr llvm::StringLiteral kShapes = "bitnet_shapes";
inline constexpr llvm::StringLiteral kGeneratedMain = "bitnet_generated_main";
inline constexpr llvm::StringLiteral kGeneratedShapes =
    "bitnet_generated_shapes";

/// Variable of the glue: the chosen one of bitnet_model_desc.isas.
inline constexpr llvm::StringLiteral kChosenISA = "bitnet_rt_isa";

/// The name of a function's version for `isa`.
std::string getVersionName(StringRef function, ISA isa);
/// The first of `isas` (worst to best) on the level of `isa`: functions that
/// are no kernels have one version per level, for it.
ISA getLevel(ISA isa, ArrayRef<ISA> isas);

/// The address of a private zero-terminated string with the text `text`.
Value createCString(OpBuilder &builder, Location loc, ModuleOp module,
                    StringRef text);

/// Declares `func.func private @name(type)` unless the module has it.
func::FuncOp declareFunction(ModuleOp module, StringRef name,
                             FunctionType type);

/// `LLVM::lookupOrCreateFn` for functions of the glue.
LLVM::LLVMFuncOp declareLLVMFunction(ModuleOp module, StringRef name,
                                     LLVM::LLVMFunctionType type);

/// The bitnet_dtype (abi.h) of an element type, 0 when it has none.
int32_t getDtype(Type elementType);

/// The basic block of `function` that returns status 1; made on first use.
Block *getFailureExit(OpBuilder &builder, LLVM::LLVMFuncOp function);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_RUNTIME_H
