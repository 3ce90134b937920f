//===- ShapeChecks.cpp - checks of extents before anything runs -----------===//
//
// An assertion about the extents of the inputs alone may run first. It has to,
// because a type that it justifies may reach operations in front of it
// (docs/Rationale.md, "Checks of extents come first").
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Expressions of extents are small; a larger one is as good as unknown.
static constexpr size_t kMaxOperations = 256;

/// No argument of a loop's body. The function's new body has no parent yet.
static bool isOfFunction(BlockArgument argument) {
  Operation *parent = argument.getOwner()->getParentOp();
  return argument.getOwner()->isEntryBlock() &&
         (!parent || isa<FunctionOpInterface>(parent));
}

/// Adds what computes `value`, operands first. False when that is not
/// arithmetic on constants and extents of entry arguments.
static bool collect(Value value, llvm::SetVector<Operation *> &ops) {
  if (isa<BlockArgument>(value))
    return false;
  Operation *op = value.getDefiningOp();
  if (ops.contains(op))
    return true;
  if (ops.size() >= kMaxOperations)
    return false;
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    auto source = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (!source || !axis || !isOfFunction(source))
      return false;
    ops.insert(dim.getIndex().getDefiningOp());
    return ops.insert(op);
  }
  if (!isa<arith::ArithDialect>(op->getDialect()) || op->getNumResults() != 1 ||
      !isa<IndexType, IntegerType>(op->getResult(0).getType()))
    return false;
  for (Value operand : op->getOperands())
    if (!collect(operand, ops))
      return false;
  return ops.insert(op);
}

bool mlir::bitnet::isFromInputShapes(Value value) {
  llvm::SetVector<Operation *> ops;
  return collect(value, ops);
}

bool mlir::bitnet::isFromInputShapes(OpFoldResult value) {
  auto v = dyn_cast<Value>(value);
  return !v || isFromInputShapes(v);
}

/// Moves checks to the front of `block`, each with the operations that compute
/// its condition.
void mlir::bitnet::hoistShapeChecks(Block &block) {
  // The next operation goes behind `last`, so operations keep their order.
  Operation *last = nullptr;
  auto move = [&](Operation *op) {
    if (last)
      op->moveAfter(last);
    else
      op->moveBefore(&block, block.begin());
    last = op;
  };
  llvm::DenseSet<Operation *> moved;
  for (cf::AssertOp check :
       llvm::make_early_inc_range(block.getOps<cf::AssertOp>())) {
    llvm::SetVector<Operation *> ops;
    if (!collect(check.getArg(), ops))
      continue;
    for (Operation *op : ops)
      if (op->getBlock() == &block && moved.insert(op).second)
        move(op);
    move(check);
  }
}
