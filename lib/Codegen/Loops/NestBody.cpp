//===- NestBody.cpp - the body of a nest, as scalars or vectors -----------===//
//
// The body of a linalg operation, emitted for one element or for a vector of
// them. Each value of the body has a stage: Before does not change along the
// row and is emitted once, Scalar may only run inside the loop but is the same
// in all lanes, Lanes differs from lane to lane and becomes a vector.
//
//===----------------------------------------------------------------------===//

#include "NestBody.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::bitnet;

NestBody::NestBody(const NestPlan &plan) : plan(plan), op(plan.op) {
  classify();
}

//===----------------------------------------------------------------------===//
// When values are known
//===----------------------------------------------------------------------===//

/// Finds the stages of all values, of arguments first and then of operations in
/// order: the stage of an operation is the latest one of its operands.
void NestBody::classify() {
  Block *block = op.getBlock();
  for (OpOperand &operand : op->getOpOperands()) {
    bool invariant =
        plan.accesses[operand.getOperandNumber()] == Access::Invariant;
    // An accumulator changes even where its address does not.
    stages[op.getMatchingBlockArgument(&operand)] =
        !invariant || op.isDpsInit(&operand) ? Stage::Lanes : Stage::Before;
  }
  for (Operation &inner : block->without_terminator())
    for (Value result : inner.getResults())
      stages[result] = classify(inner);
}

NestBody::Stage NestBody::classify(Operation &inner) const {
  auto index = dyn_cast<linalg::IndexOp>(inner);
  if (index)
    return plan.row == index.getDim() ? Stage::Lanes : Stage::Before;
  Stage stage = Stage::Before;
  // Loads and divisions may not run when the row is empty.
  if (!isPure(&inner) || inner.getNumRegions() != 0)
    stage = Stage::Scalar;
  inner.walk([&](Operation *user) {
    if (isa<linalg::IndexOp>(user))
      stage = Stage::Lanes;
    for (Value value : user->getOperands())
      if (auto known = stages.find(value); known != stages.end())
        stage = std::max(stage, known->second);
  });
  return stage;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Indices of `operand` at position `at` of the row, by its indexing map.
SmallVector<Value> NestBody::getIndices(ImplicitLocOpBuilder &b,
                                        OpOperand &operand, Value at) {
  SmallVector<OpFoldResult> loops;
  for (Value iv : ivs)
    loops.push_back(iv ? iv : at);
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults()) {
    OpFoldResult index = affine::makeComposedFoldedAffineApply(
        b, b.getLoc(), AffineMap::get(map.getNumDims(), 0, expr), loops);
    indices.push_back(getValueOrCreateConstantIndexOp(b, b.getLoc(), index));
  }
  return indices;
}

/// The position of one lane of a vector that begins at `at`.
static Value getLaneIndex(ImplicitLocOpBuilder &b, Value at, int64_t lane) {
  Value offset = arith::ConstantIndexOp::create(b, lane);
  return b.createOrFold<arith::AddIOp>(at, offset);
}

static VectorType getVectorType(Type element, int64_t lanes) {
  return VectorType::get(lanes, element);
}

/// Two vectors that share their middle element, so that nothing is read behind
/// the last one that is wanted.
Value NestBody::loadAlternate(ImplicitLocOpBuilder &b, OpOperand &operand,
                              VectorType type, Value at) {
  int64_t lanes = type.getNumElements();
  SmallVector<Value> indices = getIndices(b, operand, at);
  Value first = vector::LoadOp::create(b, type, operand.get(), indices);
  Value &index = indices[getMovingDim(op, operand, *plan.row)];
  index = getLaneIndex(b, index, lanes - 1);
  Value second = vector::LoadOp::create(b, type, operand.get(), indices);
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < lanes; ++lane)
    mask.push_back(lane < lanes / 2 ? 2 * lane : 2 * lane + 1);
  return vector::ShuffleOp::create(b, first, second, mask);
}

/// `lanes` elements from position `at` on, by the operand's access: one load
/// for neighbours, two for every second element, else one per lane.
Value NestBody::load(ImplicitLocOpBuilder &b, OpOperand &operand, Value at,
                     int64_t lanes) {
  Value buffer = operand.get();
  if (!isa<MemRefType>(buffer.getType()))
    return buffer;
  Access access = plan.accesses[operand.getOperandNumber()];
  if (lanes == 1 || access == Access::Invariant)
    return memref::LoadOp::create(b, buffer, getIndices(b, operand, at));
  auto type = getVectorType(getElementTypeOrSelf(buffer), lanes);
  if (access == Access::Contiguous)
    return vector::LoadOp::create(b, type, buffer, getIndices(b, operand, at));
  if (access == Access::Alternate)
    return loadAlternate(b, operand, type, at);
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < lanes; ++lane)
    elements.push_back(memref::LoadOp::create(
        b, buffer, getIndices(b, operand, getLaneIndex(b, at, lane))));
  return vector::FromElementsOp::create(b, type, elements);
}

