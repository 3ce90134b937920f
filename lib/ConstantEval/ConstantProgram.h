//===- ConstantProgram.h - some constant nodes as a module ------*- C++ -*-===//

#ifndef BITNET_LIB_CONSTANTEVAL_CONSTANTPROGRAM_H
#define BITNET_LIB_CONSTANTEVAL_CONSTANTPROGRAM_H

#include "ConstantNodes.h"

#include "bitnet/ConstantEval/ConstantFolder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::bitnet {

/// Makes a module whose `@main`, without arguments, computes results of
/// constant nodes. What streams read of that becomes initializers.
class ConstantProgram {
public:
  ConstantProgram(ModuleOp module, const ConstantNodes &nodes,
                  ConstantFolder &folder)
      : module(module), nodes(nodes), folder(folder) {}

  /// `outputs` are results of constant nodes.
  OwningOpRef<ModuleOp> make(ArrayRef<Value> outputs);

private:
  void addOperands(Operation *op);
  bool addLeaf(Value value);
  void cloneNodes(func::FuncOp main);

  ModuleOp module;
  const ConstantNodes &nodes;
  ConstantFolder &folder;
  llvm::SetVector<Operation *> wanted;
  IRMapping mapping;
  OpBuilder leaves{module.getContext()};
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONSTANTEVAL_CONSTANTPROGRAM_H
