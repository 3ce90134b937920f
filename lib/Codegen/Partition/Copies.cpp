//===- Copies.cpp - how the layers of a network differ --------------------===//

#include "Copies.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/Hashing.h"

using namespace mlir;
using namespace mlir::bitnet;

bool bitnet::isConstantLeaf(Operation *op) {
  return isa<ConstantOp>(op) || op->hasTrait<OpTrait::ConstantLike>();
}

bool bitnet::mayRepeat(Operation *op) {
  return isa<ProbeOp>(op) || isMemoryEffectFree(op);
}

SmallVector<OpOperand *> bitnet::getAllOperands(Operation *op) {
  SmallVector<OpOperand *> operands;
  op->walk<WalkOrder::PreOrder>([&](Operation *nested) {
    for (OpOperand &operand : nested->getOpOperands())
      operands.push_back(&operand);
  });
  return operands;
}

/// Whether `op` is a number in a region, which the body of a loop can load. At
/// the top of a block it is a constant like others.
static bool isNumber(Operation *op) {
  return isa<arith::ConstantOp>(op) &&
         op->getResult(0).getType().isIntOrFloat();
}

/// The attributes in which copies must agree.
static DictionaryAttr getFixedAttributes(Operation *op) {
  if (isNumber(op))
    return DictionaryAttr::get(op->getContext());
  DictionaryAttr all = op->getAttrDictionary();
  if (!isa<ProbeOp>(op))
    return all;
  NamedAttrList rest(all);
  rest.erase("name");
  return rest.getDictionary(op->getContext());
}

size_t bitnet::getFingerprint(Operation *root) {
  llvm::hash_code hash(0);
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    hash = llvm::hash_combine(hash, op->getName(), op == root,
                              getFixedAttributes(op), op->getNumRegions());
    for (Type type : op->getOperandTypes())
      hash = llvm::hash_combine(hash, type);
    for (Type type : op->getResultTypes())
      hash = llvm::hash_combine(hash, type);
  });
  return hash;
}

namespace {
/// Compares one layer after the other with the first one.
class Comparison {
public:
  explicit Comparison(const Copies &copies) : copies(copies) {}

  std::optional<LoopPlan> run();

private:
  /// A nested operation of each layer.
  using Row = SmallVector<Operation *>;

  bool compareRow(const Row &row);
  /// After all rows were compared: a layer may take over what comes late in the
  /// layer before.
  bool explainOperands(const Row &row);
  bool compareOperation(Operation *first, Operation *other, unsigned layer);
  bool compareRegions(const Row &row);
  bool compareBlocks(ArrayRef<Block *> blocks);
  bool addOperand(OpOperand &operand, ArrayRef<Value> values);
  bool isInternal(ArrayRef<Value> values);
  unsigned addTable(ArrayRef<Value> values);
  bool addCarried(OpOperand &operand, ArrayRef<Value> values);
  void addNumber(const Row &row);
  bool areResultsOwn();
  bool isUsedWell(Operation *op, unsigned layer);

  const Copies &copies;
  LoopPlan plan;
  /// For each layer: its values to those of the first one.
  SmallVector<llvm::DenseMap<Value, Value>> toFirst;
  /// The layer of an operation of the block.
  llvm::DenseMap<Operation *, unsigned> layerOf;
  /// Operations of all layers, in order, those in regions, too.
  SmallVector<Row> rows;
  llvm::DenseMap<Attribute, unsigned> tableIndices;
};
} // namespace

/// Results and arguments of `first` and `other` stand for one another.
bool Comparison::compareOperation(Operation *first, Operation *other,
                                  unsigned layer) {
  if (first->getName() != other->getName() ||
      getFixedAttributes(first) != getFixedAttributes(other) ||
      first->getOperandTypes() != other->getOperandTypes() ||
      first->getResultTypes() != other->getResultTypes() ||
      first->getNumRegions() != other->getNumRegions() ||
      first->getNumSuccessors() != 0)
    return false;
  for (auto [mine, its] :
       llvm::zip_equal(first->getResults(), other->getResults()))
    toFirst[layer][its] = mine;
  return true;
}

/// `row` holds the same operation of each layer, in the block or in a region.
bool Comparison::compareRow(const Row &row) {
  for (unsigned i = 0; i < row.size(); ++i)
    if (!compareOperation(row.front(), row[i], i))
      return false;
  rows.push_back(row);
  return compareRegions(row);
}

/// Regions of more than one block, which no pass of this stage makes, end the
/// comparison.
bool Comparison::compareRegions(const Row &row) {
  for (unsigned region = 0; region < row.front()->getNumRegions(); ++region) {
    SmallVector<Block *> blocks;
    for (Operation *op : row) {
      if (!op->getRegion(region).hasOneBlock())
        return false;
      blocks.push_back(&op->getRegion(region).front());
    }
    if (!compareBlocks(blocks))
      return false;
  }
  return true;
}

/// Equal blocks have the same arguments and the same operations in one order.
bool Comparison::compareBlocks(ArrayRef<Block *> blocks) {
  Block *first = blocks.front();
  SmallVector<Block::iterator> positions;
  for (auto [layer, block] : llvm::enumerate(blocks)) {
    if (block->getArgumentTypes() != first->getArgumentTypes() ||
        block->getOperations().size() != first->getOperations().size())
      return false;
    for (auto [mine, its] :
         llvm::zip_equal(first->getArguments(), block->getArguments()))
      toFirst[layer][its] = mine;
    positions.push_back(block->begin());
  }
  for (size_t i = 0, e = first->getOperations().size(); i < e; ++i) {
    Row row;
    for (Block::iterator &position : positions)
      row.push_back(&*position++);
    if (!compareRow(row))
      return false;
  }
  return true;
}

