//===- LowerMatMul.cpp - mm_c1: the literal add-only product --------------===//
//
// The meaning of a product: a reduction over K whose body adds, subtracts or
// keeps. It serves unpacked weights; packed ones with a kernel stay
// bitnet.matmul.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "bitnet/Dialect/BitNet/Transforms/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Adds, subtracts or skips `x`: no multiplication.
static Value accumulate(ImplicitLocOpBuilder &b, ValueRange args) {
  Value x = args[0], w = args[1], acc = args[2];
  bool integer = isa<IntegerType>(x.getType());
  if (integer)
    x = arith::ExtSIOp::create(b, acc.getType(), x);
  else
    x = castFloat(b, x, acc.getType());
  auto code = [&](int64_t v) -> Value {
    Value constant =
        arith::ConstantOp::create(b, b.getIntegerAttr(w.getType(), v));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, w, constant);
  };
  // Both candidates are computed and a select picks one: linalg bodies have no
  // branches.
  Value plus, minus;
  if (integer) {
    plus = arith::AddIOp::create(b, acc, x);
    minus = arith::SubIOp::create(b, acc, x);
  } else {
    auto flags = arith::FastMathFlags::reassoc | arith::FastMathFlags::contract;
    plus = arith::AddFOp::create(b, acc, x, flags);
    minus = arith::SubFOp::create(b, acc, x, flags);
    // act_c2: a NaN or an infinity under a weight of 0 makes the sum NaN.
    Value none = arith::SubFOp::create(b, x, x);
    acc = arith::AddFOp::create(b, acc, none, flags);
  }
  Value otherwise = arith::SelectOp::create(b, code(-1), minus, acc);
  return arith::SelectOp::create(b, code(1), plus, otherwise);
}

/// [R, K] as [R, K/G, G].
static Value splitGroups(ImplicitLocOpBuilder &b, Value value, int64_t group) {
  auto type = getTensorType(value);
  int64_t count = type.getDimSize(1) / group;
  SmallVector<OpFoldResult> shape = {
      getExtent(b, value, 0), b.getIndexAttr(count), b.getIndexAttr(group)};
  auto split = RankedTensorType::get({type.getDimSize(0), count, group},
                                     type.getElementType());
  return tensor::ExpandShapeOp::create(
      b, split, value, ArrayRef<ReassociationIndices>{{0}, {1, 2}}, shape);
}

/// The packed form's operands without their padding: lhs [M, K], codes [N, K].
static void removePacking(ImplicitLocOpBuilder &b, MatMulOp op, Value &lhs,
                          Value &codes) {
  PackingAttr packing = op.getPackingAttr();
  codes = lowerUnpack(b, op.getRhs(), packing);
  if (packing.getCols() == packing.getPaddedCols())
    return;
  SmallVector<OpFoldResult> zeros(2, b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(2, b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes = {getExtent(b, lhs, 0),
                                     b.getIndexAttr(packing.getCols())};
  lhs = tensor::ExtractSliceOp::create(b, lhs, zeros, sizes, ones);
}

/// The accumulator starts at zero with one column for each row of weights;
/// `init` may be wider, for the padded rows of a packed form.
Value mlir::bitnet::lowerMatMul(ImplicitLocOpBuilder &b, MatMulOp op) {
  Value lhs = op.getLhs(), codes = op.getRhs(), init = op.getInit();
  PackingAttr packing = op.getPackingAttr();
  if (packing)
    removePacking(b, op, lhs, codes);
  auto accType = getTensorType(init);
  SmallVector<OpFoldResult> shape = getExtents(b, init);
  shape.back() = b.getIndexAttr(getTensorType(codes).getDimSize(0));
  Value zeros = makeZeros(b, shape, accType.getElementType());
  auto map = [&](unsigned dims, ArrayRef<unsigned> results) {
    return AffineMap::getMultiDimMapWithTargets(dims, results, b.getContext());
  };
  Value acc;
  if (std::optional<uint64_t> group = op.getGroupSize())
    acc = makeGeneric(
        b, {splitGroups(b, lhs, *group), splitGroups(b, codes, *group)}, zeros,
        {map(4, {1, 0, 3}), map(4, {2, 0, 3}), map(4, {0, 1, 2})}, 3,
        accumulate);
  else
    acc = makeGeneric(b, {lhs, codes}, zeros,
                      {map(3, {0, 2}), map(3, {1, 2}), map(3, {0, 1})}, 2,
                      accumulate);
  if (!packing || packing.getRows() == packing.getPaddedRows())
    return acc;
  // The padding columns of the accumulator are zero: no weight, no sum.
  SmallVector<int64_t> low(accType.getRank(), 0), high(accType.getRank(), 0);
  high.back() = packing.getPaddedRows() - packing.getRows();
  return padWithZeros(b, acc, low, high);
}
