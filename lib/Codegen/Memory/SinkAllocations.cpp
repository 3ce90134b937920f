//===- SinkAllocations.cpp - --bitnet-sink-allocations --------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSINKALLOCATIONS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The first operation of the block of `alloc` that uses it, or holds a use.
static Operation *findFirstUser(memref::AllocOp alloc) {
  Operation *first = nullptr;
  for (Operation *user : alloc->getUsers()) {
    Operation *inBlock = alloc->getBlock()->findAncestorOpInBlock(*user);
    if (inBlock && (!first || inBlock->isBeforeInBlock(first)))
      first = inBlock;
  }
  return first;
}

namespace {
struct SinkAllocations
    : public bitnet::impl::BitNetSinkAllocationsBase<SinkAllocations> {
  void runOnOperation() override {
    SmallVector<memref::AllocOp> allocs;
    getOperation().walk([&](memref::AllocOp op) { allocs.push_back(op); });
    for (memref::AllocOp alloc : allocs)
      if (Operation *user = findFirstUser(alloc);
          user && user != alloc->getNextNode())
        alloc->moveBefore(user);
  }
};
} // namespace
