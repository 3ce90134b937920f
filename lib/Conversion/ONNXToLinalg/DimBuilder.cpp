//===- DimBuilder.cpp - arithmetic on tensor extents ----------------------===//
//
// Extents are constants or SSA values. To see that two are equal, sums are kept
// as affine expressions and products as sorted factors, and each distinct
// expression is built once; what cannot be decided is checked at run time.
//
//===----------------------------------------------------------------------===//

#include "DimBuilder.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// The earlier value that computes the same, or `v`.
Value DimBuilder::cse(Value v) {
  Operation *op = v.getDefiningOp();
  if (!op || op->getNumRegions() != 0 || op->getNumResults() != 1)
    return v;
  size_t hash = OperationEquivalence::computeHash(
      op, OperationEquivalence::directHashValue,
      OperationEquivalence::ignoreHashValue,
      OperationEquivalence::IgnoreLocations);
  auto [begin, end] = memory.known.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (it->second == op)
      return v;
    if (OperationEquivalence::isEquivalentTo(
            op, it->second, OperationEquivalence::IgnoreLocations)) {
      op->replaceAllUsesWith(it->second);
      op->erase();
      return it->second->getResult(0);
    }
  }
  memory.known.emplace(hash, op);
  return v;
}

/// The extent as a value of type index.
Value DimBuilder::value(OpFoldResult dim) {
  dim = simplify(dim);
  if (auto v = dyn_cast<Value>(dim))
    return v;
  auto attr = cast<TypedAttr>(cast<Attribute>(dim));
  return cse(arith::ConstantOp::create(b, loc, attr));
}

SmallVector<Value> DimBuilder::values(ArrayRef<OpFoldResult> dims) {
  return llvm::map_to_vector(dims, [&](OpFoldResult d) { return value(d); });
}

/// The extent that `unify` has put in the place of `dim`.
OpFoldResult DimBuilder::simplify(OpFoldResult dim) {
  while (auto v = dyn_cast<Value>(dim)) {
    auto it = memory.unified.find(v);
    if (it == memory.unified.end())
      return getAsOpFoldResult(v);
    dim = it->second;
  }
  return dim;
}

/// A number by the order of first use, which does not depend on addresses.
unsigned DimBuilder::idOf(Value v) {
  return memory.ids.try_emplace(v, memory.ids.size()).first->second;
}

/// Factors are sorted, because equal products must have equal lists.
void DimBuilder::sortFactors(SmallVectorImpl<Value> &factors) {
  llvm::sort(factors, [&](Value a, Value c) { return idOf(a) < idOf(c); });
}

//===----------------------------------------------------------------------===//
// Sums: canonical affine expressions
//===----------------------------------------------------------------------===//

/// `fn` applied to two constants; nothing when one is no constant.
static std::optional<int64_t>
foldConstants(OpFoldResult lhs, OpFoldResult rhs,
              llvm::function_ref<bool(int64_t, int64_t, int64_t &)> fn) {
  std::optional<int64_t> l = getConstantIntValue(lhs),
                         r = getConstantIntValue(rhs);
  int64_t result = 0;
  if (!l || !r)
    return std::nullopt;
  fn(*l, *r, result);
  return result;
}

/// A value that is no known sum becomes a symbol.
AffineExpr DimBuilder::exprOf(OpFoldResult dim) {
  dim = simplify(dim);
  if (std::optional<int64_t> c = getConstantIntValue(dim))
    return b.getAffineConstantExpr(*c);
  Value v = cast<Value>(dim);
  auto [it, inserted] = memory.exprs.try_emplace(v);
  if (!inserted)
    return it->second;
  AffineExpr symbol = b.getAffineSymbolExpr(memory.symbols.size());
  memory.symbols.push_back(v);
  memory.sums[symbol] = v;
  return memory.exprs[v] = symbol;
}

/// The value of a sum that was built before, or a new one.
OpFoldResult DimBuilder::fromExpr(AffineExpr expr) {
  expr = simplifyAffineExpr(expr, 0, memory.symbols.size());
  if (auto c = dyn_cast<AffineConstantExpr>(expr))
    return constant(c.getValue());
  auto it = memory.sums.find(expr);
  if (it != memory.sums.end())
    return simplify(it->second);
  Value v = affine::expandAffineExpr(b, loc, expr, {}, memory.symbols);
  memory.sums[expr] = v;
  memory.exprs[v] = expr;
  return v;
}

// Constants may be numbers of a graph, whose integers wrap around.

