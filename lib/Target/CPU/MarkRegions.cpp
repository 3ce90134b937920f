//===- MarkRegions.cpp - what a profile of a run can tell apart -----------===//
//
// --bitnet-mark-regions divides @main into the regions of a profile: in front
// of each call or nest of another ONNX node a call of bitnet_rt_mark with the
// region's number, and in front of calls with bitnet.macs one of
// bitnet_rt_work.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"
#include "WeightBytes.h"

#include "bitnet/Codegen/Loops/CallWork.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Target/CPU/Passes.h"
#include "bitnet/runtime/abi.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETMARKREGIONS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

// The dialect's kinds are those of the ABI.
static_assert(int(UnitKind::Other) == BITNET_REGION_OTHER);
static_assert(int(UnitKind::TernaryMatmul) == BITNET_REGION_TERNARY_MATMUL);
static_assert(int(UnitKind::Matmul) == BITNET_REGION_MATMUL);
static_assert(int(UnitKind::Exponential) == BITNET_REGION_EXPONENTIAL);
static_assert(int(UnitKind::Quantize) == BITNET_REGION_QUANTIZE);
static_assert(int(UnitKind::Norm) == BITNET_REGION_NORM);
static_assert(int(UnitKind::Elementwise) == BITNET_REGION_ELEMENTWISE);
static_assert(int(UnitKind::Copy) == BITNET_REGION_COPY);

/// Names of a region beyond these are left out.
static constexpr size_t kMaxNames = 3;

/// Collects the names of ONNX nodes in `root`; where it tells iterations of a
/// loop over layers apart, those of layer `iteration`.
static void collectNames(Location root, size_t iteration,
                         llvm::SmallSetVector<StringRef, 4> &names) {
  root->walk([&](Location loc) {
    if (auto named = dyn_cast<NameLoc>(loc))
      names.insert(named.getName());
    auto fused = dyn_cast<FusedLoc>(loc);
    auto layers = fused ? dyn_cast_or_null<IterationsAttr>(fused.getMetadata())
                        : IterationsAttr();
    if (!layers || iteration >= layers.getPlaces().size())
      return WalkResult::advance();
    collectNames(cast<LocationAttr>(layers.getPlaces()[iteration]), iteration,
                 names);
    return WalkResult::skip();
  });
}

/// The ONNX nodes behind an operation, "a + b".
static std::string getNodeNames(Operation *op, size_t iteration = 0) {
  llvm::SmallSetVector<StringRef, 4> names;
  collectNames(op->getLoc(), iteration, names);
  ArrayRef<StringRef> shown = names.getArrayRef().take_front(kMaxNames);
  return llvm::join(shown, " + ") + (names.size() > kMaxNames ? " + ..." : "");
}

/// What `op` was described as when units of work were formed; of a loop or a
/// branch the most telling of what is in it. Copies that bufferization made
/// belong to no unit.
static UnitKind getKind(Operation *op) {
  if (isa<memref::CopyOp>(op))
    return UnitKind::Copy;
  UnitKind kind = UnitKind::Other;
  op->walk([&](Operation *inner) {
    kind = WorkUnitAttr::merge(kind, WorkUnitAttr::find(inner->getLoc()));
  });
  return kind;
}

/// Bytes of weights that a region of `kind` reads in `op`. Only those of
/// matmuls count: others use parts of constants, or use them many times.
static uint64_t getWeightBytes(UnitKind kind, Operation *op) {
  const bool multiplies =
      kind == UnitKind::TernaryMatmul || kind == UnitKind::Matmul;
  return multiplies ? countWeightBytes(op) : 0;
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
  UnitKind kind;
  bool operator==(const Region &other) const {
    return name == other.name && kind == other.kind;
  }
};

struct BitNetMarkRegions
    : bitnet::impl::BitNetMarkRegionsBase<BitNetMarkRegions> {
  void runOnOperation() override;

private:
  void markBlock(Block &block);
  /// Marks what `loop` does in each of `count` layers.
  void markLoop(scf::ForOp loop, size_t count);
  void reportWork(func::CallOp call);
  void callRuntime(OpBuilder &builder, Location loc, StringRef name,
                   Value argument);
  void insertMark(Operation *before, int64_t region);
  /// Region `region` of the first iteration; others are `stride` apart.
  void insertMark(Operation *before, int64_t region, Value iteration,
                  int64_t stride);
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

void BitNetMarkRegions::insertMark(Operation *before, int64_t region,
                                   Value iteration, int64_t stride) {
  ImplicitLocOpBuilder builder(before->getLoc(), before);
  Value step = arith::ConstantIndexOp::create(builder, stride);
  Value first = arith::ConstantIndexOp::create(builder, region);
  Value index = arith::AddIOp::create(
      builder, arith::MulIOp::create(builder, iteration, step), first);
  callRuntime(builder, before->getLoc(), "bitnet_rt_mark",
              arith::IndexCastOp::create(builder, builder.getI32Type(), index));
}

namespace {
/// What the profile tells apart in the body of a loop over layers.
struct LoopRow {
  Region first; ///< as it is called in the first layer
  Operation *op;
  uint64_t bytes = 0;
};
} // namespace

/// The rows of an iteration follow one another, those of the next one come
/// behind them.
void BitNetMarkRegions::markLoop(scf::ForOp loop, size_t count) {
  SmallVector<LoopRow> rows;
  SmallVector<std::pair<Operation *, int64_t>> marks;
  for (Operation &op : *loop.getBody()) {
    if (!isRegion(&op))
      continue;
    Region region{getNodeNames(&op), getKind(&op)};
    auto *row = llvm::find_if(
        rows, [&](const LoopRow &known) { return known.first == region; });
    marks.emplace_back(&op, row - rows.begin());
    if (row == rows.end())
      row = &rows.emplace_back(LoopRow{region, &op});
    row->bytes += getWeightBytes(region.kind, &op);
  }
  for (auto [op, row] : marks)
    insertMark(op, int64_t(regions.size()) + row, loop.getInductionVar(),
               rows.size());
  for (size_t i = 0; i < count; ++i)
    for (const LoopRow &row : rows) {
      regions.push_back({getNodeNames(row.op, i), row.first.kind});
      bytes.push_back(row.bytes);
    }
}

/// How many layers `op` is a loop over; none for others.
static size_t countLayers(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    for (Operation &inner : *loop.getBody())
      if (auto layers = IterationsAttr::find(inner.getLoc()))
        return layers.getPlaces().size();
  return 0;
}

/// Inserts marks only where the region changes, and one for no region at the
/// end.
void BitNetMarkRegions::markBlock(Block &block) {
  constexpr int64_t kOther = -1;
  int64_t current = kOther;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    int64_t next = current;
    if (size_t count = countLayers(&op)) {
      markLoop(cast<scf::ForOp>(op), count);
      current = kOther - 1;
      continue;
    }
    if (isRegion(&op)) {
      UnitKind kind = getKind(&op);
      next = getIndex({getNodeNames(&op), kind});
      bytes[next] += getWeightBytes(kind, &op);
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
         builder.getNamedAttr("kind",
                              builder.getI32IntegerAttr(int32_t(region.kind))),
         builder.getNamedAttr("bytes", builder.getI64IntegerAttr(read))}));
  getOperation()->setAttr(kRegionsAttr, builder.getArrayAttr(table));
}
