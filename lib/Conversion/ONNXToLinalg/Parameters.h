//===- Parameters.h - scales, biases, zero points of operators --*- C++ -*-===//
//
// A parameter belongs to an axis of an operator's input and has its length.
// What is longer than the axis must be an error: numpy broadcasting would make
// the result grow where the axis is 1.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_PARAMETERS_H
#define BITNET_CONVERSION_ONNXTOLINALG_PARAMETERS_H

#include "NodeLowering.h"

namespace mlir::bitnet {

/// `v` [C], one element per element of axis `axis` of `x`, as [C, 1, ..., 1],
/// which broadcasts to x. `what` names it in messages: "scale".
FailureOr<Value> alongAxis(NodeLowering &n, Value v, Value x, int64_t axis,
                           StringRef what);

/// Checks that `v` broadcasts to `extents` and changes none of them.
LogicalResult requireBroadcastTo(NodeLowering &n, Value v,
                                 ArrayRef<OpFoldResult> extents,
                                 StringRef what);

/// Checks that the comparison of two sizes holds; `otherwise` says what is
/// wrong where it does not.
LogicalResult requireCompare(NodeLowering &n, arith::CmpIPredicate predicate,
                             OpFoldResult lhs, OpFoldResult rhs,
                             const Twine &otherwise);

/// Checks that the shapes of two parameters are the same.
LogicalResult requireSameShape(NodeLowering &n, Value l, Value r,
                               StringRef what);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_PARAMETERS_H
