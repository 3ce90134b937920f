//===- FindLayers.cpp - which operations repeat ---------------------------===//
//
// Exporters write layer after layer, so copies of an operation stand at equal
// distances in the block. The distance is what most operations agree on.
// Cleanups leave more in the first layer than in others: what all layers share
// was found there first. Sizes and empty tensors are looked past; what else is
// shared makes the first layer be matched along its uses, not by its place.
//
//===----------------------------------------------------------------------===//

#include "FindLayers.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/STLExtras.h"

#include <map>

using namespace mlir;
using namespace mlir::bitnet;

/// Operations that must look alike in a row to count as a repetition. A layer
/// has at least as many.
static constexpr size_t kWindow = 4;
/// Distances and places that are tried: an encoder and a decoder have layers of
/// two sizes, and others repeat within a layer.
static constexpr size_t kMaxDistances = 8, kMaxCuts = 4;

namespace {
/// Positions [begin, end) of which each looks like the one `period` later.
struct Run {
  size_t begin, end, period;
};

class Finder {
public:
  explicit Finder(Block &block);
  SmallVector<Copies> find();

private:
  SmallVector<size_t> getPeriods();
  SmallVector<Run> getRuns(size_t period);
  size_t getLastUse(size_t position);
  SmallVector<size_t> getCuts(const Run &run);
  void addCandidates(const Run &run, size_t cut);
  void add(Copies copies);

  SmallVector<Operation *> ops;
  SmallVector<size_t> looks;
  llvm::DenseMap<Operation *, size_t> positions;
  SmallVector<Copies> found;
};

/// Finds the layer in front of `copies`.
class Predecessor {
public:
  Predecessor(const Copies &copies, ArrayRef<size_t> looks,
              const llvm::DenseMap<Operation *, size_t> &positions)
      : layer(copies.front()), next(copies.size() > 1 ? &copies[1] : nullptr),
        looks(looks), positions(positions), made(layer.size()) {
    for (auto [t, op] : llvm::enumerate(layer))
      index[op] = t;
  }

  /// Says that `op` stands for the t-th operation of the layer, if it may.
  void propose(size_t t, Operation *op);
  /// The layer, or nothing where some operation has no counterpart.
  std::optional<SmallVector<Operation *>> find();

private:
  void followUses(size_t t);
  void followUsers(size_t t, ArrayRef<Operation *> of,
                   ArrayRef<Operation *> to);
  void followOperands(size_t t);
  Value getCounterpart(Value value);

  ArrayRef<Operation *> layer;
  const SmallVector<Operation *> *next;
  ArrayRef<size_t> looks;
  const llvm::DenseMap<Operation *, size_t> &positions;
  SmallVector<Operation *> made;
  llvm::DenseMap<Operation *, size_t> index;
  llvm::SmallPtrSet<Operation *, 32> taken;
};
} // namespace

//===----------------------------------------------------------------------===//
// The layer in front
//===----------------------------------------------------------------------===//

void Predecessor::propose(size_t t, Operation *op) {
  auto position = positions.find(op);
  if (made[t] || position == positions.end() || index.contains(op) ||
      looks[position->second] != looks[positions.lookup(layer[t])] ||
      !taken.insert(op).second)
    return;
  made[t] = op;
}

/// Where `of`, a layer, uses the t-th operation, `to`, the layer before it,
/// uses its counterpart.
void Predecessor::followUsers(size_t t, ArrayRef<Operation *> of,
                              ArrayRef<Operation *> to) {
  for (auto [user, counterpart] : llvm::zip_equal(of, to)) {
    if (!counterpart || made[t])
      continue;
    auto operands = getAllOperands(user), others = getAllOperands(counterpart);
    if (operands.size() != others.size())
      continue;
    for (auto [operand, other] : llvm::zip_equal(operands, others))
      if (operand->get().getDefiningOp() == layer[t])
        if (Operation *def = other->get().getDefiningOp())
          propose(t, def);
  }
}

