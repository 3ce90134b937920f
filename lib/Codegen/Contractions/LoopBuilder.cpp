//===- LoopBuilder.cpp - loops and vectors of a product -------------------===//
//
// Thin wrappers around operations, which fold constants so that the IR of
// kernels stays small. Only loads, stores and tails have a decision in them.
//
//===----------------------------------------------------------------------===//

#include "LoopBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::bitnet;

Value LoopBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}
Value LoopBuilder::flag(bool value) {
  return arith::ConstantIntOp::create(*this, value, /*width=*/1);
}
Value LoopBuilder::add(Value a, int64_t b) {
  return b == 0 ? a : add(a, index(b));
}
Value LoopBuilder::add(Value a, Value b) {
  return createOrFold<arith::AddIOp>(a, b);
}
Value LoopBuilder::sub(Value a, Value b) {
  return createOrFold<arith::SubIOp>(a, b);
}
Value LoopBuilder::mul(Value a, Value b) {
  return createOrFold<arith::MulIOp>(a, b);
}
Value LoopBuilder::min(Value a, Value b) {
  return createOrFold<arith::MinSIOp>(a, b);
}
Value LoopBuilder::max(Value a, Value b) {
  return createOrFold<arith::MaxSIOp>(a, b);
}
Value LoopBuilder::div(Value a, Value b) {
  return createOrFold<arith::DivUIOp>(a, b);
}
Value LoopBuilder::rem(Value a, Value b) {
  return createOrFold<arith::RemUIOp>(a, b);
}
Value LoopBuilder::ceilDiv(Value a, int64_t b) {
  return div(add(a, b - 1), index(b));
}
Value LoopBuilder::floorTo(Value a, int64_t b) {
  return sub(a, rem(a, index(b)));
}
Value LoopBuilder::dim(Value memref, int64_t i) {
  return createOrFold<memref::DimOp>(memref, i);
}

void LoopBuilder::loop(Value low, Value high, int64_t step,
                       function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(*this, low, high, index(step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

LoopBuilder::Values
LoopBuilder::reduce(Value low, Value high, int64_t step, ValueRange init,
                    function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, low, high, index(step), init);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  Values results = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, results);
  return Values(loop.getResults());
}

void LoopBuilder::branch(Value condition, function_ref<void()> then,
                         function_ref<void()> otherwise) {
  auto op = scf::IfOp::create(*this, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(op.thenBlock());
  then();
  setInsertionPointToStart(op.elseBlock());
  otherwise();
}

LoopBuilder::Values LoopBuilder::choose(Value condition,
                                        function_ref<Values()> then,
                                        function_ref<Values()> otherwise) {
  auto yield = [](function_ref<Values()> side) {
    return [side](OpBuilder &b, Location loc) {
      scf::YieldOp::create(b, loc, side());
    };
  };
  OpBuilder::InsertionGuard guard(*this);
  auto op = scf::IfOp::create(*this, condition, yield(then), yield(otherwise));
  return Values(op.getResults());
}

Value LoopBuilder::zeros(int64_t lanes) {
  auto type = VectorType::get(lanes, getF32Type());
  return arith::ConstantOp::create(*this, getZeroAttr(type));
}

/// The count is clamped, because callers pass how many elements are left.
Tail LoopBuilder::tail(Value count, int64_t lanes) {
  auto type = VectorType::get(lanes, getI1Type());
  count = min(max(count, index(0)), index(lanes));
  return {count, vector::CreateMaskOp::create(*this, type, count)};
}

void LoopBuilder::reserveScratch() {
  auto type = MemRefType::get({1, kLanes}, getF32Type());
  scratch = memref::AllocaOp::create(*this, type, getI64IntegerAttr(64));
}

/// f32 of the same shape.
Value LoopBuilder::widen(Value v) {
  if (getElementTypeOrSelf(v).isF32())
    return v;
  auto shaped = dyn_cast<VectorType>(v.getType());
  Type wide = shaped ? Type(shaped.clone(getF32Type())) : getF32Type();
  if (isa<IntegerType>(getElementTypeOrSelf(v)))
    return arith::SIToFPOp::create(*this, wide, v);
  return arith::ExtFOp::create(*this, wide, v);
}

/// Loads the first `count` narrow elements one at a time. Few CPUs mask loads
/// of 8 or 16 bits, and where LLVM takes such a load apart it converts the
/// elements through a library call.
Value LoopBuilder::loadNarrowTail(Value matrix, Value row, Value column,
                                  Value count) {
  Value zero = index(0);
  store(zeros(), scratch, zero, zero);
  loop(zero, count, 1, [&](Value i) {
    SmallVector<Value, 2> at = {row, add(column, i)}, to = {zero, i};
    Value element = widen(memref::LoadOp::create(*this, matrix, at));
    memref::StoreOp::create(*this, element, scratch, to);
  });
  return load(scratch, zero, zero);
}

Value LoopBuilder::load(Value matrix, Value row, Value column, Tail tail,
                        int64_t lanes) {
  Type element = cast<MemRefType>(matrix.getType()).getElementType();
  auto type = VectorType::get(lanes, element);
  SmallVector<Value, 2> at = {row, column};
  // A load is a whole vector, or element by element, or one masked load.
  if (!tail.mask)
    return widen(vector::LoadOp::create(*this, type, matrix, at));
  if (!element.isF32())
    return loadNarrowTail(matrix, row, column, tail.count);
  Value zero = arith::ConstantOp::create(*this, getZeroAttr(type));
  return vector::MaskedLoadOp::create(*this, type, matrix, at, tail.mask, zero);
}

Value LoopBuilder::splat(Value matrix, Value row, Value column) {
  Value element =
      widen(memref::LoadOp::create(*this, matrix, ValueRange{row, column}));
  return vector::BroadcastOp::create(
      *this, VectorType::get(kLanes, getF32Type()), element);
}

bool LoopBuilder::isNarrow(Value matrix) {
  return cast<MemRefType>(matrix.getType()).getElementTypeBitWidth() < 32;
}

void LoopBuilder::prefetch(Value matrix, Value row, Value column) {
  SmallVector<Value, 2> at = {row, column};
  memref::PrefetchOp::create(*this, matrix, at, /*isWrite=*/false,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

void LoopBuilder::store(Value v, Value matrix, Value row, Value column,
                        Tail tail) {
  SmallVector<Value, 2> at = {row, column};
  if (tail.mask)
    vector::MaskedStoreOp::create(*this, matrix, at, tail.mask, v);
  else
    vector::StoreOp::create(*this, v, matrix, at);
}

/// LLVM fuses llvm.fmuladd where the CPU can, and nowhere else
/// (docs/Rationale.md).
Value LoopBuilder::multiplyAdd(Value a, Value b, Value c) {
  return LLVM::FMulAddOp::create(*this, a, b, c);
}

Value LoopBuilder::addFloats(Value a, Value b) {
  return arith::AddFOp::create(*this, a, b);
}
