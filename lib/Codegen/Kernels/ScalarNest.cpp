//===- ScalarNest.cpp - the literal add-only loop nest --------------------===//
//
// for m, n, k over the packed bytes, one weight at a time. Slow on a CPU, but
// what a reader or a synthesis tool can follow, and the meaning of every
// kernel.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Kernels/ScalarNest.h"

#include "bitnet/Dialect/BitNet/Transforms/PackedDigits.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Emits the nest; the members are what its levels share.
class Nest {
public:
  Nest(ImplicitLocOpBuilder &b, const ScalarOperands &operands)
      : b(b), operands(operands),
        accType(cast<MemRefType>(operands.init.getType()).getElementType()) {}
  void emit();

private:
  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, v); }
  Value zero() { return arith::ConstantOp::create(b, b.getZeroAttr(accType)); }
  /// Runs `body` with the induction variable of a new loop.
  template <typename Body> void loop(Value low, Value high, Body body) {
    auto op = scf::ForOp::create(b, low, high, index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.getBody());
    body(op.getInductionVar());
  }
  void emitLine(Value m, Value group);
  Value emitReduction(Value m, Value n, Value group);
  Value emitStep(Value acc, Value m, Value k, ValueRange rowIndex);
  Value loadActivation(Value m, Value k);
  Value loadCode(Value k, ValueRange rowIndex);
  void store(Value v, Value m, Value n, Value group);

  ImplicitLocOpBuilder &b;
  const ScalarOperands &operands;
  Type accType;
};
} // namespace

/// Emits the loops; with groups along K the group is the outermost one.
void Nest::emit() {
  auto emitLines = [&](Value group) {
    Value rows = memref::DimOp::create(b, operands.lhs, index(0));
    if (auto type = cast<MemRefType>(operands.lhs.getType());
        !type.isDynamicDim(0))
      rows = index(type.getDimSize(0));
    loop(index(0), rows, [&](Value m) { emitLine(m, group); });
  };
  if (!operands.groupSize)
    return emitLines(Value());
  int64_t groups = operands.packing.getCols() / *operands.groupSize;
  loop(index(0), index(groups), emitLines);
}

/// All elements of row m; padding rows of the weights give 0.
void Nest::emitLine(Value m, Value group) {
  PackingAttr packing = operands.packing;
  loop(index(0), index(packing.getRows()),
       [&](Value n) { store(emitReduction(m, n, group), m, n, group); });
  if (packing.getRows() != packing.getPaddedRows())
    loop(index(packing.getRows()), index(packing.getPaddedRows()),
         [&](Value n) { store(zero(), m, n, group); });
}

/// The sum over k of one element, of one group where there are groups.
Value Nest::emitReduction(Value m, Value n, Value group) {
  // Row n lives in chunks [n / rows, ., n % rows / 16], bytes 4 * (n % 16) ...
  const PackedLayout &layout = operands.packing.getLayout();
  Value rows = index(layout.blockRows());
  Value chunkRows = index(PackedLayout::kChunkRows);
  Value inBlock = arith::RemSIOp::create(b, n, rows);
  Value inChunk = arith::RemSIOp::create(b, n, chunkRows);
  Value rowIndex[] = {
      arith::DivSIOp::create(b, n, rows),
      arith::DivSIOp::create(b, inBlock, chunkRows),
      arith::MulIOp::create(b, inChunk, index(PackedLayout::kLaneBytes))};
  Value low = index(0), high = index(operands.packing.getCols());
  if (group) {
    Value size = index(*operands.groupSize);
    low = arith::MulIOp::create(b, group, size);
    high = arith::AddIOp::create(b, low, size);
  }
  auto k = scf::ForOp::create(b, low, high, index(1), ValueRange{zero()});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(k.getBody());
  Value next =
      emitStep(k.getRegionIterArg(0), m, k.getInductionVar(), rowIndex);
  scf::YieldOp::create(b, next);
  return k.getResult(0);
}

/// Widened to the type of the accumulator.
Value Nest::loadActivation(Value m, Value k) {
  Value x = memref::LoadOp::create(b, operands.lhs, ValueRange{m, k});
  if (isa<IntegerType>(accType))
    return arith::ExtSIOp::create(b, accType, x);
  unsigned width = x.getType().getIntOrFloatBitWidth();
  if (width < 32)
    return arith::ExtFOp::create(b, accType, x);
  return width > 32 ? arith::TruncFOp::create(b, accType, x).getResult() : x;
}

/// Digit t + 1 of one weight: field k / 4 % F of byte k % 4.
Value Nest::loadCode(Value k, ValueRange rowIndex) {
  const PackedLayout &layout = operands.packing.getLayout();
  Value four = index(PackedLayout::kLaneBytes);
  Value lane = arith::RemSIOp::create(b, k, four);
  Value quad = arith::DivSIOp::create(b, k, four);
  Value field = arith::RemSIOp::create(b, quad, index(layout.fields));
  Value chunk = arith::DivSIOp::create(b, k, index(layout.chunkCols()));
  Value column = arith::AddIOp::create(b, rowIndex[2], lane);
  Value byte = memref::LoadOp::create(
      b, operands.packed, ValueRange{rowIndex[0], chunk, rowIndex[1], column});
  return emitDigit(b, byte, field, layout);
}

/// The next sum: acc + x, acc - x or acc. No multiplication (mm_c1).
Value Nest::emitStep(Value acc, Value m, Value k, ValueRange rowIndex) {
  Value code = loadCode(k, rowIndex), x = loadActivation(m, k);
  auto is = [&](int64_t v) -> Value {
    Value c = arith::ConstantIntOp::create(b, code.getType(), v);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, code, c);
  };
  Value sum, difference;
  if (isa<IntegerType>(accType)) {
    sum = arith::AddIOp::create(b, acc, x);
    difference = arith::SubIOp::create(b, acc, x);
  } else {
    // act_c2: a NaN or an infinity under a weight of 0 makes the sum NaN.
    sum = arith::AddFOp::create(b, acc, x);
    difference = arith::SubFOp::create(b, acc, x);
    acc = arith::AddFOp::create(b, acc, arith::SubFOp::create(b, x, x));
  }
  Value kept = arith::SelectOp::create(b, is(0), difference, acc);
  return arith::SelectOp::create(b, is(2), sum, kept);
}

void Nest::store(Value v, Value m, Value n, Value group) {
  SmallVector<Value> at;
  if (group)
    at.push_back(group);
  at.append({m, n});
  memref::StoreOp::create(b, v, operands.init, at);
}

void mlir::bitnet::emitScalarNest(ImplicitLocOpBuilder &b,
                                  const ScalarOperands &operands) {
  Nest(b, operands).emit();
}