/// The counterpart of `load`; only contiguous results are stored as a vector.
void NestBody::store(ImplicitLocOpBuilder &b, OpOperand &operand, Value value,
                     Value at, int64_t lanes) {
  Access access = plan.accesses[operand.getOperandNumber()];
  if (lanes == 1) {
    memref::StoreOp::create(b, value, operand.get(),
                            getIndices(b, operand, at));
    return;
  }
  if (access == Access::Contiguous) {
    vector::StoreOp::create(b, value, operand.get(),
                            getIndices(b, operand, at));
    return;
  }
  for (int64_t lane = 0; lane < lanes; ++lane)
    memref::StoreOp::create(b, vector::ExtractOp::create(b, value, lane),
                            operand.get(),
                            getIndices(b, operand, getLaneIndex(b, at, lane)));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Float operations keep their order, so no flag may change it.
static void dropFastMath(Operation *op) {
  if (auto math = dyn_cast<arith::ArithFastMathInterface>(op))
    op->setAttr(math.getFastMathAttrName(),
                arith::FastMathFlagsAttr::get(op->getContext(),
                                              arith::FastMathFlags::none));
}

/// `value` in all lanes, unless it is a vector or a vector is not wanted.
Value NestBody::widen(ImplicitLocOpBuilder &b, Value value, int64_t lanes) {
  if (lanes == 1 || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(b, getVectorType(value.getType(), lanes),
                                     value);
}

/// A load of a table whose last index is the position in the row.
bool NestBody::isNeighbourLoad(Operation &inner) const {
  auto load = cast<memref::LoadOp>(inner);
  MemRefType type = load.getMemRefType();
  if (load.getIndices().empty() || !isVectorElement(type.getElementType()) ||
      !type.isLastDimUnitStride())
    return false;
  auto index = load.getIndices().back().getDefiningOp<linalg::IndexOp>();
  if (!index || plan.row != index.getDim())
    return false;
  return llvm::all_of(load.getIndices().drop_back(), [&](Value value) {
    auto known = stages.find(value);
    return known == stages.end() || known->second != Stage::Lanes;
  });
}

/// Loads lanes that no vector operation can load, one at a time.
Value NestBody::emitGather(ImplicitLocOpBuilder &b, Operation &inner,
                           IRMapping &map, Value at, int64_t lanes) {
  auto load = cast<memref::LoadOp>(inner);
  auto type = getVectorType(load.getType(), lanes);
  SmallVector<Value> indices;
  for (Value index : load.getIndices())
    indices.push_back(map.lookupOrDefault(index));
  if (isNeighbourLoad(inner)) {
    indices.back() = at;
    return vector::LoadOp::create(b, type, load.getMemRef(), indices);
  }
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    SmallVector<Value> position(indices);
    for (Value &index : position)
      if (isa<VectorType>(index.getType()))
        index = vector::ExtractOp::create(b, index, lane);
    elements.push_back(memref::LoadOp::create(b, load.getMemRef(), position));
  }
  return vector::FromElementsOp::create(b, type, elements);
}

/// One operation of stage Lanes on vectors: the same operation with vector
/// types. Loads and indices have no vector form of their own and are built
/// here.
void NestBody::emitVector(ImplicitLocOpBuilder &b, Operation &inner,
                          IRMapping &map, Value at, int64_t lanes) {
  if (isa<memref::LoadOp>(inner)) {
    map.map(inner.getResult(0), emitGather(b, inner, map, at, lanes));
    return;
  }
  if (isa<linalg::IndexOp>(inner)) {
    auto type = getVectorType(b.getIndexType(), lanes);
    Value steps = vector::StepOp::create(b, type);
    map.map(inner.getResult(0),
            arith::AddIOp::create(b, widen(b, at, lanes), steps));
    return;
  }
  SmallVector<Value> operands;
  for (Value operand : inner.getOperands())
    operands.push_back(widen(b, map.lookupOrDefault(operand), lanes));
  SmallVector<Type> types;
  for (Type type : inner.getResultTypes())
    types.push_back(getVectorType(type, lanes));
  OperationState state(b.getLoc(), inner.getName(), operands, types,
                       inner.getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = inner.getPropertiesAsAttribute();
  Operation *wide = b.create(state);
  dropFastMath(wide);
  map.map(inner.getResults(), wide->getResults());
}

/// An operation that is no vector is cloned; indices of loops that it uses,
/// also in nested regions, become the loops' variables.
void NestBody::emitOperation(ImplicitLocOpBuilder &b, Operation &inner,
                             IRMapping &map, Value at, int64_t lanes) {
  bool varies = inner.getNumResults() != 0 &&
                stages.lookup(inner.getResult(0)) == Stage::Lanes;
  if (lanes != 1 && varies)
    return emitVector(b, inner, map, at, lanes);
  if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
    Value iv = ivs[index.getDim()];
    map.map(inner.getResult(0), iv ? iv : at);
    return;
  }
  Operation *clone = b.clone(inner, map);
  dropFastMath(clone);
  SmallVector<linalg::IndexOp> nested;
  clone->walk([&](linalg::IndexOp index) { nested.push_back(index); });
  for (linalg::IndexOp index : nested) {
    Value iv = ivs[index.getDim()];
    index.replaceAllUsesWith(iv ? iv : at);
    index.erase();
  }
}

/// The operations of the body that belong into the loop: not those that were
/// emitted before it, and not the one that combines with the accumulator.
void NestBody::emitOperations(ImplicitLocOpBuilder &b, IRMapping &map, Value at,
                              int64_t lanes) {
  for (Operation &inner : op.getBlock()->without_terminator()) {
    bool isBefore = inner.getNumResults() != 0 &&
                    stages.lookup(inner.getResult(0)) == Stage::Before &&
                    isPure(&inner);
    if (!isBefore && &inner != plan.combiner)
      emitOperation(b, inner, map, at, lanes);
  }
}

//===----------------------------------------------------------------------===//
// The parts of a nest
//===----------------------------------------------------------------------===//

void NestBody::emitInvariants(ImplicitLocOpBuilder &b, ArrayRef<Value> loops) {
  ivs.assign(loops.begin(), loops.end());
  before = IRMapping();
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    if (stages.lookup(argument) == Stage::Before && !argument.use_empty())
      before.map(argument, load(b, operand, Value(), 1));
  }
  for (Operation &inner : op.getBlock()->without_terminator())
    if (inner.getNumResults() != 0 &&
        stages.lookup(inner.getResult(0)) == Stage::Before && isPure(&inner))
      emitOperation(b, inner, before, Value(), 1);
}