/// The users that are most specific come first: those in the layer itself.
void Predecessor::followUses(size_t t) {
  SmallVector<Operation *> users, counterparts;
  for (Operation *user : layer[t]->getUsers()) {
    Operation *top = layer[t]->getBlock()->findAncestorOpInBlock(*user);
    if (auto it = index.find(top); it != index.end()) {
      users.push_back(top);
      counterparts.push_back(made[it->second]);
    }
  }
  followUsers(t, users, counterparts);
  if (!made[t] && next)
    followUsers(t, *next, layer);
}

/// What stands for `value` in the layer before: the result of a counterpart, or
/// what a counterpart uses where the layer uses `value`.
Value Predecessor::getCounterpart(Value value) {
  if (auto it = index.find(value.getDefiningOp()); it != index.end())
    return made[it->second] ? made[it->second]->getResult(
                                  cast<OpResult>(value).getResultNumber())
                            : Value();
  for (OpOperand &use : value.getUses()) {
    auto it = index.find(use.getOwner());
    if (it != index.end() && made[it->second])
      return made[it->second]->getOperand(use.getOperandNumber());
  }
  return Value();
}

/// What nobody uses, a probe, is found as a user of the same value.
void Predecessor::followOperands(size_t t) {
  for (OpOperand &operand : layer[t]->getOpOperands())
    if (Value value = getCounterpart(operand.get()))
      for (OpOperand &use : value.getUses())
        if (use.getOperandNumber() == operand.getOperandNumber())
          propose(t, use.getOwner());
}

/// From the last operation to the first, as uses lead to what they use; then
/// what nobody uses.
std::optional<SmallVector<Operation *>> Predecessor::find() {
  for (size_t t = layer.size(); t-- > 0;)
    if (!made[t])
      followUses(t);
  for (size_t t = 0; t < layer.size(); ++t)
    if (!made[t])
      followOperands(t);
  if (llvm::is_contained(made, nullptr))
    return std::nullopt;
  return std::move(made);
}

//===----------------------------------------------------------------------===//
// Layers by their distance
//===----------------------------------------------------------------------===//

/// Whether `op` follows from sizes of inputs alone, as `common` do: it belongs
/// to no layer.
static bool isCommon(Operation *op,
                     const llvm::SmallPtrSetImpl<Operation *> &common) {
  if (isConstantLeaf(op))
    return true;
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    return isa<BlockArgument>(dim.getSource());
  bool isSize = isMemoryEffectFree(op) && op->getNumRegions() == 0 &&
                llvm::all_of(op->getResultTypes(), llvm::IsaPred<IndexType>);
  return (isSize || isa<tensor::EmptyOp, linalg::FillOp>(op)) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return operand.getDefiningOp()
                      ? common.contains(operand.getDefiningOp())
                      : operand.getType().isIndex();
         });
}

Finder::Finder(Block &block) {
  llvm::SmallPtrSet<Operation *, 32> common;
  for (Operation &op : block.without_terminator()) {
    if (isCommon(&op, common)) {
      common.insert(&op);
      continue;
    }
    if (!mayRepeat(&op))
      continue;
    positions[&op] = ops.size();
    ops.push_back(&op);
    looks.push_back(getFingerprint(&op));
  }
}

/// Each operation votes for the distance to the last place that looked like
/// its own.
SmallVector<size_t> Finder::getPeriods() {
  llvm::DenseMap<size_t, size_t> last, votes;
  for (size_t i = 0; i + kWindow <= ops.size(); ++i) {
    ArrayRef<size_t> window = ArrayRef(looks).slice(i, kWindow);
    // The map keeps two keys for itself.
    size_t hash = llvm::hash_combine_range(window) >> 2;
    auto [it, isNew] = last.try_emplace(hash, i);
    if (!isNew && i - it->second >= kWindow)
      ++votes[i - it->second];
    it->second = i;
  }
  SmallVector<std::pair<size_t, size_t>> sorted(votes.begin(), votes.end());
  llvm::sort(sorted, [](auto a, auto b) {
    return std::make_pair(b.second, a.first) <
           std::make_pair(a.second, b.first);
  });
  SmallVector<size_t> periods;
  for (auto [period, count] : ArrayRef(sorted).take_front(kMaxDistances))
    periods.push_back(period);
  return periods;
}