OpFoldResult DimBuilder::add(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto known = foldConstants(simplify(lhs), simplify(rhs),
                                 llvm::AddOverflow<int64_t>))
    return constant(*known);
  AffineExpr l = exprOf(lhs), r = exprOf(rhs);
  return fromExpr(l + r);
}

OpFoldResult DimBuilder::sub(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto known = foldConstants(simplify(lhs), simplify(rhs),
                                 llvm::SubOverflow<int64_t>))
    return constant(*known);
  AffineExpr l = exprOf(lhs), r = exprOf(rhs);
  return fromExpr(l - r);
}

//===----------------------------------------------------------------------===//
// Products: a constant and a multiset of factors
//===----------------------------------------------------------------------===//

/// Products among `dims` are taken apart.
DimBuilder::Product DimBuilder::productOf(ArrayRef<OpFoldResult> dims) {
  Product p;
  for (OpFoldResult dim : dims) {
    dim = simplify(dim);
    if (std::optional<int64_t> c = getConstantIntValue(dim)) {
      llvm::MulOverflow(p.constant, *c, p.constant);
      continue;
    }
    auto it = memory.products.find(cast<Value>(dim));
    if (it == memory.products.end()) {
      p.factors.push_back(cast<Value>(dim));
      continue;
    }
    llvm::MulOverflow(p.constant, it->second.constant, p.constant);
    llvm::append_range(p.factors, it->second.factors);
  }
  sortFactors(p.factors);
  return p;
}

/// The product of the factors, built by one multiplication after the other.
OpFoldResult DimBuilder::fromProduct(Product p) {
  if (p.constant == 0 || p.factors.empty())
    return constant(p.constant);
  if (p.constant == 1 && p.factors.size() == 1)
    return p.factors[0];
  std::vector<int64_t> key{p.constant};
  for (Value v : p.factors)
    key.push_back(idOf(v));
  Value &result = memory.productValues[key];
  if (result)
    return result;
  Value v = p.factors[0];
  for (Value factor : llvm::drop_begin(p.factors))
    v = cse(arith::MulIOp::create(b, loc, v, factor));
  if (p.constant != 1)
    v = cse(arith::MulIOp::create(b, loc, v, value(constant(p.constant))));
  memory.products[v] = p;
  return result = v;
}

OpFoldResult DimBuilder::product(ArrayRef<OpFoldResult> dims) {
  return fromProduct(productOf(dims));
}

OpFoldResult DimBuilder::mul(OpFoldResult lhs, OpFoldResult rhs) {
  return product({lhs, rhs});
}

/// Removes from `num` and `den` what both hold.
static void cancel(SmallVectorImpl<Value> &num, SmallVectorImpl<Value> &den) {
  for (auto it = num.begin(); it != num.end();) {
    auto at = llvm::find(den, *it);
    if (at == den.end()) {
      ++it;
      continue;
    }
    den.erase(at);
    it = num.erase(it);
  }
}

/// Extents that are 0 on both sides are cancelled, as they would be if they had
/// only a name: [0, 6] reshaped to [0, 2, -1] is [0, 2, 3].
static void cancelZeros(SmallVectorImpl<OpFoldResult> &num,
                        SmallVectorImpl<OpFoldResult> &den) {
  auto isZero = [](OpFoldResult extent) {
    return isConstantIntValue(extent, 0);
  };
  for (;;) {
    auto above = llvm::find_if(num, isZero), below = llvm::find_if(den, isZero);
    if (above == num.end() || below == den.end())
      return;
    num.erase(above);
    den.erase(below);
  }
}

/// Common factors are cancelled first; what is left is divided, toward zero.
OpFoldResult DimBuilder::quotient(ArrayRef<OpFoldResult> num,
                                  ArrayRef<OpFoldResult> den) {
  SmallVector<OpFoldResult> above(num), below(den);
  cancelZeros(above, below);
  Product n = productOf(above), d = productOf(below);
  cancel(n.factors, d.factors);
  if (n.constant > 0 && d.constant > 0) {
    int64_t divisor = std::gcd(n.constant, d.constant);
    n.constant /= divisor;
    d.constant /= divisor;
  }
  if (d.factors.empty() && d.constant == 1)
    return fromProduct(n);
  return div(fromProduct(n), fromProduct(d));
}

bool DimBuilder::sameProduct(ArrayRef<OpFoldResult> lhs,
                             ArrayRef<OpFoldResult> rhs) {
  Product l = productOf(lhs), r = productOf(rhs);
  return l.constant == r.constant && l.factors == r.factors;
}

