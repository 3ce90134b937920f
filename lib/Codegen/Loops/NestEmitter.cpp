//===- NestEmitter.cpp - the loops of a planned nest ----------------------===//
//
// The loops around NestBody: one scf.parallel of all parallel loops, sequential
// loops in it, and the row loop innermost. A row is emitted as elements, as a
// reduction, or, with a neighbouring column, as tiles that are transposed.
//
//===----------------------------------------------------------------------===//

#include "NestEmitter.h"

#include "NestBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

/// A row without loops around it is divided into strips of so many elements,
/// which may run on several threads.
static constexpr int64_t kRowBlock = 4096;

namespace {
class Emitter {
public:
  explicit Emitter(const NestPlan &nest)
      : plan(nest), b(plan.op.getLoc(), plan.op), body(plan) {}

  void emit();

private:
  void collectLoops();
  void emitParallel();
  void emitBlocks();
  void emitSequential();
  void emitRow();
  void emitTiles();
  void emitUntiled(Value from, Value to);
  void emitElements();
  void emitReduction();
  SmallVector<Value> emitPartials(Value end);
  Value emitPartial(Value partial, Value begin, Value end);
  Value emitTree(ArrayRef<Value> partials);
  Value roundDown(Value size, int64_t unit);
  scf::ForOp enterFor(Value begin, Value end, int64_t step,
                      ValueRange init = {});
  void yield(ValueRange values) { scf::YieldOp::create(b, values); }
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  NestPlan plan;
  ImplicitLocOpBuilder b;
  NestBody body;
  SmallVector<Value> sizes, ivs;
  SmallVector<unsigned> parallel, sequential;
  /// The part of the row that is being emitted.
  Value begin, end;
};
} // namespace

/// Sizes of all loops; each loop but the row's goes to `parallel` or
/// `sequential`, unless it runs once.
void Emitter::collectLoops() {
  linalg::LinalgOp op = plan.op;
  for (const Range &range : op.createLoopRanges(b, b.getLoc()))
    sizes.push_back(getValueOrCreateConstantIndexOp(b, b.getLoc(), range.size));
  ivs.resize(sizes.size());
  for (unsigned loop = 0, e = sizes.size(); loop < e; ++loop) {
    if (plan.row == loop)
      continue;
    if (plan.isUnit(loop))
      ivs[loop] = constant(0);
    else
      (plan.isParallel(loop) ? parallel : sequential).push_back(loop);
  }
}

/// The builder stands in front of the operation, which the pass erases
/// afterwards.
void Emitter::emit() {
  collectLoops();
  if (plan.row) {
    begin = constant(0);
    end = sizes[*plan.row];
  }
  if (!parallel.empty())
    return emitParallel();
  if (sequential.empty() && plan.row && plan.isParallel(*plan.row))
    return emitBlocks();
  emitSequential();
}

/// The parallel loops around the rows. When the plan has a column loop, one
/// iteration of it takes a strip of 16 columns.
void Emitter::emitParallel() {
  SmallVector<Value> lowers(parallel.size(), constant(0)), uppers,
      steps(parallel.size(), constant(1));
  for (auto [i, loop] : llvm::enumerate(parallel)) {
    uppers.push_back(sizes[loop]);
    if (plan.column != loop)
      continue;
    // Columns behind the last full strip belong to that strip's iteration.
    uppers[i] = b.createOrFold<arith::MaxSIOp>(
        roundDown(sizes[loop], kNestLanes), constant(1));
    steps[i] = constant(kNestLanes);
  }
  auto nest = scf::ParallelOp::create(b, lowers, uppers, steps);
  for (auto [loop, iv] : llvm::zip(parallel, nest.getInductionVars()))
    ivs[loop] = iv;
  b.setInsertionPointToStart(nest.getBody());
  emitSequential();
}

