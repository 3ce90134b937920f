//===- CompareDims.cpp - which of two extents is larger -------------------===//
//
// The comparisons of DimBuilder. Most are decided here: extents are not
// negative, and the sign of a difference of two sums often follows from that.
// What cannot be decided becomes a comparison of the run.
//
//===----------------------------------------------------------------------===//

#include "DimBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Whether `dim` is an extent, or made of extents so that it cannot be
/// negative.
static bool isNonNegative(OpFoldResult dim, unsigned depth = 0) {
  if (std::optional<int64_t> c = getConstantIntValue(dim))
    return *c >= 0;
  Operation *op = cast<Value>(dim).getDefiningOp();
  if (!op || depth > 6)
    return false;
  auto operand = [&](unsigned i) {
    return isNonNegative(getAsOpFoldResult(op->getOperand(i)), depth + 1);
  };
  if (isa<tensor::DimOp>(op))
    return true;
  if (isa<arith::MaxSIOp>(op))
    return operand(0) || operand(1);
  if (isa<arith::SelectOp>(op))
    return operand(1) && operand(2);
  if (isa<arith::AddIOp, arith::MulIOp, arith::DivSIOp, arith::MinSIOp>(op))
    return operand(0) && operand(1);
  return false;
}

bool DimBuilder::isExtent(OpFoldResult dim) {
  return ::isNonNegative(simplify(dim));
}

/// A bound far above any extent, and far below what makes sums of a few such
/// numbers overflow.
static constexpr int64_t kMaxTerm = int64_t(1) << 56;

/// Whether sums with `dim` cannot overflow.
bool DimBuilder::isBounded(OpFoldResult dim) {
  bool bounded = true;
  AffineExpr expr = exprOf(dim);
  expr.walk([&](AffineExpr part) {
    if (auto c = dyn_cast<AffineConstantExpr>(part))
      bounded &= -kMaxTerm <= c.getValue() && c.getValue() <= kMaxTerm;
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      bounded &= isExtent(memory.symbols[symbol.getPosition()]);
  });
  return bounded;
}

/// lhs - rhs as a sum; its sign decides comparisons.
AffineExpr DimBuilder::differenceOf(OpFoldResult lhs, OpFoldResult rhs) {
  AffineExpr l = exprOf(lhs), r = exprOf(rhs);
  return simplifyAffineExpr(l - r, 0, memory.symbols.size());
}

/// A constant that `expr` is never less than, when its terms tell.
static std::optional<int64_t> lowerBound(AffineExpr expr,
                                         ArrayRef<Value> symbols) {
  if (auto c = dyn_cast<AffineConstantExpr>(expr))
    return c.getValue();
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    if (isNonNegative(getAsOpFoldResult(symbols[symbol.getPosition()])))
      return 0;
    return std::nullopt;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> l = lowerBound(binary.getLHS(), symbols),
                         r = lowerBound(binary.getRHS(), symbols);
  if (!l || !r)
    return std::nullopt;
  if (binary.getKind() == AffineExprKind::Add)
    return *l + *r;
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (binary.getKind() == AffineExprKind::Mul && factor &&
      factor.getValue() >= 0)
    return *l * *r;
  return std::nullopt;
}

static bool holds(arith::CmpIPredicate predicate, int64_t lhs, int64_t rhs) {
  return arith::applyCmpPredicate(predicate, APInt(64, lhs, true),
                                  APInt(64, rhs, true));
}

/// The answer, or nothing where only the run knows it.
std::optional<bool> DimBuilder::decide(arith::CmpIPredicate predicate,
                                       OpFoldResult lhs, OpFoldResult rhs) {
  using P = arith::CmpIPredicate;
  lhs = simplify(lhs);
  rhs = simplify(rhs);
  if (isa<Attribute>(lhs) && isa<Attribute>(rhs))
    return holds(predicate, *getConstantIntValue(lhs),
                 *getConstantIntValue(rhs));
  // Numbers that are no extents may be so far apart that the sign of lhs - rhs
  // says nothing; 0 still does.
  bool bounded = isBounded(lhs) && isBounded(rhs);
  bool isEquality = predicate == P::eq || predicate == P::ne;
  auto c = dyn_cast<AffineConstantExpr>(differenceOf(lhs, rhs));
  if (c && (bounded || isEquality || c.getValue() == 0))
    return holds(predicate, c.getValue(), 0);
  return bounded ? decideExtents(predicate, lhs, rhs) : std::nullopt;
}

/// Decides by the least values that lhs - rhs and rhs - lhs can have.
std::optional<bool> DimBuilder::decideExtents(arith::CmpIPredicate predicate,
                                              OpFoldResult lhs,
                                              OpFoldResult rhs) {
  using P = arith::CmpIPredicate;
  std::optional<int64_t> above =
      lowerBound(differenceOf(lhs, rhs), memory.symbols);
  std::optional<int64_t> below =
      lowerBound(differenceOf(rhs, lhs), memory.symbols);
  if (above.value_or(0) > 0)
    return holds(predicate, 1, 0);
  if (below.value_or(0) > 0)
    return holds(predicate, -1, 0);
  if (above == 0 && (predicate == P::slt || predicate == P::sge))
    return predicate == P::sge;
  if (below == 0 && (predicate == P::sgt || predicate == P::sle))
    return predicate == P::sle;
  return std::nullopt;
}

/// Whether `dim` is a minimum with `whole`, hence never larger.
bool DimBuilder::isCapped(OpFoldResult dim, OpFoldResult whole) {
  auto v = dyn_cast<Value>(simplify(dim));
  auto min = v ? v.getDefiningOp<arith::MinSIOp>() : arith::MinSIOp();
  if (!min)
    return false;
  for (auto [l, r] : {std::pair(min.getLhs(), min.getRhs()),
                      std::pair(min.getRhs(), min.getLhs())})
    if (same(l, whole) && getConstantIntValue(OpFoldResult(r)).value_or(0) > 1)
      return true;
  return false;
}

/// The comparison as a bool, which is a constant where it is known.
OpFoldResult DimBuilder::compare(arith::CmpIPredicate predicate,
                                 OpFoldResult lhs, OpFoldResult rhs) {
  if (std::optional<bool> known = decide(predicate, lhs, rhs))
    return b.getBoolAttr(*known);
  return simplify(
      cse(arith::CmpIOp::create(b, loc, predicate, value(lhs), value(rhs))));
}

Value DimBuilder::isEqual(OpFoldResult lhs, OpFoldResult rhs) {
  return value(compare(arith::CmpIPredicate::eq, lhs, rhs));
}

Value DimBuilder::isLess(OpFoldResult lhs, OpFoldResult rhs) {
  return value(compare(arith::CmpIPredicate::slt, lhs, rhs));
}

Value DimBuilder::orOf(Value lhs, Value rhs) {
  return cse(b.createOrFold<arith::OrIOp>(loc, lhs, rhs));
}
