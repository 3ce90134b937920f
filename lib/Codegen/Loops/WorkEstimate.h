//===- WorkEstimate.h - cycles of a loop body at run time -------*- C++ -*-===//
//
// Used by --bitnet-outline-parallel, which compares the number with its option
// `grain`: below it a loop is not worth a second thread.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CODEGEN_LOOPS_WORKESTIMATE_H
#define BITNET_LIB_CODEGEN_LOOPS_WORKESTIMATE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// About the cycles of one execution of `body`, as an index. Operations are
/// emitted by `b`, which must stand where all values that `body` takes from
/// outside of it are visible.
Value estimateWork(ImplicitLocOpBuilder &b, Region &body);

/// The trip count of [lower, upper) by `step`, as an index; 0 when negative.
Value getTripCount(ImplicitLocOpBuilder &b, Value lower, Value upper,
                   Value step);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_LOOPS_WORKESTIMATE_H
