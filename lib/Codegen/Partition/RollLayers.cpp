//===- RollLayers.cpp - equal layers become a loop ------------------------===//
//
// FindLayers proposes, LoopPlan decides, Roller builds: the loop stands where
// the first layer began. What the layers use and what stands between them moves
// in front of it, what uses their results stays behind it.
//
//===----------------------------------------------------------------------===//

#include "Copies.h"
#include "FindLayers.h"

#include "bitnet/Codegen/Partition/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETROLLLAYERS
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// A loop ends what may be fused. Only products are so large that this does not
/// matter, and their code is what a network has too much of.
static bool hasProduct(ArrayRef<Operation *> layer) {
  return llvm::any_of(layer, [](Operation *op) {
    auto nest = dyn_cast<linalg::LinalgOp>(op);
    return isa<MatMulOp>(op) ||
           (nest && linalg::isaContractionOpInterface(nest));
  });
}

namespace {
/// Makes one loop of the layers that `plan` describes.
class Roller {
public:
  Roller(const Copies &copies, const LoopPlan &plan)
      : copies(copies), plan(plan), begin(copies.front().front()), end(begin),
        b(begin->getLoc(), begin) {
    for (const auto &layer : copies)
      for (Operation *op : layer)
        addMember(op);
  }

  /// Returns false, and changes nothing, where something between the layers
  /// cannot stand in front of the loop.
  bool run();

private:
  void addMember(Operation *op);
  bool collectOutside();
  bool addOutside(Operation *root);
  scf::ForOp createLoop();
  void emitTables(Value layer);
  Value emitTable(const LoopPlan::Table &table, Value layer);
  void emitLayer(scf::ForOp loop);
  Operation *emitOperation(size_t t, scf::ForOp loop, IRMapping &mapping);
  void nameLayers(ProbeOp probe, size_t t, Value layer);
  void replaceLayers(scf::ForOp loop);

  const Copies &copies;
  const LoopPlan &plan;
  /// The first and the last operation of all layers.
  Operation *begin, *end;
  ImplicitLocOpBuilder b;
  llvm::SmallPtrSet<Operation *, 32> members;
  /// What moves in front of the loop.
  llvm::SetVector<Operation *> outside;
  SmallVector<Value> tables;
};
} // namespace

void Roller::addMember(Operation *op) {
  members.insert(op);
  if (op->isBeforeInBlock(begin))
    begin = op;
  if (end->isBeforeInBlock(op))
    end = op;
}

/// Adds `root` and what it uses, as far as it stands behind the loop's place.
bool Roller::addOutside(Operation *root) {
  SmallVector<Operation *> pending = {root};
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val();
    if (!op || op->getBlock() != begin->getBlock() ||
        op->isBeforeInBlock(begin) || outside.contains(op))
      continue;
    if (members.contains(op) || (op != root && !isMemoryEffectFree(op)))
      return false;
    outside.insert(op);
    op->walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (Operation *def = operand.getDefiningOp())
          pending.push_back(begin->getBlock()->findAncestorOpInBlock(*def));
    });
  }
  return true;
}

/// What may fail between the layers fails before them.
bool Roller::collectOutside() {
  for (Value value : plan.outside)
    if (!addOutside(value.getDefiningOp()))
      return false;
  for (Operation *op = begin; op != end; op = op->getNextNode())
    if (!members.contains(op) && !mayRepeat(op) && !addOutside(op))
      return false;
  return true;
}

