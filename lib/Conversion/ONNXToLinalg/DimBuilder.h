//===- DimBuilder.h - arithmetic on tensor extents --------------*- C++ -*-===//
//
// Extents are OpFoldResults: an index attribute or an SSA value of type index.
// Equal expressions give equal values: sums are kept in a canonical affine form
// (past + seq == seq + past) and products as multisets of factors, so that
// "provably the same extent" is a comparison of values. A sum and a product are
// never found to be equal (m + m and 2 * m).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_DIMBUILDER_H
#define BITNET_CONVERSION_ONNXTOLINALG_DIMBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include <map>
#include <unordered_map>

namespace mlir::bitnet {

using Dims = SmallVector<OpFoldResult>;

class DimBuilder {
public:
  DimBuilder(OpBuilder &builder, Location loc) : b(builder), loc(loc) {}
  void setLoc(Location newLoc) { loc = newLoc; }

  OpFoldResult constant(int64_t value) { return b.getIndexAttr(value); }
  OpFoldResult add(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult sub(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult mul(OpFoldResult lhs, OpFoldResult rhs);
  /// Division that truncates toward zero; a zero divisor gives zero, and the
  /// minimum divided by -1 wraps.
  OpFoldResult div(OpFoldResult lhs, OpFoldResult rhs);
  /// Division rounding up of an extent by a positive divisor.
  OpFoldResult ceilDiv(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult min(OpFoldResult lhs, OpFoldResult rhs); // signed
  OpFoldResult max(OpFoldResult lhs, OpFoldResult rhs); // signed
  OpFoldResult product(ArrayRef<OpFoldResult> dims);
  /// prod(num) / prod(den) where the division is known to be exact.
  OpFoldResult quotient(ArrayRef<OpFoldResult> num, ArrayRef<OpFoldResult> den);
  /// condition ? lhs : rhs
  OpFoldResult select(Value condition, OpFoldResult lhs, OpFoldResult rhs);
  /// The i1 attribute or value of a comparison; knows that extents are not
  /// negative.
  OpFoldResult compare(arith::CmpIPredicate predicate, OpFoldResult lhs,
                       OpFoldResult rhs);
  /// lhs == rhs, lhs < rhs (signed) as an i1 value.
  Value isEqual(OpFoldResult lhs, OpFoldResult rhs);
  Value isLess(OpFoldResult lhs, OpFoldResult rhs);
  Value orOf(Value lhs, Value rhs);

  /// Whether `dim` is known not to be negative.
  bool isExtent(OpFoldResult dim);
  /// Whether `dim` is a sum of extents and constants that are no larger: sums
  /// and differences of such cannot overflow.
  bool isBounded(OpFoldResult dim);
  /// Whether `dim` is min(whole, n) for a constant n > 1: such an extent
  /// broadcasts with `whole` only when it equals it.
  bool isCapped(OpFoldResult dim, OpFoldResult whole);
  /// Whether both extents are known to be equal.
  bool same(OpFoldResult lhs, OpFoldResult rhs);
  /// Whether the products of both lists are known to be equal.
  bool sameProduct(ArrayRef<OpFoldResult> lhs, ArrayRef<OpFoldResult> rhs);
  /// Records that both are equal from here on (after an assert).
  void unify(OpFoldResult lhs, OpFoldResult rhs);
  /// Emits `cf.assert condition, message`, once per condition.
  void require(Value condition, const Twine &message);

  /// Materialises an extent as an SSA value of type index.
  Value value(OpFoldResult dim);
  SmallVector<Value> values(ArrayRef<OpFoldResult> dims);
  /// Returns an equal earlier value and erases `v`'s op, or `v` itself. Only
  /// for ops without regions just made at the insertion point.
  Value cse(Value v);
  /// The attribute behind a constant, or the value; resolves `unify`.
  OpFoldResult simplify(OpFoldResult dim);

  /// What holds inside a nested region does not hold after it.
  struct Scope;

private:
  struct Product {
    int64_t constant = 1;
    SmallVector<Value> factors; // sorted by id
  };
  /// A comparison that holds or fails for all run-time values.
  std::optional<bool> decide(arith::CmpIPredicate predicate, OpFoldResult lhs,
                             OpFoldResult rhs);
  std::optional<bool> decideExtents(arith::CmpIPredicate predicate,
                                    OpFoldResult lhs, OpFoldResult rhs);
  AffineExpr differenceOf(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult divNonZero(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult divUnknown(OpFoldResult lhs, OpFoldResult rhs);
  AffineExpr exprOf(OpFoldResult dim);
  OpFoldResult fromExpr(AffineExpr expr);
  Product productOf(ArrayRef<OpFoldResult> dims);
  OpFoldResult fromProduct(Product p);
  unsigned idOf(Value v);
  void sortFactors(SmallVectorImpl<Value> &factors);

  /// Everything that is only valid where it was computed.
  struct Memory {
    SmallVector<Value> symbols;        // symbol number -> value
    DenseMap<Value, AffineExpr> exprs; // value -> canonical sum
    DenseMap<AffineExpr, Value> sums;  // canonical sum -> value
    DenseMap<Value, Product> products; // product value -> factors
    std::map<std::vector<int64_t>, Value> productValues;
    DenseMap<Value, unsigned> ids;
    DenseMap<Value, OpFoldResult> unified; // value -> representative
    std::unordered_multimap<size_t, Operation *> known;
    DenseSet<Value> required;
  };
  OpBuilder &b;
  Location loc;
  Memory memory;
};

struct DimBuilder::Scope {
  explicit Scope(DimBuilder &d) : owner(d), saved(d.memory) {}
  ~Scope() { owner.memory = std::move(saved); }
  DimBuilder &owner;
  Memory saved;
};

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_DIMBUILDER_H