/// Every operand must be one of the four kinds that LoopPlan knows.
bool Comparison::explainOperands(const Row &row) {
  for (OpOperand &operand : row.front()->getOpOperands()) {
    SmallVector<Value> values;
    for (Operation *op : row)
      values.push_back(op->getOperand(operand.getOperandNumber()));
    if (!addOperand(operand, values))
      return false;
  }
  return true;
}

/// Whether each layer made its value itself, in the same place.
bool Comparison::isInternal(ArrayRef<Value> values) {
  for (auto [layer, value] : llvm::enumerate(values))
    if (toFirst[layer].lookup(value) != values.front())
      return false;
  return true;
}

/// Whether the weights can hold `elements`: numbers of whole bytes, or booleans.
static bool isStorable(Attribute elements) {
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense || !dense.getElementType().isIntOrFloat())
    return false;
  unsigned width = dense.getElementType().getIntOrFloatBitWidth();
  return width == 1 || width % 8 == 0;
}

/// The constant behind `value`, null if it is none that a table may hold.
static Attribute getConstant(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast_or_null<ConstantOp>(op))
    return constant.getValue();
  auto constant = dyn_cast_or_null<arith::ConstantOp>(op);
  bool fits =
      constant && (isNumber(constant) || isStorable(constant.getValue()));
  return fits ? Attribute(constant.getValue()) : Attribute();
}

/// Constants are compared by value: the same number may be two operations.
bool Comparison::addOperand(OpOperand &operand, ArrayRef<Value> values) {
  if (isInternal(values))
    return true;
  auto constants = llvm::map_to_vector(values, getConstant);
  bool isSame = llvm::all_equal(values) ||
                (constants.front() && llvm::all_equal(constants));
  if (isSame)
    plan.outside.insert(values.front());
  else if (llvm::all_of(constants, [](Attribute value) { return bool(value); }))
    plan.tableOperands[&operand] = addTable(values);
  else
    return addCarried(operand, values);
  return true;
}

/// Operands that read the same constants share a table.
unsigned Comparison::addTable(ArrayRef<Value> values) {
  SmallVector<Attribute> key = llvm::map_to_vector(values, getConstant);
  LoopPlan::Table table{key, values.front()};
  key.push_back(TypeAttr::get(values.front().getType()));
  auto [known, isNew] = tableIndices.try_emplace(
      ArrayAttr::get(values.front().getContext(), key), plan.tables.size());
  if (isNew)
    plan.tables.push_back(table);
  return known->second;
}

/// `values`: what the first layer is given, then what each layer made. It must
/// be the same result of every layer, and of the type that the first one is
/// given.
bool Comparison::addCarried(OpOperand &operand, ArrayRef<Value> values) {
  Value result;
  for (unsigned layer = 1; layer < values.size(); ++layer) {
    Value made = toFirst[layer - 1].lookup(values[layer]);
    if (!made || (result && made != result))
      return false;
    result = made;
  }
  Value init = values.front();
  bool isTop =
      result.getDefiningOp() && layerOf.contains(result.getDefiningOp());
  if (!isTop || toFirst[0].contains(init) || init.getType() != result.getType())
    return false;
  LoopPlan::Carried carried{init, result};
  auto *known = llvm::find(plan.carried, carried);
  plan.carriedOperands[&operand] = known - plan.carried.begin();
  if (known == plan.carried.end())
    plan.carried.push_back(carried);
  plan.outside.insert(init);
  return true;
}

/// A number that differs from layer to layer becomes a table of numbers.
void Comparison::addNumber(const Row &row) {
  auto values = llvm::map_to_vector(
      row, [](Operation *op) -> Value { return op->getResult(0); });
  if (!llvm::all_equal(llvm::map_range(values, getConstant)))
    plan.numbers[row.front()] = addTable(values);
}

/// Whoever uses a result of `op` must see the same value when the layers are
/// iterations.
bool Comparison::isUsedWell(Operation *op, unsigned layer) {
  for (OpOperand &use : op->getUses()) {
    Operation *user = op->getBlock()->findAncestorOpInBlock(*use.getOwner());
    auto it = layerOf.find(user);
    if (it != layerOf.end()) {
      if (it->second != layer && it->second != layer + 1)
        return false;
      continue;
    }
    Value first = toFirst[layer].lookup(use.get());
    bool isCarried = llvm::any_of(plan.carried, [&](const auto &carried) {
      return carried.result == first;
    });
    if (layer + 1 != copies.size() || !isCarried)
      return false;
  }
  return true;
}

/// Whether no layer's value is seen beyond the next layer, except what the last
/// one hands on.
bool Comparison::areResultsOwn() {
  for (auto [layer, ops] : llvm::enumerate(copies))
    for (Operation *op : ops)
      if (!isUsedWell(op, layer))
        return false;
  return true;
}

std::optional<LoopPlan> Comparison::run() {
  toFirst.resize(copies.size());
  for (auto [layer, ops] : llvm::enumerate(copies))
    for (Operation *op : ops)
      if (!layerOf.insert({op, layer}).second)
        return std::nullopt;
  for (size_t t = 0; t < copies.front().size(); ++t) {
    Row row;
    for (const auto &ops : copies)
      row.push_back(ops[t]);
    if (!compareRow(row))
      return std::nullopt;
  }
  for (const Row &row : rows) {
    if (!explainOperands(row))
      return std::nullopt;
    if (isNumber(row.front()))
      addNumber(row);
  }
  if (!areResultsOwn())
    return std::nullopt;
  return std::move(plan);
}

std::optional<LoopPlan> LoopPlan::get(const Copies &copies) {
  return Comparison(copies).run();
}
