//===- Product.cpp - sums of products as linalg.generic -------------------===//
//
// Products of two tensors with batch dimensions, transposed or not, as one
// linalg.generic whose loops are in the order that reads both operands in long
// runs.
//
//===----------------------------------------------------------------------===//

#include "Product.h"
#include "Generic.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Which loop runs over which dimension of the result, and over k. Loops are
/// numbered from the outermost on.
struct LoopOrder {
  SmallVector<unsigned> batch;
  std::optional<unsigned> m, n;
  unsigned k = 0, count = 0;
};

/// An operand: batch extents, rows (or columns) and k.
struct Shape {
  Dims batch;
  std::optional<OpFoldResult> rows; // absent in 1-D operands
  OpFoldResult k;
};
} // namespace

/// The parts of an operand's shape; `kLast` says where k is.
static Shape splitShape(NodeLowering &n, Value v, bool kLast) {
  Dims all = n.dimsOf(v);
  if (all.size() == 1)
    return {{}, std::nullopt, all[0]};
  OpFoldResult last = all.pop_back_val(), before = all.pop_back_val();
  if (!kLast)
    std::swap(last, before);
  return {all, before, last};
}

/// The loops are batch, m, n and k; k is innermost where both operands are
/// contiguous along it.
static LoopOrder orderLoops(unsigned numBatch, unsigned rhsBatch, bool hasM,
                            bool hasN, bool kInnermost) {
  LoopOrder order;
  order.batch.assign(numBatch, 0);
  // Batch dimensions the rhs lacks go inside n: each rhs row is read once.
  unsigned leading = kInnermost ? numBatch - rhsBatch : 0;
  for (unsigned i = leading; i < numBatch; ++i)
    order.batch[i] = order.count++;
  if (hasN && kInnermost)
    order.n = order.count++;
  for (unsigned i = 0; i < leading; ++i)
    order.batch[i] = order.count++;
  if (hasM)
    order.m = order.count++;
  order.k = order.count++;
  if (hasN && !kInnermost)
    order.n = order.count++;
  return order;
}

/// The result's batch extents: broadcast from the right, 1 gives way.
static FailureOr<Dims> broadcastBatch(NodeLowering &n, Dims l, Dims r) {
  OpFoldResult one = n.dims.constant(1);
  size_t rank = std::max(l.size(), r.size());
  l.insert(l.begin(), rank - l.size(), one);
  r.insert(r.begin(), rank - r.size(), one);
  Dims out;
  for (auto [a, c] : llvm::zip_equal(l, r)) {
    FailureOr<OpFoldResult> extent = n.broadcastDim(a, c);
    if (failed(extent))
      return failure();
    out.push_back(*extent);
  }
  return out;
}

/// An operand whose batch extents are those of the result or a constant 1: one
/// that turns out to be 1 only at run time is repeated then.
static FailureOr<Value> repeatBatch(NodeLowering &n, Value v, Shape &shape,
                                    ArrayRef<OpFoldResult> batch) {
  Dims all = n.dimsOf(v);
  size_t skip = batch.size() - shape.batch.size();
  for (auto [i, extent] : llvm::enumerate(shape.batch)) {
    if (isConstantIntValue(n.dims.simplify(extent), 1))
      continue;
    extent = batch[skip + i];
    all[i] = extent;
  }
  return n.broadcastIfNeeded(v, all);
}

/// Indices of an operand: its batch dimensions from the right, then `inner`.
static AffineMap operandMap(NodeLowering &n, const LoopOrder &order,
                            ArrayRef<OpFoldResult> batch,
                            ArrayRef<OpFoldResult> outBatch,
                            ArrayRef<unsigned> inner) {
  SmallVector<AffineExpr> exprs;
  unsigned skip = outBatch.size() - batch.size();
  for (auto [i, extent] : llvm::enumerate(batch)) {
    bool broadcast = isConstantIntValue(n.dims.simplify(extent), 1) &&
                     !isConstantIntValue(outBatch[skip + i], 1);
    exprs.push_back(broadcast ? n.b.getAffineConstantExpr(0)
                              : n.b.getAffineDimExpr(order.batch[skip + i]));
  }
  for (unsigned loop : inner)
    exprs.push_back(n.b.getAffineDimExpr(loop));
  return AffineMap::get(order.count, 0, exprs, n.b.getContext());
}

/// A further input, such as a zero point: one number, or one per row or column.
static AffineMap extraMap(NodeLowering &n, const LoopOrder &order,
                          const ProductInput &input) {
  std::optional<unsigned> loop =
      input.kind == ProductInput::PerRow ? order.m : order.n;
  SmallVector<AffineExpr> exprs(n.rank(input.value),
                                n.b.getAffineConstantExpr(0));
  if (input.kind != ProductInput::Scalar && loop && !exprs.empty())
    exprs.back() = n.b.getAffineDimExpr(*loop);
  return AffineMap::get(order.count, 0, exprs, n.b.getContext());
}

