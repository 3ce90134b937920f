//===- FunctionPool.cpp - equal functions once ----------------------------===//
//
// Functions are equal when their text is, apart from the name: `fresh` is
// printed under the prefix, before it gets a number.
//
//===----------------------------------------------------------------------===//

#include "FunctionPool.h"

using namespace mlir;
using namespace mlir::bitnet;

func::FuncOp FunctionPool::unique(func::FuncOp fresh) {
  std::string text;
  llvm::raw_string_ostream os(text);
  fresh.print(os, OpPrintingFlags().useLocalScope());
  auto [known, isNew] = functions.try_emplace(text, fresh);
  if (isNew)
    fresh.setSymName((prefix + "_" + Twine(functions.size() - 1)).str());
  else
    fresh.erase();
  return known->second;
}
