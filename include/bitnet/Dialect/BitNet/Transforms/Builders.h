//===- Builders.h - tensor idioms used by several passes --------*- C++ -*-===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_BUILDERS_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_BUILDERS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// The extent of `value` along `axis`: an index attribute when static.
OpFoldResult getExtent(ImplicitLocOpBuilder &b, Value value, int64_t axis);
/// All extents of `value`, in order.
SmallVector<OpFoldResult> getExtents(ImplicitLocOpBuilder &b, Value value);

/// A tensor of these extents whose contents are to be overwritten.
Value makeEmpty(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> shape,
                Type element);
/// The same, filled with zero.
Value makeZeros(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> shape,
                Type element);

/// `value` with zeros appended: `low[i]` before and `high[i]` behind axis i.
Value padWithZeros(ImplicitLocOpBuilder &b, Value value, ArrayRef<int64_t> low,
                   ArrayRef<int64_t> high);

/// A linalg.generic with `parallel` loops first, then reductions. `body` gets
/// the elements of the inputs and of `init` and returns the result's; each map
/// goes from loops to the dimensions of one operand, `init` last.
using BodyBuilder = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;
Value makeGeneric(ImplicitLocOpBuilder &b, ValueRange inputs, Value init,
                  ArrayRef<AffineMap> maps, unsigned parallel,
                  BodyBuilder body);

/// Float `value` as `type` (one rounding at most), or itself.
Value castFloat(ImplicitLocOpBuilder &b, Value value, Type type);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_BUILDERS_H
