//===- LayersFunction.h - calls of layers as one function ------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_FUSION_LAYERSFUNCTION_H
#define LIB_BITNET_CODEGEN_FUSION_LAYERSFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::bitnet {

/// What the calls take together: constants and ranges excepted, equal values
/// once.
llvm::SmallVector<Value> getLayersArguments(ArrayRef<func::CallOp> calls);

/// A private function `name(arguments..., %begin, %end)`, appended to `module`.
/// Its range is the ranges of `calls`, which begin at 0, one after the other.
func::FuncOp buildLayersFunction(ModuleOp module, llvm::StringRef name,
                                 ArrayRef<func::CallOp> calls);

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_FUSION_LAYERSFUNCTION_H