//===----------------------------------------------------------------------===//
// Other arithmetic: shared through cse
//===----------------------------------------------------------------------===//

/// The quotient, rounded toward zero; a constant divisor of 0 gives 0 and no
/// error.
OpFoldResult DimBuilder::div(OpFoldResult lhs, OpFoldResult rhs) {
  lhs = simplify(lhs);
  rhs = simplify(rhs);
  std::optional<int64_t> l = getConstantIntValue(lhs),
                         r = getConstantIntValue(rhs);
  if (r == 0)
    return constant(0);
  if (r == 1)
    return lhs;
  if (r == -1) // the minimum divided by -1 wraps
    return sub(constant(0), lhs);
  if (r && l)
    return constant(*l / *r);
  return r ? divNonZero(lhs, rhs) : divUnknown(lhs, rhs);
}

OpFoldResult DimBuilder::divNonZero(OpFoldResult lhs, OpFoldResult rhs) {
  return simplify(
      cse(b.createOrFold<arith::DivSIOp>(loc, value(lhs), value(rhs))));
}

OpFoldResult DimBuilder::divUnknown(OpFoldResult lhs, OpFoldResult rhs) {
  // Division by zero is undefined in arith; any defined result will do.
  OpFoldResult one = constant(1);
  OpFoldResult divisor = select(isEqual(rhs, constant(0)), one, rhs);
  if (isExtent(lhs) || isExtent(rhs))
    return divNonZero(lhs, divisor);
  // The division of the lowest integer by -1 is undefined, too.
  Value isNegation = isEqual(rhs, constant(-1));
  OpFoldResult quotient = divNonZero(lhs, select(isNegation, one, divisor));
  return select(isNegation, sub(constant(0), lhs), quotient);
}

OpFoldResult DimBuilder::ceilDiv(OpFoldResult lhs, OpFoldResult rhs) {
  return div(add(lhs, sub(rhs, constant(1))), rhs);
}

/// The minimum, which is decided where the difference has a known sign.
OpFoldResult DimBuilder::min(OpFoldResult lhs, OpFoldResult rhs) {
  if (decide(arith::CmpIPredicate::sle, lhs, rhs) == true)
    return simplify(lhs);
  if (decide(arith::CmpIPredicate::sge, lhs, rhs) == true)
    return simplify(rhs);
  return simplify(cse(arith::MinSIOp::create(b, loc, value(lhs), value(rhs))));
}

OpFoldResult DimBuilder::max(OpFoldResult lhs, OpFoldResult rhs) {
  if (decide(arith::CmpIPredicate::sge, lhs, rhs) == true)
    return simplify(lhs);
  if (decide(arith::CmpIPredicate::sle, lhs, rhs) == true)
    return simplify(rhs);
  return simplify(cse(arith::MaxSIOp::create(b, loc, value(lhs), value(rhs))));
}

OpFoldResult DimBuilder::select(Value condition, OpFoldResult lhs,
                                OpFoldResult rhs) {
  if (same(lhs, rhs))
    return simplify(lhs);
  return simplify(cse(
      b.createOrFold<arith::SelectOp>(loc, condition, value(lhs), value(rhs))));
}

//===----------------------------------------------------------------------===//
// Equality
//===----------------------------------------------------------------------===//

bool DimBuilder::same(OpFoldResult lhs, OpFoldResult rhs) {
  lhs = simplify(lhs);
  rhs = simplify(rhs);
  std::optional<int64_t> l = getConstantIntValue(lhs),
                         r = getConstantIntValue(rhs);
  if (l || r)
    return l == r;
  return lhs == rhs;
}

/// Makes the two extents one. Callers have checked, or will check at run time,
/// that they are equal.
void DimBuilder::unify(OpFoldResult lhs, OpFoldResult rhs) {
  lhs = simplify(lhs);
  rhs = simplify(rhs);
  if (same(lhs, rhs))
    return;
  // A constant represents both; of two values the earlier one does.
  if (isa<Attribute>(rhs) ||
      (isa<Value>(lhs) && idOf(cast<Value>(rhs)) < idOf(cast<Value>(lhs))))
    std::swap(lhs, rhs);
  if (auto v = dyn_cast<Value>(rhs))
    memory.unified[v] = lhs;
}

/// An assertion, once for each condition.
void DimBuilder::require(Value condition, const Twine &message) {
  if (getConstantIntValue(OpFoldResult(condition)).value_or(0) != 0)
    return;
  if (memory.required.insert(condition).second)
    cf::AssertOp::create(b, loc, condition, message.str());
}