/// Maps the body's arguments to their values at position `at`.
IRMapping NestBody::loadOperands(ImplicitLocOpBuilder &b, Value at,
                                 int64_t lanes) {
  IRMapping map = before;
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    bool isAccumulator = plan.combiner && op.isDpsInit(&operand);
    if (stages.lookup(argument) == Stage::Lanes && !isAccumulator &&
        !argument.use_empty())
      map.map(argument, load(b, operand, at, lanes));
  }
  return map;
}

void NestBody::emitElement(ImplicitLocOpBuilder &b, Value at, int64_t lanes) {
  IRMapping map = loadOperands(b, at, lanes);
  emitOperations(b, map, at, lanes);
  for (auto [init, value] :
       llvm::zip(op.getDpsInitsMutable(),
                 op.getBlock()->getTerminator()->getOperands()))
    store(b, init, widen(b, map.lookupOrDefault(value), lanes), at, lanes);
}

/// Lines as columns: each round puts line i next to line i + n/2, lane by lane,
/// which rotates the bits of (line, lane) by one.
static void transposeLines(ImplicitLocOpBuilder &b,
                           SmallVectorImpl<Value> &lines) {
  int64_t half = kNestLanes / 2;
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < half; ++lane) {
    low.append({lane, kNestLanes + lane});
    high.append({half + lane, kNestLanes + half + lane});
  }
  for (int64_t round = kNestLanes; round > 1; round /= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < half; ++i)
      for (ArrayRef<int64_t> mask : {low, high})
        next.push_back(
            vector::ShuffleOp::create(b, lines[i], lines[half + i], mask));
    lines = next;
  }
}

/// A transposition of 16 by 16 elements through registers: 16 loads along the
/// column, four rounds of shuffles, 16 stores along the row.
void NestBody::emitTile(ImplicitLocOpBuilder &b, Value column, Value row) {
  OpOperand &from = *op.getDpsInputOperand(0), &to = *op.getDpsInitOperand(0);
  auto type = getVectorType(getElementTypeOrSelf(from.get()), kNestLanes);
  SmallVector<Value> lines;
  ivs[*plan.column] = column;
  for (int64_t i = 0; i < kNestLanes; ++i)
    lines.push_back(vector::LoadOp::create(
        b, type, from.get(), getIndices(b, from, getLaneIndex(b, row, i))));
  transposeLines(b, lines);
  for (auto [i, line] : llvm::enumerate(lines)) {
    ivs[*plan.column] = getLaneIndex(b, column, i);
    vector::StoreOp::create(b, line, to.get(), getIndices(b, to, row));
  }
}

Value NestBody::emitContribution(ImplicitLocOpBuilder &b, Value at,
                                 int64_t lanes) {
  IRMapping map = loadOperands(b, at, lanes);
  emitOperations(b, map, at, lanes);
  return widen(b, map.lookupOrDefault(plan.contribution), lanes);
}

/// A fresh copy of the combiner, without fast-math flags: its order is mm_c3.
Value NestBody::combine(ImplicitLocOpBuilder &b, Value x, Value y) {
  OperationState state(b.getLoc(), plan.combiner->getName(), {x, y},
                       {x.getType()});
  state.propertiesAttr = plan.combiner->getPropertiesAsAttribute();
  Operation *combined = b.create(state);
  dropFastMath(combined);
  return combined->getResult(0);
}

Value NestBody::loadResult(ImplicitLocOpBuilder &b) {
  return load(b, *op.getDpsInitOperand(0), Value(), 1);
}

void NestBody::storeResult(ImplicitLocOpBuilder &b, Value value) {
  store(b, *op.getDpsInitOperand(0), value, Value(), 1);
}
