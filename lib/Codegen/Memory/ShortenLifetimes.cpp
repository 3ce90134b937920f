//===- ShortenLifetimes.cpp - --bitnet-shorten-lifetimes ------------------===//
//
// --bitnet-shorten-lifetimes: allocations move down to their first use, and
// deallocations up to the last one, so that more buffers can share a slot.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSHORTENLIFETIMES
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Moves the ends of the lives of a function's buffers. Places are numbers that
/// were given before anything moved, because the order within a basic block
/// would be counted anew after each move, which is quadratic.
class Lifetimes {
public:
  explicit Lifetimes(func::FuncOp function) : flow(function) {
    function.walk<WalkOrder::PreOrder>(
        [&](Operation *op) { places[op] = places.size(); });
  }

  /// Moves `alloc` down to the first operation that uses the buffer itself.
  void sink(memref::AllocOp alloc);
  /// Moves `dealloc` up to the last operation that uses the buffer or what it
  /// flows to: views, results of MLIR regions, arguments of branches.
  void hoist(memref::DeallocOp dealloc);

private:
  unsigned getPlace(Operation *op) const { return places.lookup(op); }

  BufferViewFlowAnalysis flow;
  llvm::DenseMap<Operation *, unsigned> places;
};
} // namespace

void Lifetimes::sink(memref::AllocOp alloc) {
  Operation *first = nullptr;
  for (Operation *user : alloc->getUsers()) {
    Operation *inBlock = alloc->getBlock()->findAncestorOpInBlock(*user);
    if (inBlock && (!first || getPlace(inBlock) < getPlace(first)))
      first = inBlock;
  }
  if (first)
    alloc->moveBefore(first);
}

void Lifetimes::hoist(memref::DeallocOp dealloc) {
  auto alloc = dealloc.getMemref().getDefiningOp<memref::AllocOp>();
  if (!alloc || alloc->getBlock() != dealloc->getBlock())
    return;
  // The last use is looked for in this basic block only; a use in a nested MLIR
  // region counts where its operation stands in it.
  Operation *last = alloc;
  for (Value value : flow.resolve(alloc))
    for (Operation *user : value.getUsers()) {
      Operation *inBlock = dealloc->getBlock()->findAncestorOpInBlock(*user);
      // The buffer is also freed elsewhere, or used behind this dealloc, so the
      // dealloc stays where it is.
      if (user != dealloc && (!inBlock || isa<memref::DeallocOp>(user) ||
                              getPlace(inBlock) > getPlace(dealloc)))
        return;
      if (user != dealloc && getPlace(inBlock) > getPlace(last))
        last = inBlock;
    }
  dealloc->moveAfter(last);
}

namespace {
struct ShortenLifetimes
    : public bitnet::impl::BitNetShortenLifetimesBase<ShortenLifetimes> {
  void runOnOperation() override {
    Lifetimes lifetimes(getOperation());
    SmallVector<memref::AllocOp> allocs;
    SmallVector<memref::DeallocOp> deallocs;
    getOperation().walk([&](memref::AllocOp op) { allocs.push_back(op); });
    getOperation().walk([&](memref::DeallocOp op) { deallocs.push_back(op); });
    for (memref::AllocOp alloc : allocs)
      lifetimes.sink(alloc);
    for (memref::DeallocOp dealloc : deallocs)
      lifetimes.hoist(dealloc);
  }
};
} // namespace
