//===- JoinLayers.cpp - layers of the same activations, threads meet once -===//
//
// --bitnet-join-layers: layers that read the same activations become one
// dispatch, at the place of the first one. Their other operands move in front
// of it where that is possible.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Partition/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETJOINLAYERS
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The activations that all matmuls of `layer` read, or null.
static Value getActivations(DispatchOp layer) {
  llvm::SetVector<Value> lhs;
  layer.getBody().walk([&](MatMulOp matmul) { lhs.insert(matmul.getLhs()); });
  auto argument =
      lhs.size() == 1 ? dyn_cast<BlockArgument>(lhs.front()) : BlockArgument();
  if (!argument || argument.getOwner() != &layer.getBody().front())
    return Value();
  return layer.getOperandOf(argument).get();
}

/// Whether `op` may move in front of an earlier operation: it is pure, as
/// operations on extents are, or a nest, as what fills small operands (the
/// scales of a layer).
static bool mayMove(Operation *op) {
  return isa<linalg::LinalgOp>(op) || (isPure(op) && op->getNumRegions() == 0);
}

/// Whether nothing may be done before `op` that comes behind it: it may fail.
/// A probe only shows a value.
static bool isBarrier(Operation &op) {
  return !isMemoryEffectFree(&op) && !isa<ProbeOp>(op);
}

namespace {
/// The layers of one basic block.
class BlockJoin {
public:
  explicit BlockJoin(Block &block);
  void run();

private:
  using Group = SmallVector<DispatchOp>;
  /// Takes from `layers` the first one and those that may run with it.
  Group takeGroup(Group &layers);
  /// Makes the place of `start` one for `layer`, or returns false.
  bool hoistOperands(DispatchOp layer, DispatchOp start);
  /// What must move in front of `start` for `layer` to stand there, in order;
  /// nothing if some of it cannot.
  static std::optional<SmallVector<Operation *>> findNeeded(DispatchOp layer,
                                                            DispatchOp start);

  /// Only layers of the same activations are compared: a network has as many
  /// activations as layers.
  llvm::MapVector<Value, Group> byActivations;
  /// How many barriers stand in front of a layer.
  llvm::DenseMap<Operation *, unsigned> barriers;
};
} // namespace

BlockJoin::BlockJoin(Block &block) {
  unsigned numBarriers = 0;
  for (Operation &op : block) {
    numBarriers += isBarrier(op);
    auto layer = dyn_cast<DispatchOp>(op);
    if (!layer || layer.getKind() != DispatchKind::Layer)
      continue;
    barriers[layer] = numBarriers;
    if (Value activations = getActivations(layer))
      byActivations[activations].push_back(layer);
  }
}

/// What `op` and its regions use.
static SmallVector<Value> getUses(Operation *op) {
  SmallVector<Value> uses(op->getOperands());
  visitUsedValuesDefinedAbove(op->getRegions(), [&](OpOperand *operand) {
    uses.push_back(operand->get());
  });
  return uses;
}

std::optional<SmallVector<Operation *>>
BlockJoin::findNeeded(DispatchOp layer, DispatchOp start) {
  llvm::SetVector<Operation *> needed;
  SmallVector<Operation *> pending = {layer};
  while (!pending.empty())
    for (Value use : getUses(pending.pop_back_val())) {
      Operation *def = use.getDefiningOp();
      if (!def || def->getBlock() != start->getBlock() ||
          def->isBeforeInBlock(start))
        continue;
      if (def == start || !mayMove(def))
        return std::nullopt;
      if (needed.insert(def))
        pending.push_back(def);
    }
  SmallVector<Operation *> ordered(needed.takeVector());
  llvm::sort(ordered,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return ordered;
}

bool BlockJoin::hoistOperands(DispatchOp layer, DispatchOp start) {
  if (barriers.lookup(layer) != barriers.lookup(start))
    return false;
  std::optional<SmallVector<Operation *>> needed = findNeeded(layer, start);
  if (!needed)
    return false;
  for (Operation *op : *needed)
    op->moveBefore(start);
  return true;
}

BlockJoin::Group BlockJoin::takeGroup(Group &layers) {
  Group group, rest;
  for (DispatchOp layer : layers) {
    bool fits = group.empty() || hoistOperands(layer, group.front());
    (fits ? group : rest).push_back(layer);
  }
  layers = rest;
  return group;
}

/// The dispatch of all `layers`, whose body is still empty, in front of the
/// first one.
static DispatchOp createJoined(IRRewriter &rewriter,
                               ArrayRef<DispatchOp> layers) {
  llvm::SetVector<Value> inputs;
  SmallVector<Value> inits;
  SmallVector<Type> types;
  SmallVector<Location> names;
  for (DispatchOp layer : layers) {
    inputs.insert_range(layer.getInputs());
    llvm::append_range(inits, layer.getInits());
    llvm::append_range(types, layer.getResultTypes());
    names.push_back(layer.getLoc());
  }
  rewriter.setInsertionPoint(layers.front());
  return DispatchOp::create(rewriter, rewriter.getFusedLoc(names), types,
                            DispatchKind::Layer, inputs.getArrayRef(), inits);
}

/// Puts the bodies one after the other; equal inputs become one argument.
static void join(IRRewriter &rewriter, ArrayRef<DispatchOp> layers) {
  DispatchOp joined = createJoined(rewriter, layers);
  SmallVector<Location> locations(joined->getNumOperands(), joined.getLoc());
  Block *body = rewriter.createBlock(&joined.getBody(), {},
                                     joined->getOperandTypes(), locations);
  IRMapping arguments;
  size_t numInputs = joined.getInputs().size();
  arguments.map(joined.getInputs(), body->getArguments().take_front(numInputs));
  ArrayRef<BlockArgument> inits = body->getArguments().drop_front(numInputs);
  ResultRange results = joined.getResults();
  SmallVector<Value> yielded;
  for (DispatchOp layer : layers) {
    SmallVector<Value> operands;
    for (Value input : layer.getInputs())
      operands.push_back(arguments.lookup(input));
    llvm::append_range(operands, inits.take_front(layer.getInits().size()));
    rewriter.mergeBlocks(&layer.getBody().front(), body, operands);
    auto yield = cast<YieldOp>(body->getTerminator());
    llvm::append_range(yielded, yield.getValues());
    rewriter.eraseOp(yield);
    rewriter.replaceOp(layer, results.take_front(layer.getNumResults()));
    inits = inits.drop_front(layer.getNumResults());
    results = results.drop_front(layer.getNumResults());
  }
  rewriter.setInsertionPointToEnd(body);
  YieldOp::create(rewriter, joined.getLoc(), yielded);
}

/// Joins group after group, until no two layers of the same activations are
/// left that may be joined.
void BlockJoin::run() {
  for (auto &[activations, layers] : byActivations) {
    IRRewriter rewriter(layers.front().getContext());
    while (layers.size() > 1)
      if (Group group = takeGroup(layers); group.size() > 1)
        join(rewriter, group);
  }
}

namespace {
struct JoinLayers : public bitnet::impl::BitNetJoinLayersBase<JoinLayers> {
  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) {
      if (!block->getParent()->getParentOfType<DispatchOp>() &&
          !isa<DispatchOp, linalg::LinalgOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    for (Block *block : blocks)
      BlockJoin(*block).run();
  }
};
} // namespace
