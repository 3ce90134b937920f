//===- WeightBytes.cpp - weights that a piece of a model reads ------------===//
//
// Weights are views of one buffer. Which ones a call reads is found in its
// operands and in what it calls; of several versions of a function one is
// looked at, because all read the same.
//
//===----------------------------------------------------------------------===//

#include "WeightBytes.h"

#include "bitnet/Codegen/Transforms/KernelDispatch.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The constant that `value` is a view of, null when it is none.
static memref::ViewOp getConstant(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto view = dyn_cast<memref::ViewOp>(op))
      return view;
    auto viewLike = dyn_cast<ViewLikeOpInterface>(op);
    if (!viewLike)
      return {};
    value = viewLike.getViewSource();
  }
  return {};
}

/// Bytes of a constant; 0 where its size is not known.
static uint64_t getBytes(memref::ViewOp view) {
  MemRefType type = view.getType();
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return 0;
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

namespace {
/// Walks an operation and the bodies of functions it calls, each once.
struct WeightFinder {
  uint64_t bytes = 0;
  llvm::DenseSet<Operation *> functions, constants;

  void visit(Operation *root) {
    root->walk([&](Operation *op) {
      for (Value operand : op->getOperands())
        if (isa<MemRefType>(operand.getType()))
          addConstant(getConstant(operand));
      if (auto call = dyn_cast<func::CallOp>(op))
        visitFunction(call, call.getCalleeAttr());
    });
  }

  /// Visits the first of several versions, because all read the same.
  void visitFunction(Operation *user, FlatSymbolRefAttr name) {
    auto function =
        SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(user, name);
    if (!function || !functions.insert(function).second)
      return;
    if (auto variants = function->getAttrOfType<ArrayAttr>(kVariantsAttr))
      visitFunction(function, cast<FlatSymbolRefAttr>(variants[0]));
    else if (!function.isExternal())
      visit(function);
  }

  void addConstant(memref::ViewOp view) {
    if (view && constants.insert(view).second)
      bytes += getBytes(view);
  }
};
} // namespace

uint64_t bitnet::countWeightBytes(Operation *op) {
  WeightFinder finder;
  finder.visit(op);
  return finder.bytes;
}
