//===- FormRows.cpp - chains of nests over the same rows ------------------===//
//
// --bitnet-form-rows, on tensors: a norm, a softmax or a quantizer is a chain
// of nests over the same rows, which becomes a bitnet.dispatch of kind rows.
//
//===----------------------------------------------------------------------===//

#include "RowChain.h"

#include "bitnet/Codegen/Partition/Dispatches.h"
#include "bitnet/Codegen/Partition/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFORMROWS
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Rows between nests live on the stack of a task: one of up to the first size,
/// all of a chain up to the second one. Larger ones stay in memory.
static constexpr int64_t kMaxRowBytes = 64 << 10;
static constexpr int64_t kMaxLocalBytes = 128 << 10;

/// Bytes of one row of `tensor`; a number above the limit when they are not
/// known.
static int64_t getRowBytes(Value tensor, unsigned rowLoops) {
  auto type = cast<RankedTensorType>(tensor.getType());
  ArrayRef<int64_t> row = type.getShape().drop_front(rowLoops);
  if (ShapedType::isDynamicShape(row))
    return kMaxRowBytes + 1;
  return ShapedType::getNumElements(row) *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

namespace {
/// What becomes of the tensor that a chain writes to.
struct Destination {
  Value tensor; ///< as it comes from outside
  Value last;   ///< the result that it holds in the end
};

/// Walks a basic block and forms dispatches as it goes.
class BlockRows {
public:
  explicit BlockRows(MLIRContext *context) : rewriter(context) {}
  unsigned run(Block &block);

private:
  void visit(Operation *op);
  void flush();
  void form();
  SmallVector<Destination> findDestinations() const;
  bool isInside(const Destination &destination) const;

  IRRewriter rewriter;
  RowChain chain;
  /// Operations behind the first nest that use what the chain makes, in order:
  /// they come behind the dispatch.
  llvm::SmallSetVector<Operation *, 8> followers;
  unsigned numFormed = 0;
};

struct FormRows : public bitnet::impl::BitNetFormRowsBase<FormRows> {
  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<linalg::LinalgOp, DispatchOp>(op))
        return WalkResult::skip();
      for (Region &region : op->getRegions())
        for (Block &block : region)
          blocks.push_back(&block);
      return WalkResult::advance();
    });
    for (Block *block : blocks)
      numRows += BlockRows(&getContext()).run(*block);
  }
};
} // namespace

/// The tensors that the chain writes to, in the order of their first nests.
SmallVector<Destination> BlockRows::findDestinations() const {
  llvm::MapVector<Value, Value> last;
  for (linalg::LinalgOp nest : chain.getNests()) {
    Value result = nest->getResult(0);
    last[chain.getDestination(result)] = result;
  }
  return llvm::map_to_vector(
      last, [](auto &entry) { return Destination{entry.first, entry.second}; });
}

/// Whether no one but the chain sees the contents, before or after.
bool BlockRows::isInside(const Destination &destination) const {
  auto empty = destination.tensor.getDefiningOp<tensor::EmptyOp>();
  return empty &&
         llvm::all_of(destination.last.getUsers(),
                      [&](Operation *user) { return chain.contains(user); });
}

/// Tensors that only the chain sees are made in the body, as far as their rows
/// have room on a stack.
void BlockRows::form() {
  DispatchParts rows;
  rows.kind = DispatchKind::Rows;
  rows.reads = InitReads::InPlace;
  int64_t bytes = 0;
  for (const Destination &destination : findDestinations()) {
    int64_t row = getRowBytes(destination.last, chain.getNumLoops());
    if (isInside(destination) && row <= kMaxRowBytes &&
        bytes + row <= kMaxLocalBytes) {
      rows.body.push_back(destination.tensor.getDefiningOp());
      bytes += row;
      continue;
    }
    rows.inits.push_back(destination.tensor);
    rows.results.push_back(destination.last);
  }
  if (rows.inits.empty())
    return; // nobody reads what the chain computes
  for (linalg::LinalgOp nest : chain.getNests()) {
    rows.body.push_back(nest);
    rows.names.push_back(nest->getLoc());
  }
  for (Operation *follower : llvm::reverse(followers))
    if (follower->isBeforeInBlock(rows.body.back()))
      rewriter.moveOpAfter(follower, rows.body.back());
  formDispatch(rewriter, rows);
  ++numFormed;
}

/// Forms the chain so far, if that pays, and begins a new one.
void BlockRows::flush() {
  if (chain.isWorthwhile())
    form();
  chain.clear();
  followers.clear();
}

/// Whether `op` uses a value that `isSought` accepts, in a region or out of it.
static bool usesAny(Operation *op, llvm::function_ref<bool(Value)> isSought) {
  bool uses = llvm::any_of(op->getOperands(), isSought);
  visitUsedValuesDefinedAbove(op->getRegions(), [&](OpOperand *operand) {
    uses |= isSought(operand->get());
  });
  return uses;
}

/// Whether a nest may follow the chain's last one across `op`, which then comes
/// behind the dispatch if it follows from the chain. Layers and loops stay
/// where they are, and nothing passes what may fail.
static bool isPassable(Operation *op) {
  return isa<ProbeOp>(op) ||
         (isMemoryEffectFree(op) && !isa<MatMulOp, DispatchOp>(op) &&
          op->getNumRegions() == 0);
}

void BlockRows::visit(Operation *op) {
  auto isFollower = [&](Value value) {
    return followers.contains(value.getDefiningOp());
  };
  auto isMade = [&](Value value) {
    return chain.makes(value) || isFollower(value);
  };
  if (auto nest = dyn_cast<linalg::LinalgOp>(op)) {
    if (!usesAny(op, isFollower) && chain.append(nest))
      return;
    flush();
    chain.append(nest);
  } else if (!isPassable(op)) {
    flush();
  } else if (usesAny(op, isMade)) {
    followers.insert(op);
  }
}

/// A chain never leaves its basic block.
unsigned BlockRows::run(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block))
    visit(&op);
  flush();
  return numFormed;
}
