//===- KernelDispatch.cpp - one function for several kernels --------------===//
//
// Dispatch functions are found by the list of their kernels, not by their name:
// products of the same kernels share one.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Transforms/KernelDispatch.h"

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
  ArrayAttr variants = getSymbols(kernels);
  unsigned count = 0;
  for (auto function : module.getOps<func::FuncOp>()) {
    auto known = function->getAttrOfType<ArrayAttr>(kVariantsAttr);
    if (known == variants)
      return function;
    count += known && function.getName().starts_with(name);
  }
  // Another list of kernels of this name exists: number the new one.
  std::string unique = name.str();
  if (count)
    unique += "_" + std::to_string(count);
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  auto dispatch =
      func::FuncOp::create(builder, builder.getUnknownLoc(), unique, type);
  dispatch.setPrivate();
  BitNetDialect::ParallelAttrHelper(builder.getContext())
      .setAttr(dispatch, builder.getUnitAttr());
  dispatch->setAttr(kVariantsAttr, variants);
  return dispatch;
}
