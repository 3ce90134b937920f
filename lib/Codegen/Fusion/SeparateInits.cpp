//===- SeparateInits.cpp - one tensor.empty or fill for each use ----------===//
//
// --bitnet-separate-inits: every reader of a fill or an empty tensor gets one
// of its own, right in front of it, so that buffers live shortly and fusion
// sees one reader.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Fusion/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSEPARATEINITS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// Whether `use` overwrites the tensor: then a loop needs it anew in each step.
static bool isInit(OpOperand &use) {
  auto op = dyn_cast<DestinationStyleOpInterface>(use.getOwner());
  return op && op.isDpsInit(&use);
}

/// Makes one copy for each use in front of it, because memory that is written
/// early is taken for longer. The only use is left alone when it is in another
/// basic block and reads: that may be a loop, which would write the copy in
/// each step.
static void separate(Operation *init) {
  if (init->hasOneUse() && init->user_begin()->getBlock() != init->getBlock() &&
      !isInit(*init->use_begin()))
    return;
  for (OpOperand &use : llvm::make_early_inc_range(init->getUses())) {
    OpBuilder b(use.getOwner());
    use.set(b.clone(*init)->getResult(0));
  }
  init->erase();
}

/// The inits are collected first, because separating one adds others.
template <typename Op> static void separateAll(func::FuncOp function) {
  SmallVector<Operation *> inits;
  function.walk([&](Op op) { inits.push_back(op); });
  llvm::for_each(inits, separate);
}

namespace {
struct SeparateInits
    : public bitnet::impl::BitNetSeparateInitsBase<SeparateInits> {
  void runOnOperation() override {
    // A copy of a fill wants an empty tensor of its own.
    separateAll<linalg::FillOp>(getOperation());
    separateAll<tensor::EmptyOp>(getOperation());
  }
};
} // namespace
