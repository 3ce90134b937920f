//===- PlanBuffers.cpp - --bitnet-plan-buffers ----------------------------===//
//
// --bitnet-plan-buffers: a linear scan, largest buffers first. Buffers whose
// lives do not overlap share a slot; how many bytes a slot has is decided at
// run time (docs/Rationale.md, "Buffers have slots, not offsets").
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

#include <map>

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETPLANBUFFERS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {

/// What plans assume for a dynamic extent, to compare sizes.
constexpr double kAssumedExtent = 128;
/// What bitnet_rt_slot guarantees.
constexpr uint64_t kSlotAlignment = 64;

/// A buffer and where it lives, in positions of the function's operations.
struct Buffer {
  memref::AllocOp alloc;
  memref::DeallocOp dealloc; ///< null: lives to the end of the function
  unsigned begin = 0, end = 0;
  double bytes = 0;
};

/// Buffers that take turns in one place.
struct Slot {
  /// Where the lives of the slot's buffers begin, and where each of them ends.
  /// They do not overlap.
  std::map<unsigned, unsigned> lives;

  bool isFree(const Buffer &buffer) const {
    auto next = lives.lower_bound(buffer.end);
    return next == lives.begin() || std::prev(next)->second <= buffer.begin;
  }
};

/// Plans one function; slots are numbered from `firstSlot`.
class FunctionPlan {
public:
  explicit FunctionPlan(func::FuncOp function) : function(function) {}

  unsigned run(unsigned firstSlot);

private:
  void collect();
  bool isPlannable(memref::AllocOp alloc, memref::DeallocOp &dealloc);

  func::FuncOp function;
  SmallVector<Buffer> buffers;
  SmallVector<Slot> slots;
  DenseMap<Operation *, unsigned> positions;
  /// Whether some dealloc frees a value that is no allocation here. It may free
  /// any allocation that has no dealloc of its own, so those are not planned.
  bool freesUnknown = false;
};

} // namespace

/// Estimated sizes are only compared, never allocated.
static double estimateBytes(MemRefType type) {
  Type element = type.getElementType();
  double bytes =
      element.isIntOrFloat() ? (element.getIntOrFloatBitWidth() + 7) / 8 : 8;
  for (int64_t dim : type.getShape())
    bytes *= ShapedType::isDynamic(dim) ? kAssumedExtent : double(dim);
  return bytes;
}

/// One dealloc, beside the alloc; or none and the function's end, which is the
/// end of the run for @main alone.
bool FunctionPlan::isPlannable(memref::AllocOp alloc,
                               memref::DeallocOp &dealloc) {
  unsigned count = 0;
  for (Operation *user : alloc->getUsers())
    if (auto op = dyn_cast<memref::DeallocOp>(user)) {
      dealloc = op;
      ++count;
    }
  bool fits = alloc.getType().getLayout().isIdentity() &&
              alloc.getAlignment().value_or(0) <= kSlotAlignment;
  if (!fits || count > 1)
    return false;
  if (count == 1)
    return dealloc->getBlock() == alloc->getBlock();
  return !freesUnknown && function.getName() == "main" &&
         alloc->getBlock() == &function.front();
}

/// All buffers that a slot may hold, with their lives.
void FunctionPlan::collect() {
  function.walk<WalkOrder::PreOrder>(
      [&](Operation *op) { positions[op] = positions.size(); });
  function.walk([&](memref::DeallocOp op) {
    freesUnknown |= !op.getMemref().getDefiningOp<memref::AllocOp>();
  });
  function.walk<WalkOrder::PreOrder>([&](memref::AllocOp alloc) {
    Buffer buffer{alloc, nullptr};
    if (!isPlannable(alloc, buffer.dealloc))
      return;
    buffer.begin = positions[alloc];
    buffer.end =
        buffer.dealloc ? positions[buffer.dealloc] : positions.size() + 1;
    buffer.bytes = estimateBytes(alloc.getType());
    buffers.push_back(buffer);
  });
}

/// Large buffers come first, so that a buffer that joins a slot later fits, if
/// the estimates hold. Of the slots that are free, the last one is the
/// smallest.
unsigned FunctionPlan::run(unsigned firstSlot) {
  collect();
  llvm::sort(buffers, [](const Buffer &a, const Buffer &b) {
    return std::make_pair(b.bytes, a.begin) < std::make_pair(a.bytes, b.begin);
  });
  Builder builder(function.getContext());
  for (Buffer &buffer : buffers) {
    size_t index = slots.size();
    while (index > 0 && !slots[index - 1].isFree(buffer))
      --index;
    if (index == 0) {
      slots.emplace_back();
      index = slots.size();
    }
    slots[index - 1].lives.emplace(buffer.begin, buffer.end);
    buffer.alloc->setAttr(kSlotAttr,
                          builder.getI64IntegerAttr(firstSlot + index - 1));
  }
  return slots.size();
}

/// The allocation that `value` is all of, if it is one.
static memref::AllocOp getAllocation(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      return alloc;
    auto cast = dyn_cast<memref::ReinterpretCastOp>(op);
    bool atStart =
        cast && llvm::equal(cast.getStaticOffsets(), ArrayRef<int64_t>{0});
    if (!atStart &&
        !isa<memref::CastOp, memref::ExpandShapeOp, memref::CollapseShapeOp>(
            op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}

/// Marks the buffers that are outputs of the run, which may be made in the
/// caller's memory. A buffer that is two outputs is made in the memory of the
/// first and copied to that of the other.
static void markOutputs(func::FuncOp main) {
  if (!llvm::hasSingleElement(main.getBody()))
    return;
  Builder builder(main.getContext());
  Operation *end = main.front().getTerminator();
  for (auto [i, value] : llvm::enumerate(end->getOperands())) {
    memref::AllocOp alloc = getAllocation(value);
    if (alloc && alloc->hasAttr(kSlotAttr) && !alloc->hasAttr(kResultAttr))
      alloc->setAttr(kResultAttr, builder.getI32IntegerAttr(i));
  }
}

namespace {
struct PlanBuffers : bitnet::impl::BitNetPlanBuffersBase<PlanBuffers> {
  void runOnOperation() override {
    unsigned firstSlot = 0;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        firstSlot += FunctionPlan(function).run(firstSlot);
    if (auto main = getOperation().lookupSymbol<func::FuncOp>("main"))
      markOutputs(main);
  }
};
} // namespace