/// The row is the only loop: its strips are the iterations of a parallel loop.
void Emitter::emitBlocks() {
  int64_t extent = plan.extents[*plan.row];
  if (!ShapedType::isDynamic(extent) && extent <= kRowBlock)
    return emitRow();
  auto nest = scf::ParallelOp::create(b, ValueRange(begin), ValueRange(end),
                                      ValueRange(constant(kRowBlock)));
  b.setInsertionPointToStart(nest.getBody());
  begin = nest.getInductionVars().front();
  Value next = arith::AddIOp::create(b, begin, constant(kRowBlock));
  end = arith::MinSIOp::create(b, next, end);
  emitRow();
}

/// Reductions keep the order of their loops.
void Emitter::emitSequential() {
  for (unsigned loop : sequential)
    ivs[loop] = enterFor(constant(0), sizes[loop], 1).getInductionVar();
  emitRow();
}

/// The builder goes into the loop.
scf::ForOp Emitter::enterFor(Value from, Value to, int64_t step,
                             ValueRange init) {
  auto loop = scf::ForOp::create(b, from, to, constant(step), init);
  b.setInsertionPointToStart(loop.getBody());
  return loop;
}

/// What of the row the builder's position covers: [begin, end).
void Emitter::emitRow() {
  body.emitInvariants(b, ivs);
  if (!plan.row)
    return body.emitElement(b, Value(), 1);
  if (plan.combiner)
    return emitReduction();
  if (plan.column)
    return emitTiles();
  emitElements();
}

/// One strip of 16 columns, tile by tile. The last tile of a row or a column
/// begins early and overlaps the one before, within one iteration, so that no
/// two threads write the same element; extents smaller than a tile have no
/// tiles.
void Emitter::emitTiles() {
  Value size = sizes[*plan.column], first = ivs[*plan.column];
  Value lanes = constant(kNestLanes);
  Value next = arith::AddIOp::create(b, first, lanes);
  Value afterNext = arith::AddIOp::create(b, next, lanes);
  Value isLast =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, afterNext, size);
  Value least = b.createOrFold<arith::MinSIOp>(size, end);
  Value fits =
      b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sge, least, lanes);
  auto choice = scf::IfOp::create(b, fits, /*withElseRegion=*/true);
  b.setInsertionPointToStart(choice.elseBlock());
  emitUntiled(first, arith::SelectOp::create(b, isLast, size, next));
  b.setInsertionPointToStart(choice.thenBlock());
  Value lastColumn = b.createOrFold<arith::SubIOp>(size, lanes);
  Value lastRow = b.createOrFold<arith::SubIOp>(end, lanes);
  scf::ForOp loop = enterFor(begin, end, kNestLanes);
  Value row = b.createOrFold<arith::MinSIOp>(loop.getInductionVar(), lastRow);
  body.emitTile(b, first, row);
  int64_t extent = plan.extents[*plan.column];
  if (!ShapedType::isDynamic(extent) && extent % kNestLanes == 0)
    return;
  auto rest = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
  b.setInsertionPointToStart(rest.thenBlock());
  body.emitTile(b, lastColumn, row);
}

/// Emits columns [from, to) one by one, each as a row of its own.
void Emitter::emitUntiled(Value from, Value to) {
  Value whole = begin;
  ivs[*plan.column] = enterFor(from, to, 1).getInductionVar();
  body.emitInvariants(b, ivs);
  emitElements();
  begin = whole;
}

/// `size` rounded down to whole units.
Value Emitter::roundDown(Value size, int64_t unit) {
  Value rest = b.createOrFold<arith::RemUIOp>(size, constant(unit));
  return b.createOrFold<arith::SubIOp>(size, rest);
}

/// Emits a row as vectors. What is left of a known extent takes ever narrower
/// vectors, of an unknown one single elements.
void Emitter::emitElements() {
  Value size = b.createOrFold<arith::SubIOp>(end, begin);
  std::optional<int64_t> rest = getConstantIntValue(size);
  for (int64_t lanes = plan.lanes; lanes > 1; lanes = rest ? lanes / 2 : 1) {
    if (rest && *rest < lanes)
      continue;
    Value middle = b.createOrFold<arith::AddIOp>(begin, roundDown(size, lanes));
    scf::ForOp loop = enterFor(begin, middle, lanes);
    body.emitElement(b, loop.getInductionVar(), lanes);
    b.setInsertionPointAfter(loop);
    begin = middle;
    size = b.createOrFold<arith::SubIOp>(end, begin);
    if (rest)
      *rest %= lanes;
  }
  if (rest == 0)
    return;
  scf::ForOp loop = enterFor(begin, end, 1);
  body.emitElement(b, loop.getInductionVar(), 1);
}