/// Stretches of the block that look like what stands `period` later, if they
/// are half a layer or more: the rest of the first layer is found by its uses.
SmallVector<Run> Finder::getRuns(size_t period) {
  SmallVector<Run> runs;
  for (size_t i = 0; i + period < ops.size();) {
    size_t begin = i;
    while (i + period < ops.size() && looks[i] == looks[i + period])
      ++i;
    if (2 * (i - begin) >= period && i - begin >= kWindow)
      runs.push_back({begin, i, period});
    i += i == begin;
  }
  return runs;
}

/// The last position that uses what stands at `position`; its own if none does.
size_t Finder::getLastUse(size_t position) {
  size_t last = position;
  for (Operation *user : ops[position]->getUsers()) {
    Operation *top = ops[position]->getBlock()->findAncestorOpInBlock(*user);
    auto it = positions.find(top);
    last = std::max(last, it == positions.end() ? ops.size() : it->second);
  }
  return last;
}

/// Places to begin a layer at, those that the fewest values cross first. They
/// are looked for at the run's end, where the first layer does not disturb.
SmallVector<size_t> Finder::getCuts(const Run &run) {
  size_t period = run.period, high = run.end;
  size_t low = std::max(run.begin, high - std::min(high, period - 1));
  // How many more values cross each place than the one before.
  SmallVector<int64_t> steps(high - low + 2, 0);
  for (size_t i = high - std::min(high, 2 * period); i < high; ++i) {
    size_t first = std::max(i + 1, low), last = std::min(getLastUse(i), high);
    if (first > last)
      continue;
    ++steps[first - low];
    --steps[last + 1 - low];
  }
  SmallVector<std::pair<int64_t, size_t>> cuts;
  int64_t crossing = 0;
  for (size_t cut = low; cut <= high; ++cut) {
    crossing += steps[cut - low];
    cuts.emplace_back(crossing, cut - (cut - run.begin) / period * period);
  }
  llvm::sort(cuts);
  SmallVector<size_t> places;
  for (auto [count, place] : ArrayRef(cuts).take_front(kMaxCuts))
    places.push_back(place);
  return places;
}

/// The layers from `cut` on: with the one in front of it and without.
void Finder::addCandidates(const Run &run, size_t cut) {
  Copies copies;
  size_t end = run.end + run.period;
  for (size_t begin = cut; begin + run.period <= end; begin += run.period)
    copies.emplace_back(ArrayRef(ops).slice(begin, run.period));
  if (copies.empty())
    return;
  Predecessor predecessor(copies, looks, positions);
  for (size_t t = 0; t < run.period; ++t)
    if (cut + t >= run.begin + run.period)
      predecessor.propose(t, ops[cut + t - run.period]);
  if (auto first = predecessor.find()) {
    Copies longer{*first};
    longer.append(copies);
    add(std::move(longer));
  }
  add(std::move(copies));
}

/// The last layer may make less than others, or more.
void Finder::add(Copies copies) {
  if (copies.size() > 2)
    found.emplace_back(ArrayRef(copies).drop_back());
  if (copies.size() > 1)
    found.push_back(std::move(copies));
}

SmallVector<Copies> Finder::find() {
  for (size_t period : getPeriods())
    for (const Run &run : getRuns(period))
      for (size_t cut : getCuts(run))
        addCandidates(run, cut);
  // Of equal ones the first that was found.
  std::multimap<size_t, Copies, std::greater<size_t>> sorted;
  for (Copies &copies : found)
    sorted.emplace(copies.size() * copies.front().size(), std::move(copies));
  return llvm::to_vector(llvm::make_second_range(sorted));
}

SmallVector<Copies> bitnet::findLayers(Block &block) {
  return Finder(block).find();
}
