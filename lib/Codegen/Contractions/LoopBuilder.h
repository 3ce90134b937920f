//===- LoopBuilder.h - loops and vectors of a product -----------*- C++ -*-===//
//
// Both forms of products are written with it; it is the only place of this
// folder that names operations of arith, memref, scf and vector.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_LOOPBUILDER_H
#define BITNET_CODEGEN_CONTRACTIONS_LOOPBUILDER_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// Lanes of a vector in the code of products, on every CPU: sums along k are
/// split by them (mm_c5), so they are part of the meaning.
inline constexpr int64_t kLanes = 16;

/// The first lanes of a vector: how many there are, at most kLanes, and the
/// mask of them. Empty: all lanes.
struct Tail {
  Value count, mask;
};

/// A builder with the words that products are written in. Matrices are rank-2
/// memrefs.
class LoopBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using Values = SmallVector<Value>;

  /// Constants and arithmetic of indices, folded where operands are constants.
  /// Division and remainder are unsigned, min and max signed.
  Value index(int64_t value);
  Value flag(bool value);
  Value add(Value a, int64_t b);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value min(Value a, Value b);
  Value max(Value a, Value b);
  Value div(Value a, Value b);
  Value rem(Value a, Value b);
  Value ceilDiv(Value a, int64_t b);
  /// `a` rounded down to a multiple of `b`.
  Value floorTo(Value a, int64_t b);
  Value dim(Value memref, int64_t i);
  /// Whether elements are narrower than the f32 that they are read as.
  bool isNarrow(Value matrix);

  /// `body` gets the induction variable; the builder stands behind the loop
  /// afterwards. `reduce` carries values, `branch` and `choose` are if and
  /// else.
  void loop(Value low, Value high, int64_t step,
            function_ref<void(Value)> body);
  Values reduce(Value low, Value high, int64_t step, ValueRange init,
                function_ref<Values(Value, ValueRange)> body);
  void branch(Value condition, function_ref<void()> then,
              function_ref<void()> otherwise);

  /// Values of the side that is taken.
  Values choose(Value condition, function_ref<Values()> then,
                function_ref<Values()> otherwise);

  Value zeros(int64_t lanes = kLanes);
  /// `count` lanes; none when it is negative, all when it is larger.
  Tail tail(Value count, int64_t lanes = kLanes);
  /// Elements of a row as f32; zeros beyond the tail.
  Value load(Value matrix, Value row, Value column, Tail tail = {},
             int64_t lanes = kLanes);
  /// One element as f32 in all lanes.
  Value splat(Value matrix, Value row, Value column);
  /// Asks for the cache line of an element, which need not exist.
  void prefetch(Value matrix, Value row, Value column);
  /// Lanes beyond the tail are not touched.
  void store(Value v, Value matrix, Value row, Value column, Tail tail = {});
  /// a * b + c: one rounding where the CPU has the instruction, else two.
  Value multiplyAdd(Value a, Value b, Value c);
  Value addFloats(Value a, Value b);

  /// Memory for one vector of f32, in the entry block of the function.
  void reserveScratch();

private:
  Value widen(Value v);
  Value loadNarrowTail(Value matrix, Value row, Value column, Value count);

  Value scratch;
};

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CONTRACTIONS_LOOPBUILDER_H