scf::ForOp Roller::createLoop() {
  SmallVector<Operation *> ordered(outside.takeVector());
  llvm::sort(ordered,
             [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
  for (Operation *op : ordered)
    op->moveBefore(begin);
  b.setInsertionPoint(begin);
  SmallVector<Value> inits;
  for (const LoopPlan::Carried &carried : plan.carried)
    inits.push_back(carried.init);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value count = arith::ConstantIndexOp::create(b, copies.size());
  Value one = arith::ConstantIndexOp::create(b, 1);
  return scf::ForOp::create(b, zero, count, one, inits);
}

/// A number is a table of tensors without dimensions.
Value Roller::emitTable(const LoopPlan::Table &table, Value layer) {
  auto type = dyn_cast<RankedTensorType>(table.first.getType());
  SmallVector<Attribute> values = table.values;
  if (!type) {
    type = RankedTensorType::get({}, table.first.getType());
    for (Attribute &value : values)
      value = DenseElementsAttr::get(type, value);
  }
  PackingAttr packing;
  if (auto constant = table.first.getDefiningOp<ConstantOp>())
    packing = constant.getPackingAttr();
  Value value =
      ConstantTableOp::create(b, type, b.getArrayAttr(values), layer, packing);
  if (type == table.first.getType())
    return value;
  return tensor::ExtractOp::create(b, value, ValueRange());
}

/// All tables stand at the beginning of the body, where the loop's index is.
void Roller::emitTables(Value layer) {
  for (const LoopPlan::Table &table : plan.tables)
    tables.push_back(emitTable(table, layer));
}

/// A probe shows the value of the layer that runs, so it needs all names.
void Roller::nameLayers(ProbeOp probe, size_t t, Value layer) {
  SmallVector<Attribute> names;
  for (const auto &ops : copies)
    names.push_back(cast<ProbeOp>(ops[t]).getNameAttr());
  if (llvm::all_equal(names))
    return;
  probe.setTableAttr(b.getArrayAttr(names));
  probe.getIndexMutable().assign(layer);
}

/// The t-th operation of every layer.
Operation *Roller::emitOperation(size_t t, scf::ForOp loop,
                                 IRMapping &mapping) {
  Operation *first = copies.front()[t];
  Operation *op = b.clone(*first, mapping);
  SmallVector<Attribute> places;
  for (const auto &layer : copies)
    places.push_back(LocationAttr(layer[t]->getLoc()));
  auto iterations = IterationsAttr::get(b.getContext(), b.getArrayAttr(places));
  op->setLoc(FusedLoc::get(first->getLoc(), iterations, b.getContext()));
  for (auto [mine, its] :
       llvm::zip_equal(getAllOperands(first), getAllOperands(op))) {
    if (auto it = plan.carriedOperands.find(mine);
        it != plan.carriedOperands.end())
      its->set(loop.getRegionIterArg(it->second));
    if (auto it = plan.tableOperands.find(mine); it != plan.tableOperands.end())
      its->set(tables[it->second]);
  }
  for (auto [number, table] : plan.numbers)
    if (Value inner = mapping.lookupOrNull(number->getResult(0));
        inner && op->isProperAncestor(inner.getDefiningOp()))
      inner.replaceAllUsesWith(tables[table]);
  if (auto probe = dyn_cast<ProbeOp>(op))
    nameLayers(probe, t, loop.getInductionVar());
  return op;
}

/// The body: tables, then every operation once, then what is handed on.
void Roller::emitLayer(scf::ForOp loop) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  emitTables(loop.getInductionVar());
  IRMapping mapping;
  for (size_t t = 0; t < copies.front().size(); ++t)
    emitOperation(t, loop, mapping);
  SmallVector<Value> results;
  for (const LoopPlan::Carried &carried : plan.carried)
    results.push_back(mapping.lookup(carried.result));
  scf::YieldOp::create(b, results);
}

/// Others read what the last layer hands on.
void Roller::replaceLayers(scf::ForOp loop) {
  for (auto [carried, result] :
       llvm::zip_equal(plan.carried, loop.getResults())) {
    auto made = cast<OpResult>(carried.result);
    size_t t =
        llvm::find(copies.front(), made.getOwner()) - copies.front().begin();
    Value last = copies.back()[t]->getResult(made.getResultNumber());
    last.replaceUsesWithIf(result, [&](OpOperand &use) {
      return !members.contains(
          loop->getBlock()->findAncestorOpInBlock(*use.getOwner()));
    });
  }
  for (const auto &layer : llvm::reverse(copies))
    for (Operation *op : llvm::reverse(layer)) {
      op->dropAllUses();
      op->erase();
    }
}

bool Roller::run() {
  if (!collectOutside())
    return false;
  scf::ForOp loop = createLoop();
  emitLayer(loop);
  replaceLayers(loop);
  return true;
}

static bool roll(const Copies &copies) {
  if (!hasProduct(copies.front()))
    return false;
  std::optional<LoopPlan> plan = LoopPlan::get(copies);
  return plan && Roller(copies, *plan).run();
}

namespace {
struct RollLayers : public bitnet::impl::BitNetRollLayersBase<RollLayers> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    // An encoder may stand in front of a decoder.
    bool changed = true;
    while (changed) {
      changed = false;
      for (const Copies &copies : findLayers(getOperation().front()))
        if (roll(copies)) {
          changed = true;
          ++numLoops;
          numLayers += copies.size();
          break;
        }
    }
  }
};
} // namespace
