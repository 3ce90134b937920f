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
/// constant nodes. What streams read of that becomes initializers. It lives as
/// long as the program does.
class ConstantProgram {
public:
  /// With `hidden`, floats are blobs: what the compiler can see of them it
  /// would compute itself, with other functions than a run does. Few lowerings
  /// need to see one.
  ConstantProgram(ModuleOp module, const ConstantNodes &nodes,
                  ConstantFolder &folder, bool hidden)
      : module(module), nodes(nodes), folder(folder), hidden(hidden) {}
  ~ConstantProgram();

  /// `outputs` are results of constant nodes.
  OwningOpRef<ModuleOp> make(ArrayRef<Value> outputs);

private:
  void addOperands(Operation *op);
  bool addLeaf(Value value);
  Value makeLeaf(Location loc, ComputedTensor tensor,
                 const fold::Origin &origin);
  void cloneNodes(func::FuncOp main);

  ModuleOp module;
  const ConstantNodes &nodes;
  ConstantFolder &folder;
  bool hidden;
  llvm::SetVector<Operation *> wanted;
  IRMapping mapping;
  OpBuilder leaves{module.getContext()};
  /// Names of memory blobs that only the program reads.
  SmallVector<std::string> blobs;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONSTANTEVAL_CONSTANTPROGRAM_H
