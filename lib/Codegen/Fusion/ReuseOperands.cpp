//===- ReuseOperands.cpp - elementwise results in place -------------------===//
//
// --bitnet-reuse-operands: an elementwise nest writes its result over an
// operand that nobody reads afterwards, if both buffers have the same type and
// extents.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETREUSEOPERANDS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Who may still see a buffer. A buffer leaves through views, but also as the
/// result of a region, a branch or a call, so the question is asked of
/// everything that it flows to.
class Readers {
public:
  explicit Readers(func::FuncOp function) : flow(function) {}

  /// Whether all that may read `buffer` is in `op` or before it in its basic
  /// block.
  bool areDoneAt(memref::AllocOp buffer, Operation *op) const;
  /// Whether `op` reads of `buffer` only the element that it writes. A view of
  /// it shows other elements, or the same ones in another place.
  bool readsInPlace(linalg::GenericOp op, memref::AllocOp buffer) const;
  /// Makes `kept` the buffer of all that `gone` was the buffer of.
  void merge(memref::AllocOp gone, memref::AllocOp kept);

private:
  /// `buffer` and what was merged into it, before they flow anywhere.
  SmallVector<Value> getOrigins(memref::AllocOp buffer) const;
  /// Whether `value` may show elements of `buffer`.
  bool maySee(Value value, memref::AllocOp buffer) const;

  BufferViewFlowAnalysis flow;
  /// Buffers that were merged into another one: its readers are theirs, too.
  llvm::DenseMap<Operation *, SmallVector<Value, 1>> merged;
};
} // namespace

/// Whether a user of `value` stands behind `op`, or where that cannot be said.
static bool isUsedAfter(Value value, Operation *op) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    Operation *inBlock = op->getBlock()->findAncestorOpInBlock(*user);
    return !inBlock || op->isBeforeInBlock(inBlock);
  });
}

SmallVector<Value> Readers::getOrigins(memref::AllocOp buffer) const {
  SmallVector<Value> origins{buffer};
  if (auto it = merged.find(buffer.getOperation()); it != merged.end())
    llvm::append_range(origins, it->second);
  return origins;
}

bool Readers::areDoneAt(memref::AllocOp buffer, Operation *op) const {
  return llvm::none_of(getOrigins(buffer), [&](Value origin) {
    return llvm::any_of(flow.resolve(origin),
                        [&](Value value) { return isUsedAfter(value, op); });
  });
}

bool Readers::maySee(Value value, memref::AllocOp buffer) const {
  return llvm::any_of(getOrigins(buffer), [&](Value origin) {
    return flow.resolve(origin).contains(value);
  });
}

bool Readers::readsInPlace(linalg::GenericOp op, memref::AllocOp buffer) const {
  // What the body captures counts as read at any place, because the body may
  // load from it.
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op.getRegion(), captured);
  if (llvm::any_of(captured, [&](Value v) { return maySee(v, buffer); }))
    return false;
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    if (operand->get() == buffer.getResult())
      return op.getMatchingIndexingMap(operand).isIdentity();
    return !maySee(operand->get(), buffer);
  });
}

void Readers::merge(memref::AllocOp gone, memref::AllocOp kept) {
  auto it = merged.find(gone.getOperation());
  SmallVector<Value, 1> origins =
      it == merged.end() ? SmallVector<Value, 1>() : it->second;
  // What `gone` itself flowed to is found through its views and regions, which
  // the analysis knows by the value that they were made from.
  for (Value value : flow.resolve(gone))
    if (value != gone.getResult())
      origins.push_back(value);
  llvm::append_range(merged[kept.getOperation()], origins);
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

/// Whether both buffers have the same type and extents; dynamic extents must be
/// the same values.
static bool haveSameExtents(memref::AllocOp a, memref::AllocOp b) {
  return a.getType() == b.getType() &&
         llvm::equal(a.getDynamicSizes(), b.getDynamicSizes());
}

/// An operand that may hold the result of `op`.
static memref::AllocOp findReusable(linalg::GenericOp op,
                                    memref::AllocOp result,
                                    const Readers &readers) {
  for (Value input : op.getDpsInputs()) {
    auto buffer = input.getDefiningOp<memref::AllocOp>();
    if (buffer && buffer->getBlock() == op->getBlock() &&
        haveSameExtents(buffer, result) && readers.readsInPlace(op, buffer) &&
        readers.areDoneAt(buffer, op))
      return buffer;
  }
  return {};
}

namespace {
struct ReuseOperands
    : public bitnet::impl::BitNetReuseOperandsBase<ReuseOperands> {
  void runOnOperation() override {
    Readers readers(getOperation());
    SmallVector<linalg::GenericOp> nests;
    getOperation().walk([&](linalg::GenericOp op) { nests.push_back(op); });
    for (linalg::GenericOp op : nests) {
      memref::AllocOp result = getElementwiseResult(op);
      if (!result || result->getBlock() != op->getBlock())
        continue;
      if (memref::AllocOp buffer = findReusable(op, result, readers)) {
        readers.merge(result, buffer);
        result.replaceAllUsesWith(buffer.getResult());
        result.erase();
      }
    }
  }
};
} // namespace