//===----------------------------------------------------------------------===//
// Reductions along the row: one order, whatever the machine
//===----------------------------------------------------------------------===//

/// Lane j of vector i combines the elements 16 i + j (mod 64), ascending.
SmallVector<Value> Emitter::emitPartials(Value to) {
  auto neutral = cast<TypedAttr>(*arith::getNeutralElement(plan.combiner));
  auto type = VectorType::get(plan.lanes, neutral.getType());
  Value start = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, Attribute(neutral)));
  SmallVector<Value> partials(kNestAccumulators, start);
  scf::ForOp loop =
      enterFor(begin, to, kNestAccumulators * plan.lanes, partials);
  for (auto [i, partial] : llvm::enumerate(loop.getRegionIterArgs())) {
    Value at = b.createOrFold<arith::AddIOp>(loop.getInductionVar(),
                                             constant(i * plan.lanes));
    partials[i] =
        body.combine(b, partial, body.emitContribution(b, at, plan.lanes));
  }
  yield(partials);
  b.setInsertionPointAfter(loop);
  return SmallVector<Value>(loop.getResults());
}

/// Vectors of 16 elements that are left over are combined with the first
/// accumulator.
Value Emitter::emitPartial(Value partial, Value from, Value to) {
  scf::ForOp loop = enterFor(from, to, plan.lanes, partial);
  Value more = body.emitContribution(b, loop.getInductionVar(), plan.lanes);
  yield(body.combine(b, loop.getRegionIterArg(0), more));
  b.setInsertionPointAfter(loop);
  return loop.getResult(0);
}

/// Combines the accumulators as (0 + 1) + (2 + 3), and then the halves of the
/// result, down to one element.
Value Emitter::emitTree(ArrayRef<Value> partials) {
  Value left = body.combine(b, partials[0], partials[1]);
  Value right = body.combine(b, partials[2], partials[3]);
  Value sum = body.combine(b, left, right);
  // Sums of integers need no order. They must not be a tree of halves, because
  // LLVM 22 takes some trees (differences of bytes, products of u8 and i8) for
  // one instruction that adds up four lanes only, which gives wrong numbers.
  if (isa<arith::AddIOp>(plan.combiner))
    return vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum);
  for (int64_t half = plan.lanes / 2; half > 0; half /= 2) {
    auto slice = [&](int64_t offset) -> Value {
      return vector::ExtractStridedSliceOp::create(
          b, sum, ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{half},
          ArrayRef<int64_t>{1});
    };
    Value low = slice(0), high = slice(half);
    sum = body.combine(b, low, high);
  }
  return vector::ExtractOp::create(b, sum, 0);
}

/// Combines the old result with the vectors and then with the elements that are
/// left over.
void Emitter::emitReduction() {
  Value result = body.loadResult(b);
  if (plan.lanes != 1) {
    Value many = roundDown(end, kNestAccumulators * plan.lanes),
          middle = roundDown(end, plan.lanes);
    SmallVector<Value> partials = emitPartials(many);
    partials[0] = emitPartial(partials[0], many, middle);
    result = body.combine(b, result, emitTree(partials));
    begin = middle;
  }
  scf::ForOp loop = enterFor(begin, end, 1, result);
  Value more = body.emitContribution(b, loop.getInductionVar(), 1);
  yield(body.combine(b, loop.getRegionIterArg(0), more));
  b.setInsertionPointAfter(loop);
  body.storeResult(b, loop.getResult(0));
}

void bitnet::emitNest(const NestPlan &plan) { Emitter(plan).emit(); }
