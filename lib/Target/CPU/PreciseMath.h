//===- PreciseMath.h - f32 functions evaluated in f64 -----------*- C++ -*-===//

#ifndef BITNET_LIB_TARGET_CPU_PRECISEMATH_H
#define BITNET_LIB_TARGET_CPU_PRECISEMATH_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::bitnet {

/// Patterns that evaluate exp, expm1, tanh and erf of f32 values (scalars or
/// vectors) in f64 and round once. Only IEEE operations, no FMA: all CPUs give
/// the same bits, within 0.51 ulp of the true value.
void populatePreciseMathPatterns(RewritePatternSet &patterns);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_PRECISEMATH_H
