//===- FuseLayers.cpp - layers of the same activations, threads meet once -===//

#include "Effects.h"
#include "FunctionPool.h"
#include "LayersFunction.h"

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Loops/CallWork.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFUSELAYERS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

static constexpr llvm::StringLiteral kPrefix = "bitnet_layers";

/// The activations that all matmuls of a layer's function read, null when
/// `call` is of no such function.
static Value getActivations(func::CallOp call) {
  func::FuncOp callee = getParallelCallee(call);
  // FuseEpilogues begins at 0; parts of a range are not worth the code.
  if (!callee || !isConstantIntValue(call.getOperands().drop_back().back(), 0))
    return Value();
  llvm::SetVector<Value> lhs;
  callee.walk(
      [&](MatMulOp matmul) { lhs.insert(getViewedBuffer(matmul.getLhs())); });
  auto argument =
      lhs.size() == 1 ? dyn_cast<BlockArgument>(lhs.front()) : BlockArgument();
  if (!argument || argument.getOwner() != &callee.front())
    return Value();
  return call.getOperand(argument.getArgNumber());
}

/// Whether `op` must stay before `later`.
static bool isNeeded(Operation *op, Operation *later, AliasAnalysis &aliases) {
  bool isUsed = llvm::any_of(
      op->getUsers(), [&](Operation *user) { return later->isAncestor(user); });
  return isUsed || mayConflict(op, later, aliases);
}

/// Buffers, extents and what fills small operands (the scales of a layer).
static bool mayMove(Operation *op) {
  return isPure(op) || isa<memref::AllocOp, linalg::LinalgOp>(op);
}

/// What must move before `start` for `call` to run there, last one first;
/// nothing if some of it cannot.
static std::optional<SmallVector<Operation *>>
findNeeded(func::CallOp call, Operation *start, AliasAnalysis &aliases) {
  SmallVector<Operation *> later = {call};
  for (Operation *op = call; op != start;) {
    op = op->getPrevNode();
    if (llvm::none_of(later, [&](Operation *other) {
          return isNeeded(op, other, aliases);
        }))
      continue;
    if (op == start || !mayMove(op))
      return std::nullopt;
    later.push_back(op);
  }
  later.erase(later.begin());
  return later;
}

/// Makes `start` a place for `call`, or returns false.
static bool hoistNeeded(func::CallOp call, Operation *start,
                        AliasAnalysis &aliases) {
  auto needed = findNeeded(call, start, aliases);
  if (!needed)
    return false;
  for (Operation *op : llvm::reverse(*needed))
    op->moveBefore(start);
  return true;
}

/// Takes from `calls`, which share their activations, the first one and those
/// that may run with it.
static SmallVector<func::CallOp> takeGroup(SmallVector<func::CallOp> &calls,
                                           AliasAnalysis &aliases) {
  SmallVector<func::CallOp> group, rest;
  for (func::CallOp call : calls) {
    bool fits = group.empty() || hoistNeeded(call, group.front(), aliases);
    (fits ? group : rest).push_back(call);
  }
  calls = rest;
  return group;
}

/// The sum over `calls`, if all of them know theirs and it grows alike.
static std::optional<CallWork> getTotalWork(ArrayRef<func::CallOp> calls) {
  std::optional<CallWork> total;
  for (func::CallOp call : calls) {
    std::optional<CallWork> work = getWork(call);
    if (!work || (total && total->extents != work->extents))
      return std::nullopt;
    work->factor += total ? total->factor : 0;
    total = work;
  }
  return total;
}

/// One call in place of those of a group, where the first one stands.
static void replace(ArrayRef<func::CallOp> calls, func::FuncOp function) {
  SmallVector<Location> locations;
  for (func::CallOp call : calls)
    locations.push_back(call.getLoc());
  ImplicitLocOpBuilder b(FusedLoc::get(function.getContext(), locations),
                         calls.front());
  SmallVector<Value> arguments = getLayersArguments(calls);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value total = zero;
  for (func::CallOp call : calls)
    total = b.createOrFold<arith::AddIOp>(total, call.getOperands().back());
  arguments.append({zero, total});
  auto joined = func::CallOp::create(b, function, arguments);
  if (std::optional<CallWork> work = getTotalWork(calls))
    setWork(joined, *work);
  for (func::CallOp call : calls)
    call.erase();
}

namespace {
struct FuseLayers : public bitnet::impl::BitNetFuseLayersBase<FuseLayers> {
  void runOnOperation() override {
    FunctionPool pool(kPrefix);
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      visit(block, pool);
  }

private:
  void visit(Block *block, FunctionPool &pool);
};
} // namespace

void FuseLayers::visit(Block *block, FunctionPool &pool) {
  auto &aliases = getAnalysis<AliasAnalysis>();
  // Only calls of the same activations are compared: a network has as many
  // activations as layers, and comparing all of them would be quadratic.
  llvm::MapVector<Value, SmallVector<func::CallOp>> byActivations;
  for (auto call : block->getOps<func::CallOp>())
    if (Value activations = getActivations(call))
      byActivations[activations].push_back(call);
  for (auto &[activations, calls] : byActivations)
    while (calls.size() > 1) {
      SmallVector<func::CallOp> group = takeGroup(calls, aliases);
      if (group.size() > 1)
        replace(group, pool.unique(buildLayersFunction(getOperation(), kPrefix,
                                                       group)));
    }
}
