//===- FunctionPool.h - equal work is one function --------------*- C++ -*-===//
//
// Whoever makes a function that other places may call as well asks here: layers
// and groups of layers, tasks of parallel loops, kernels, contractions and the
// functions that choose between them.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_FUNCTIONS_FUNCTIONPOOL_H
#define BITNET_CODEGEN_FUNCTIONS_FUNCTIONPOOL_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::bitnet {

/// Unit attribute of functions whose iterations [begin, end), the last two
/// arguments, are independent.
inline constexpr llvm::StringLiteral kParallelFunctionAttr =
    BitNetDialect::ParallelAttrHelper::getNameStr();

/// A private function `name(arguments..., %begin, %end)` with that attribute at
/// the end of `module`; `b` stands at the start of its body.
func::FuncOp createRangeFunction(ImplicitLocOpBuilder &b, ModuleOp module,
                                 llvm::StringRef name, TypeRange arguments);

/// Functions of a module, each made once.
class FunctionPool {
public:
  explicit FunctionPool(ModuleOp module) : module(module) {}

  /// The function `name`, which says all that it depends on; made by `make`,
  /// under that name and in the module, if it is not there yet.
  func::FuncOp get(llvm::StringRef name,
                   llvm::function_ref<func::FuncOp()> make);

  /// For functions that no name describes: the one that equals `fresh`, apart
  /// from the name. That is `fresh` itself, which becomes `<its
  /// name>_<number>`, or an older one, and `fresh` is gone. Only functions that
  /// went through this pool are compared; numbers that others of the module
  /// have, as in the text of a later stage, are left out.
  func::FuncOp unique(func::FuncOp fresh);

private:
  /// `name` with the next number that is free.
  std::string getNumbered(llvm::StringRef name);

  ModuleOp module;
  llvm::StringMap<func::FuncOp> byText;
  /// How many functions of a name there are.
  llvm::StringMap<unsigned> counts;
  /// Names that the module had when a number was first asked for.
  llvm::StringSet<> taken;
};

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_FUNCTIONS_FUNCTIONPOOL_H
