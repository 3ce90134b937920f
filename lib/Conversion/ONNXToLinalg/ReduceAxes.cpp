//===- ReduceAxes.cpp - sums, maxima and the like over axes ---------------===//
//
// What operators that reduce have in common: one linalg.generic whose last
// reduced axes are one row, in f32 where elements are narrower (act_c3), and
// whose sums may be added in the order of vectors (mm_c3).
//
//===----------------------------------------------------------------------===//

#include "NodeLowering.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Vectors may add in the order of mm_c3.
Value mlir::bitnet::reassociableAdd(ScalarBuilder &s, Value lhs, Value rhs) {
  if (!isa<FloatType>(lhs.getType()))
    return s.make<arith::AddIOp>(lhs, rhs);
  auto flags = arith::FastMathFlags::reassoc | arith::FastMathFlags::contract;
  return arith::AddFOp::create(s.b, s.loc, lhs, rhs, flags);
}

/// Drops the units that stand for reduced axes.
static Dims keptDims(DimBuilder &dims, ArrayRef<OpFoldResult> extents,
                     ArrayRef<int64_t> axes, bool keepDims) {
  Dims kept;
  for (auto [axis, extent] : llvm::enumerate(extents)) {
    if (!llvm::is_contained(axes, int64_t(axis)))
      kept.push_back(extent);
    else if (keepDims)
      kept.push_back(dims.constant(1));
  }
  return kept;
}

/// The first of the axes that are reduced together up to the last one; `rank`
/// where the last one stays.
static int64_t firstOfReducedTail(int64_t rank, ArrayRef<int64_t> axes) {
  int64_t first = rank;
  while (first > 0 && llvm::is_contained(axes, first - 1))
    --first;
  return first;
}

/// One linalg.generic over all axes; kept ones are parallel.
Value NodeLowering::reduce(Value v, ArrayRef<int64_t> axes, bool keepDims,
                           const Reduction &reduction) {
  Dims extents = dimsOf(v);
  Value init = filled(keptDims(dims, extents, axes, keepDims), reduction.init);
  // The last axes are one row: a sum over short rows has the rounding error of
  // one number after the other, that over a long row the one of its vectors
  // (mm_c3).
  int64_t rows = firstOfReducedTail(extents.size(), axes);
  v = collapseFrom(v, rows);
  MLIRContext *ctx = b.getContext();
  SmallVector<AffineExpr> out;
  SmallVector<utils::IteratorType> iterators;
  for (int64_t axis = 0, e = extents.size(); axis < e; ++axis) {
    bool reduced = llvm::is_contained(axes, axis);
    if (axis < rank(v))
      iterators.push_back(reduced ? utils::IteratorType::reduction
                                  : utils::IteratorType::parallel);
    if (!reduced)
      out.push_back(getAffineDimExpr(axis, ctx));
    else if (keepDims)
      out.push_back(getAffineConstantExpr(0, ctx));
  }
  AffineMap maps[] = {b.getMultiDimIdentityMap(rank(v)),
                      AffineMap::get(rank(v), 0, out, ctx)};
  auto build = [&](OpBuilder &nested, Location nestedLoc, ValueRange args) {
    ScalarBuilder s{nested, nestedLoc};
    Value element = widen(s, args[0]);
    if (reduction.element)
      element = reduction.element(s, element);
    linalg::YieldOp::create(nested, nestedLoc,
                            reduction.fold(s, element, args[1]));
  };
  auto generic = linalg::GenericOp::create(b, loc, init.getType(), v, init,
                                           maps, iterators, build);
  state.extents[generic.getResult(0)] = dimsOf(init);
  return generic.getResult(0);
}
