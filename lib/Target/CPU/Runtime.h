//===- Runtime.h - names shared by the ABI passes ---------------*- C++ -*-===//

#ifndef BITNET_LIB_TARGET_CPU_RUNTIME_H
#define BITNET_LIB_TARGET_CPU_RUNTIME_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::bitnet {

/// Prefix of the functions that the glue defines; their first parameter is the
/// run's context.
inline constexpr llvm::StringLiteral kRuntimePrefix = "bitnet_rt_";
/// Unit attribute of functions whose iterations [begin, end) are independent.
inline constexpr llvm::StringLiteral kParallelAttr = "bitnet.parallel";
/// Module attribute: dictionary of inputs and outputs for the description.
inline constexpr llvm::StringLiteral kSignatureAttr = "bitnet.signature";

/// Module attribute: array of {name, kind, bytes}, what bitnet_rt_mark counts.
inline constexpr llvm::StringLiteral kRegionsAttr = "bitnet.regions";

inline constexpr llvm::StringLiteral kMain = "main";
inline constexpr llvm::StringLiteral kShapes = "bitnet_shapes";
inline constexpr llvm::StringLiteral kGeneratedMain = "bitnet_generated_main";
inline constexpr llvm::StringLiteral kGeneratedShapes =
    "bitnet_generated_shapes";

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

/// Takes the contract flag off conversions between floats. Upstream's emulation
/// of narrow floats sets it, and folding would then skip roundings that the
/// model asks for (act_c3).
void keepRoundings(Operation *root);

/// The block of `function` that returns status 1; made on first use.
Block *getFailureExit(OpBuilder &builder, LLVM::LLVMFuncOp function);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_RUNTIME_H
