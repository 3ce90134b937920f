//===- Generic.h - linalg.generic for the lowerings -------------*- C++ -*-===//
//
// What NodeLowering's building blocks do not cover: free loop orders, indices
// computed in the body, index checks.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_GENERIC_H
#define BITNET_CONVERSION_ONNXTOLINALG_GENERIC_H

#include "NodeLowering.h"

#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/AffineMap.h"

namespace mlir::bitnet {

/// The type arithmetic happens in: f32 for narrower floats, else the type.
Type computeType(Type element);

/// A scalar converted between float types, rounding at most once.
Value convertFloat(ScalarBuilder &s, Value v, Type type);

/// The constant of 16-bit floats that `v` widens in each run, or `v`: products
/// and Gather widen what they read instead.
Value skipWidening(Value v);

/// The map (d0..d{rank-1}) -> (d[targets]).
AffineMap pickDims(OpBuilder &b, unsigned rank, ArrayRef<unsigned> targets);

/// A linalg.generic with one init. `maps` holds one map per input, then the
/// init's. Inputs that are narrow floats arrive as f32; the body's last
/// argument is the init's element; its value is converted to the init's type.
struct GenericSpec {
  Value init;
  Dims extents; // of init
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<utils::IteratorType> iterators;
};
Value buildGeneric(NodeLowering &n, const GenericSpec &spec, ScalarFn body);

/// One parallel loop per extent; the body gets the elements of `inputs` (by
/// `maps`) and may read linalg.index.
Value buildParallel(NodeLowering &n, ArrayRef<OpFoldResult> extents,
                    Type element, ArrayRef<Value> inputs,
                    ArrayRef<AffineMap> maps, ScalarFn body);

/// The current loop numbers 0..rank-1, inside a body.
SmallVector<Value> loopIndices(ScalarBuilder &s, unsigned rank);

/// An ONNX index as an index value: negative ones count from the end.
Value wrapIndex(ScalarBuilder &s, Value index, Value extent);

/// Checks that all indices lie in [-extent, extent), or in [0, extent) where
/// none counts from the end; at compile time when they are constant, else by
/// one pass over them and an assert.
LogicalResult checkIndices(NodeLowering &n, Value indices, OpFoldResult extent,
                           bool fromEnd = true);

/// Asserts an i1 scalar tensor.
void assertScalar(NodeLowering &n, Value condition, const Twine &what);

/// v surrounded by `value`; low and high have one entry per dimension.
Value padTensor(NodeLowering &n, Value v, ArrayRef<OpFoldResult> low,
                ArrayRef<OpFoldResult> high, TypedAttr value);

/// A zero (or other number) attribute of a float or integer type.
TypedAttr numberAttr(Type type, double value);
/// The identity of max: -inf or the smallest integer.
TypedAttr lowestAttr(Type type, bool isUnsigned);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_GENERIC_H
