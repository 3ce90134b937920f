//===- SplitDeallocs.cpp - --bitnet-split-deallocs ------------------------===//
//
// --bitnet-split-deallocs: upstream's bufferization.dealloc frees many buffers
// at once and compares them with each other, in quadratic time. Those that meet
// no other one become memref.dealloc.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSPLITDEALLOCS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using bufferization::DeallocOp;

namespace {
/// What one bufferization.dealloc frees and retains.
class Dealloc {
public:
  Dealloc(DeallocOp op, BufferViewFlowAnalysis &flow) : op(op), flow(flow) {
    for (Value value : op.getMemrefs())
      ++mentions[value];
    for (Value value : op.getRetained())
      ++mentions[value];
  }

  /// Frees by itself what meets nothing else that is mentioned.
  void split();

private:
  bool isAlone(Value memref, Value condition);

  DeallocOp op;
  BufferViewFlowAnalysis &flow;
  llvm::DenseMap<Value, unsigned> mentions;
};
} // namespace

/// Whether `memref` is an allocation that is freed in any case, and of which
/// nothing else in the operation is a view.
bool Dealloc::isAlone(Value memref, Value condition) {
  if (!memref.getDefiningOp<memref::AllocOp>() ||
      !matchPattern(condition, m_One()))
    return false;
  unsigned met = 0;
  for (Value value : flow.resolve(memref))
    met += mentions.lookup(value);
  return met == 1;
}

/// The memrefs that are left stay in the operation; when there are none, it is
/// erased.
void Dealloc::split() {
  OpBuilder builder(op);
  SmallVector<Value> memrefs, conditions;
  for (auto [memref, condition] :
       llvm::zip_equal(op.getMemrefs(), op.getConditions())) {
    if (isAlone(memref, condition)) {
      memref::DeallocOp::create(builder, op.getLoc(), memref);
      continue;
    }
    memrefs.push_back(memref);
    conditions.push_back(condition);
  }
  op.getMemrefsMutable().assign(memrefs);
  op.getConditionsMutable().assign(conditions);
  if (memrefs.empty() && op.getRetained().empty())
    op.erase();
}

namespace {
struct SplitDeallocs
    : public bitnet::impl::BitNetSplitDeallocsBase<SplitDeallocs> {
  void runOnOperation() override {
    BufferViewFlowAnalysis flow(getOperation());
    SmallVector<DeallocOp> deallocs;
    getOperation().walk([&](DeallocOp op) { deallocs.push_back(op); });
    for (DeallocOp op : deallocs)
      Dealloc(op, flow).split();
  }
};
} // namespace
