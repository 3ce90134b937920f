//===- KernelDispatch.cpp - one function for several kernels --------------===//
//
// A dispatch function is a declaration whose name says its kernels, so that
// products of the same kernels share one.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Transforms/KernelDispatch.h"

#include "bitnet/Codegen/Functions/FunctionPool.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The symbols of `kernels`, in their order of preference.
static ArrayAttr getSymbols(ArrayRef<func::FuncOp> kernels) {
  func::FuncOp first = kernels.front();
  SmallVector<Attribute> symbols;
  for (func::FuncOp kernel : kernels)
    symbols.push_back(FlatSymbolRefAttr::get(kernel));
  return ArrayAttr::get(first.getContext(), symbols);
}

func::FuncOp mlir::bitnet::getOrCreateDispatch(ModuleOp module, StringRef name,
                                               ArrayRef<func::FuncOp> kernels) {
  func::FuncOp first = kernels.front();
  FunctionType type = first.getFunctionType();
  if (llvm::any_of(kernels, [&](func::FuncOp kernel) {
        return kernel.getFunctionType() != type;
      }))
    return nullptr;
  return FunctionPool(module).get(name, [&] {
    auto b = OpBuilder::atBlockEnd(module.getBody());
    auto dispatch = func::FuncOp::create(b, b.getUnknownLoc(), name, type);
    dispatch.setPrivate();
    dispatch->setAttr(kParallelFunctionAttr, b.getUnitAttr());
    dispatch->setAttr(kVariantsAttr, getSymbols(kernels));
    return dispatch;
  });
}
