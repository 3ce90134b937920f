//===- FuseRows.cpp - chains of nests into one loop over rows -------------===//
//
// --bitnet-fuse-rows, on buffers: a chain of nests over the same rows becomes
// one parallel loop over rows, whose iteration runs all of them on one row.
// Buffers that only the chain uses shrink to one row on the stack of the task.
//
//===----------------------------------------------------------------------===//

#include "RowChain.h"

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFUSEROWS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Intermediate rows up to this size live on the stack of a task.
static constexpr int64_t kMaxLocalBytes = 64 * 1024;

namespace {
/// Rewrites one chain.
class Fusion {
public:
  Fusion(const RowChain &chain, ArrayRef<Operation *> probes)
      : chain(chain), probes(probes), rowLoops(chain.getNumRowLoops()),
        b(chain.getOps().back()->getLoc(), chain.getOps().back()) {}
  void run();

private:
  scf::ParallelOp makeLoop();
  bool isLocal(memref::AllocOp alloc);
  Value makeLocal(memref::AllocOp alloc);
  Value slice(Value source, ValueRange rows);
  void emit(linalg::LinalgOp op, ValueRange rows);

  const RowChain &chain;
  ArrayRef<Operation *> probes;
  unsigned rowLoops;
  ImplicitLocOpBuilder b;
  /// Row buffers that replace allocations, slices by their source.
  llvm::DenseMap<Value, Value> rowOf;
};
} // namespace

/// Makes a parallel loop for each row dimension of the chain.
scf::ParallelOp Fusion::makeLoop() {
  SmallVector<Value> low, high, step;
  for (OpFoldResult extent : chain.getExtents()) {
    low.push_back(arith::ConstantIndexOp::create(b, 0));
    high.push_back(getValueOrCreateConstantIndexOp(b, b.getLoc(), extent));
    step.push_back(arith::ConstantIndexOp::create(b, 1));
  }
  return scf::ParallelOp::create(b, low, high, step);
}

/// Whether only the chain uses `alloc` and one row of it is small.
bool Fusion::isLocal(memref::AllocOp alloc) {
  ArrayRef<int64_t> rest = alloc.getType().getShape().drop_front(rowLoops);
  if (ShapedType::isDynamicShape(rest))
    return false;
  unsigned bits = alloc.getType().getElementTypeBitWidth();
  if (ShapedType::getNumElements(rest) * bits / 8 > kMaxLocalBytes)
    return false;
  return llvm::all_of(alloc->getUsers(), [&](Operation *user) {
    return llvm::is_contained(chain.getOps(), user);
  });
}

/// One row of `alloc`: the row dimensions have extent 1.
Value Fusion::makeLocal(memref::AllocOp alloc) {
  SmallVector<int64_t> shape(alloc.getType().getShape());
  std::fill_n(shape.begin(), rowLoops, 1);
  auto type = MemRefType::get(shape, alloc.getType().getElementType());
  return memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
}

/// The row of `source` that this iteration works on.
Value Fusion::slice(Value source, ValueRange rows) {
  int64_t rank = cast<MemRefType>(source.getType()).getRank();
  SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(rank, b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      memref::getMixedSizes(b, b.getLoc(), source);
  for (auto [dim, row] : llvm::enumerate(rows)) {
    offsets[dim] = row;
    sizes[dim] = b.getIndexAttr(1);
  }
  return memref::SubViewOp::create(b, source, offsets, sizes, strides);
}

/// `op` on its operands of one row; operands that all rows share stay whole.
void Fusion::emit(linalg::LinalgOp op, ValueRange rows) {
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    Value source = operand.get();
    bool isRow = *getRowDims(op.getMatchingIndexingMap(&operand), rowLoops) &&
                 isa<MemRefType>(source.getType());
    if (isRow) {
      Value &row = rowOf[source];
      if (!row)
        row = slice(source, rows);
      source = row;
    }
    operands.push_back(source);
  }
  b.clone(*op)->setOperands(operands);
}

void Fusion::run() {
  scf::ParallelOp loop = makeLoop();
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<memref::AllocOp> locals;
  for (linalg::LinalgOp op : chain.getOps()) {
    Value init = op.getDpsInits().front();
    auto alloc = init.getDefiningOp<memref::AllocOp>();
    if (rowOf.contains(init) || !isLocal(alloc))
      continue;
    rowOf[init] = makeLocal(alloc);
    locals.push_back(alloc);
  }
  for (linalg::LinalgOp op : chain.getOps())
    emit(op, loop.getInductionVars());
  // Probes move behind the loop, because they show whole buffers, which are
  // complete only there.
  for (Operation *probe : probes)
    if (probe->isBeforeInBlock(loop))
      probe->moveAfter(loop);
  for (linalg::LinalgOp op : chain.getOps())
    op->erase();
  for (memref::AllocOp alloc : locals)
    alloc.erase();
}

namespace {
/// Walks a basic block and fuses as it goes.
class BlockFusion {
public:
  explicit BlockFusion(AliasAnalysis &aliases)
      : aliases(aliases), chain(aliases) {}
  void run(Block &block);

private:
  void visit(Operation *op);
  void flush();

  AliasAnalysis &aliases;
  RowChain chain;
  SmallVector<Operation *> probes;
};

struct FuseRows : public bitnet::impl::BitNetFuseRowsBase<FuseRows> {
  void runOnOperation() override {
    auto &aliases = getAnalysis<AliasAnalysis>();
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) {
      if (!isa<linalg::LinalgOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    for (Block *block : blocks)
      BlockFusion(aliases).run(*block);
  }
};
} // namespace

/// Fuses the chain so far, if that pays, and begins a new one.
void BlockFusion::flush() {
  if (chain.isWorthwhile())
    Fusion(chain, probes).run();
  chain.clear();
  probes.clear();
}

/// A probe may see its value after the chain when no later nest changes it;
/// later nests must then not write it, which `visit` checks.
void BlockFusion::visit(Operation *op) {
  if (auto nest = dyn_cast<linalg::LinalgOp>(op)) {
    bool overwrites = llvm::any_of(probes, [&](Operation *probe) {
      return llvm::any_of(nest.getDpsInits(), [&](Value init) {
        return !aliases.alias(init, probe->getOperand(0)).isNo();
      });
    });
    if (!overwrites && chain.append(nest))
      return;
    flush();
    chain.append(nest);
    return;
  }
  if (isa<ProbeOp>(op) && !chain.getOps().empty())
    probes.push_back(op);
  else if (!isMemoryEffectFree(op) && !isa<memref::AllocOp>(op))
    flush();
}

/// A chain never leaves its basic block.
void BlockFusion::run(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block))
    visit(&op);
  flush();
}
