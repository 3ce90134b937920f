//===- FunctionPool.h - equal functions once -------------------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_FUSION_FUNCTIONPOOL_H
#define LIB_BITNET_CODEGEN_FUSION_FUNCTIONPOOL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/StringMap.h"

namespace mlir::bitnet {

/// Functions `prefix`_0, `prefix`_1, ... of a module, equal ones once.
class FunctionPool {
public:
  explicit FunctionPool(llvm::StringRef prefix) : prefix(prefix) {}

  /// The pool's function that equals `fresh`, which is named `prefix` and in
  /// the module: itself, or an older one, and `fresh` is gone.
  func::FuncOp unique(func::FuncOp fresh);

private:
  llvm::StringRef prefix;
  llvm::StringMap<func::FuncOp> functions;
};

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_FUSION_FUNCTIONPOOL_H
