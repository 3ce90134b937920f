//===- MarkRegions.cpp - what a profile of a run can tell apart -----------===//
//
// --bitnet-mark-regions divides @main into the regions of a profile: in front
// of each call or nest of another ONNX node a call of bitnet_rt_mark with the
// region's number, and in front of calls with bitnet.macs one of
// bitnet_rt_work.
//
//===----------------------------------------------------------------------===//

#include "RegionTraits.h"
#include "Runtime.h"

#include "bitnet/Codegen/Loops/CallWork.h"
#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETMARKREGIONS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Names of a region beyond these are left out.
static constexpr size_t kMaxNames = 3;

/// The ONNX nodes behind an operation, "a + b".
static std::string getNodeNames(Operation *op) {
  llvm::SmallSetVector<StringRef, 4> names;
  op->getLoc()->walk([&](Location loc) {
    if (auto named = dyn_cast<NameLoc>(loc))
      names.insert(named.getName());
    return WalkResult::advance();
  });
  ArrayRef<StringRef> shown = names.getArrayRef().take_front(kMaxNames);
  return llvm::join(shown, " + ") + (names.size() > kMaxNames ? " + ..." : "");
}

/// Whether the time of `op` is worth telling apart.
static bool isRegion(Operation *op) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return !call.getCallee().starts_with(kRuntimePrefix);
  return op->getNumRegions() != 0 || isa<memref::CopyOp>(op);
}

namespace {
/// Operations of the same nodes and kind are one region, wherever they stand.
struct Region {
  std::string name;
  bitnet_region_kind kind;
  bool operator==(const Region &other) const {
    return name == other.name && kind == other.kind;
  }
};

struct BitNetMarkRegions
    : bitnet::impl::BitNetMarkRegionsBase<BitNetMarkRegions> {
  void runOnOperation() override;

private:
  void markBlock(Block &block);
  void reportWork(func::CallOp call);
  void callRuntime(OpBuilder &builder, Location loc, StringRef name,
                   Value argument);
  void insertMark(Operation *before, int64_t region);
  int64_t getIndex(const Region &region);

  SmallVector<Region> regions;
  SmallVector<uint64_t> bytes; ///< read from the weights in one run
};
} // namespace

/// The number of `region`, a new one if need be.
int64_t BitNetMarkRegions::getIndex(const Region &region) {
  auto *known = llvm::find(regions, region);
  if (known != regions.end())
    return known - regions.begin();
  regions.push_back(region);
  bytes.push_back(0);
  return regions.size() - 1;
}

void BitNetMarkRegions::callRuntime(OpBuilder &builder, Location loc,
                                    StringRef name, Value argument) {
  auto callee =
      declareFunction(getOperation(), name,
                      builder.getFunctionType(argument.getType(), TypeRange()));
  func::CallOp::create(builder, loc, callee, argument);
}

/// Inserts a mark, from which on time counts for `region`.
void BitNetMarkRegions::insertMark(Operation *before, int64_t region) {
  OpBuilder builder(before);
  Location loc = before->getLoc();
  Value index = arith::ConstantOp::create(builder, loc,
                                          builder.getI32IntegerAttr(region));
  callRuntime(builder, loc, "bitnet_rt_mark", index);
}

/// MACs are told beside the call and are not in the table, because rows of
/// activations are known at run time only.
void BitNetMarkRegions::reportWork(func::CallOp call) {
  std::optional<CallWork> work = getWork(call);
  if (!work)
    return;
  OpBuilder builder(call);
  Location loc = call.getLoc();
  callRuntime(builder, loc, "bitnet_rt_work", emitWork(builder, loc, *work));
}

/// Inserts marks only where the region changes, and one for no region at the
/// end.
void BitNetMarkRegions::markBlock(Block &block) {
  constexpr int64_t kOther = -1;
  int64_t current = kOther;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    int64_t next = current;
    if (isRegion(&op)) {
      RegionTraits traits = getRegionTraits(&op);
      next = getIndex({getNodeNames(&op), traits.getKind()});
      bytes[next] += traits.weightBytes;
    } else if (op.hasTrait<OpTrait::IsTerminator>()) {
      next = kOther;
    }
    if (next != current)
      insertMark(&op, next);
    current = next;
  }
}

void BitNetMarkRegions::runOnOperation() {
  auto main = getOperation().lookupSymbol<func::FuncOp>(kMain);
  if (!main || main.isExternal())
    return;
  for (Block &block : main.getBody())
    markBlock(block);
  main.walk([&](func::CallOp call) { reportWork(call); });
  Builder builder(&getContext());
  SmallVector<Attribute> table;
  for (auto [region, read] : llvm::zip(regions, bytes))
    table.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("name", builder.getStringAttr(region.name)),
         builder.getNamedAttr("kind", builder.getI32IntegerAttr(region.kind)),
         builder.getNamedAttr("bytes", builder.getI64IntegerAttr(read))}));
  getOperation()->setAttr(kRegionsAttr, builder.getArrayAttr(table));
}
