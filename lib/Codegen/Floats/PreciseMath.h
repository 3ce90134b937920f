//===- PreciseMath.h - f32 functions with the same bits --------*- C++ -*-===//
//
// The patterns of --bitnet-expand-math; the CPU and the HLS pipeline both use
// it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CODEGEN_FLOATS_PRECISEMATH_H
#define BITNET_LIB_CODEGEN_FLOATS_PRECISEMATH_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::bitnet {

/// Patterns that expand exp, expm1, tanh and erf of f32 values (scalars or
/// vectors) to IEEE operations without FMA: all CPUs give the same bits, within
/// 0.68, 0.51, 1.02 and 0.93 ulp of the true value.
void populatePreciseMathPatterns(RewritePatternSet &patterns);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_FLOATS_PRECISEMATH_H
