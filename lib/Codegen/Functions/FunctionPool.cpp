//===- FunctionPool.cpp - equal work is one function ----------------------===//
//
// Functions without a describing name are compared by their text, which is
// their meaning: `fresh` is printed before it gets a number.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Functions/FunctionPool.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Appended, so that functions stand in the order in which they were asked for.
func::FuncOp bitnet::createRangeFunction(ImplicitLocOpBuilder &b,
                                         ModuleOp module, StringRef name,
                                         TypeRange arguments) {
  b.setInsertionPointToEnd(module.getBody());
  SmallVector<Type> types(arguments);
  types.append(2, b.getIndexType());
  auto function = func::FuncOp::create(b, name, b.getFunctionType(types, {}));
  function.setPrivate();
  function->setAttr(kParallelFunctionAttr, b.getUnitAttr());
  b.setInsertionPointToStart(function.addEntryBlock());
  return function;
}

func::FuncOp FunctionPool::get(StringRef name,
                               llvm::function_ref<func::FuncOp()> make) {
  if (auto known = module.lookupSymbol<func::FuncOp>(name))
    return known;
  return make();
}

std::string FunctionPool::getNumbered(StringRef name) {
  // Once: looking each name up in the module would take time in the square of
  // the functions.
  if (taken.empty())
    for (auto symbol : module.getOps<SymbolOpInterface>())
      taken.insert(symbol.getName());
  std::string numbered;
  do
    numbered = (name + "_" + Twine(counts[name]++)).str();
  while (taken.contains(numbered));
  return numbered;
}

func::FuncOp FunctionPool::unique(func::FuncOp fresh) {
  std::string text;
  llvm::raw_string_ostream os(text);
  fresh->print(os, OpPrintingFlags().useLocalScope().assumeVerified());
  auto [known, isNew] = byText.try_emplace(text, fresh);
  if (!isNew) {
    fresh.erase();
    return known->second;
  }
  fresh.setSymName(getNumbered(fresh.getSymName()));
  return fresh;
}