/// (outer, k) in the order the operand stores them.
static SmallVector<unsigned> innerLoops(std::optional<unsigned> outer,
                                        unsigned k, bool kLast) {
  if (!outer)
    return {k};
  if (kLast)
    return {*outer, k};
  return {k, *outer};
}

/// Finds extents, maps and loops, and checks that k and the batches agree.
static FailureOr<GenericSpec> planProduct(NodeLowering &n, const Product &p) {
  bool lhsKLast = !p.transA, rhsKLast = p.transB || n.rank(p.rhs) == 1;
  Shape lhs = splitShape(n, p.lhs, lhsKLast);
  Shape rhs = splitShape(n, p.rhs, rhsKLast);
  if (failed(n.requireSame(lhs.k, rhs.k, "inner dimensions")))
    return failure();
  FailureOr<Dims> batch = broadcastBatch(n, lhs.batch, rhs.batch);
  if (failed(batch))
    return failure();
  FailureOr<Value> left = repeatBatch(n, p.lhs, lhs, *batch);
  FailureOr<Value> right = repeatBatch(n, p.rhs, rhs, *batch);
  if (failed(left) || failed(right))
    return failure();
  LoopOrder order =
      orderLoops(batch->size(), rhs.batch.size(), lhs.rows.has_value(),
                 rhs.rows.has_value(), rhsKLast);
  GenericSpec spec;
  spec.extents = *batch;
  SmallVector<unsigned> outLoops = order.batch;
  if (lhs.rows) {
    spec.extents.push_back(*lhs.rows);
    outLoops.push_back(*order.m);
  }
  if (rhs.rows) {
    spec.extents.push_back(*rhs.rows);
    outLoops.push_back(*order.n);
  }
  spec.inputs = {*left, *right};
  spec.maps = {operandMap(n, order, lhs.batch, *batch,
                          innerLoops(order.m, order.k, lhsKLast)),
               operandMap(n, order, rhs.batch, *batch,
                          innerLoops(order.n, order.k, rhsKLast))};
  for (const ProductInput &input : p.extra) {
    spec.inputs.push_back(input.value);
    spec.maps.push_back(extraMap(n, order, input));
  }
  spec.maps.push_back(pickDims(n.b, order.count, outLoops));
  spec.iterators.assign(order.count, utils::IteratorType::parallel);
  spec.iterators[order.k] = utils::IteratorType::reduction;
  return spec;
}

static Value multiply(ScalarBuilder &s, ValueRange args) {
  return isa<FloatType>(args[0].getType())
             ? s.make<arith::MulFOp>(args[0], args[1])
             : s.make<arith::MulIOp>(args[0], args[1]);
}

/// Whether `op` swaps the last two dimensions and nothing else.
static bool swapsLastDims(linalg::TransposeOp op) {
  auto order = llvm::to_vector(op.getPermutation());
  if (order.size() < 2)
    return false;
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return llvm::equal(order, llvm::seq<int64_t>(0, order.size()));
}

/// Weights that a node transposes or widens are read where they are: the copy
/// would be made anew in every run.
static void readStoredConstant(Product &p) {
  p.rhs = skipWidening(p.rhs);
  auto transpose = p.rhs.getDefiningOp<linalg::TransposeOp>();
  if (p.transB || !transpose || !swapsLastDims(transpose))
    return;
  Value stored = skipWidening(transpose.getInput());
  if (!stored.getDefiningOp<ConstantOp>())
    return;
  p.rhs = stored;
  p.transB = true;
}

FailureOr<Value> bitnet::emitProduct(NodeLowering &n, Product p,
                                     ScalarFn body) {
  readStoredConstant(p);
  if (n.rank(p.lhs) == 0 || n.rank(p.rhs) == 0)
    return n.emitError() << "needs operands of rank 1 or more", failure();
  FailureOr<GenericSpec> spec = planProduct(n, p);
  if (failed(spec))
    return failure();
  spec->init = n.filled(spec->extents, numberAttr(p.accType, 0));
  return buildGeneric(n, *spec, [&](ScalarBuilder &s, ValueRange args) {
    ValueRange inputs = args.drop_back();
    Value term = body ? body(s, inputs) : multiply(s, inputs);
    return isa<FloatType>(p.accType) ? reassociableAdd(s, args.back(), term)
                                     : s.make<arith::AddIOp>(args.back(), term);
  });
}
