//===- ReuseOperands.cpp - elementwise results in place -------------------===//

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETREUSEOPERANDS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Whether all uses of `value`, and of views of it, are in `op` or before it
/// in the same block.
static bool isDeadAfter(Value value, Operation *op) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    Operation *inBlock = op->getBlock()->findAncestorOpInBlock(*user);
    if (!inBlock || op->isBeforeInBlock(inBlock))
      return false;
    bool isView = isa<ViewLikeOpInterface>(user);
    return !isView || llvm::all_of(user->getResults(), [&](Value view) {
      return isDeadAfter(view, op);
    });
  });
}

/// Whether nothing but `op` knows of `value` before `op` has run.
static bool isBornAt(Value value, Operation *op) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    Operation *inBlock = op->getBlock()->findAncestorOpInBlock(*user);
    return user == op || (inBlock && op->isBeforeInBlock(inBlock));
  });
}

/// The buffer that `op` fills element by element, if it does only that.
static memref::AllocOp getElementwiseResult(linalg::GenericOp op) {
  if (!op.hasPureBufferSemantics() || op.getNumDpsInits() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops())
    return {};
  OpOperand &init = op.getDpsInitsMutable()[0];
  if (!op.getMatchingIndexingMap(&init).isIdentity() ||
      op.payloadUsesValueFromOperand(&init))
    return {};
  auto result = init.get().getDefiningOp<memref::AllocOp>();
  return result && isBornAt(result, op) ? result : memref::AllocOp();
}

/// Whether `op` reads `buffer` only at the element that it writes.
static bool readsInPlace(linalg::GenericOp op, Value buffer) {
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    return operand->get() != buffer ||
           op.getMatchingIndexingMap(operand).isIdentity();
  });
}

static bool haveSameExtents(memref::AllocOp a, memref::AllocOp b) {
  return a.getType() == b.getType() &&
         llvm::equal(a.getDynamicSizes(), b.getDynamicSizes());
}

/// An operand that may hold the result of `op`.
static memref::AllocOp findReusable(linalg::GenericOp op,
                                    memref::AllocOp result) {
  for (Value input : op.getDpsInputs()) {
    auto buffer = input.getDefiningOp<memref::AllocOp>();
    if (buffer && buffer->getBlock() == op->getBlock() &&
        haveSameExtents(buffer, result) && readsInPlace(op, buffer) &&
        isDeadAfter(buffer, op))
      return buffer;
  }
  return {};
}

namespace {
struct ReuseOperands
    : public bitnet::impl::BitNetReuseOperandsBase<ReuseOperands> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> nests;
    getOperation().walk([&](linalg::GenericOp op) { nests.push_back(op); });
    for (linalg::GenericOp op : nests) {
      memref::AllocOp result = getElementwiseResult(op);
      if (!result || result->getBlock() != op->getBlock())
        continue;
      if (memref::AllocOp buffer = findReusable(op, result)) {
        result.replaceAllUsesWith(buffer.getResult());
        result.erase();
      }
    }
  }
};
} // namespace
