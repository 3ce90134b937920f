//===- SeparateYields.cpp - --bitnet-separate-yields ----------------------===//
//
// One-shot bufferization decides what is written in place from the values of
// one iteration: that the i-th argument of the next one is the buffer of the
// i-th yielded value is not part of its analysis. With buffers that are updated
// in place or made anew in the body that is the same; everything else is made
// so here, by a copy.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include "llvm/ADT/SetVector.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSEPARATEYIELDS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using bufferization::AnalysisState;
using bufferization::BufferizableOpInterface;

/// The tensors whose buffer `value` may have, or be a view of.
static SmallVector<Value> getSources(Value value, const AnalysisState &state) {
  SmallVector<Value> sources;
  // The interface knows only what a loop begins with. Any of its values may
  // become any other one from one iteration to the next.
  if (auto loop = value.getDefiningOp<scf::ForOp>()) {
    llvm::append_range(sources, loop.getInitArgs());
    llvm::append_range(sources, loop.getYieldedValues());
    return sources;
  }
  for (const auto &alias : state.getAliasingOpOperands(value))
    sources.push_back(alias.opOperand->get());
  return sources;
}

/// Where the buffer of `value`, which `loop` yields, may come from: arguments
/// of the loop, values outside of it, and those in the body that have no
/// source.
static llvm::SetVector<Value> getOrigins(scf::ForOp loop, Value value,
                                         const AnalysisState &state) {
  llvm::SetVector<Value> origins;
  llvm::SmallSetVector<Value, 8> reached;
  reached.insert(value);
  for (size_t i = 0; i < reached.size(); ++i) {
    Value from = reached[i];
    bool isInside = loop.getBodyRegion().isAncestor(from.getParentRegion());
    bool isCarried = llvm::is_contained(loop.getRegionIterArgs(), from);
    SmallVector<Value> sources;
    if (isInside && !isCarried)
      sources = getSources(from, state);
    reached.insert_range(sources);
    // What an inner loop carries has the buffer of its inits and yields, and
    // those are reached from its results.
    if (sources.empty() && (!isInside || isCarried || isa<OpResult>(from)))
      origins.insert(from);
  }
  return origins;
}

/// Whether `origin` is a buffer that an iteration makes.
static bool isNew(scf::ForOp loop, Value origin) {
  auto op = origin.getDefiningOp<BufferizableOpInterface>();
  return op && loop->isProperAncestor(op) && op.bufferizesToAllocation(origin);
}

/// Makes yielded values of `loop` copies where their buffer is not only theirs.
/// Returns how many.
static unsigned separateYields(scf::ForOp loop, const AnalysisState &state) {
  unsigned numCopies = 0;
  llvm::SmallDenseSet<Value> taken;
  auto arguments = loop.getRegionIterArgs();
  auto yields = loop.getYieldedValuesMutable();
  for (auto [argument, yielded] : llvm::zip(arguments, *yields)) {
    if (!isa<RankedTensorType>(argument.getType()))
      continue;
    llvm::SetVector<Value> origins = getOrigins(loop, yielded.get(), state);
    bool isOwn = llvm::all_of(origins, [&, argument = argument](Value origin) {
      return (origin == argument || isNew(loop, origin)) &&
             !taken.contains(origin);
    });
    if (isOwn) {
      taken.insert_range(origins);
      continue;
    }
    OpBuilder b(yielded.getOwner());
    auto type = cast<RankedTensorType>(argument.getType());
    yielded.set(bufferization::AllocTensorOp::create(
        b, loop.getLoc(), type, ValueRange(), yielded.get()));
    ++numCopies;
  }
  return numCopies;
}

namespace {
struct SeparateYields
    : public bitnet::impl::BitNetSeparateYieldsBase<SeparateYields> {
  void runOnOperation() override {
    bufferization::BufferizationOptions options;
    AnalysisState state(options);
    getOperation().walk(
        [&](scf::ForOp loop) { numCopies += separateYields(loop, state); });
  }
};
} // namespace
