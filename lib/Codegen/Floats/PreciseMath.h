//===- PreciseMath.h - f32 functions with the same bits --------*- C++ -*-===//
//
// The patterns of --bitnet-expand-math. The CPU and the HLS pipeline both use
// it, and a libm would give each machine bits of its own. What is left to libm
// says the description of the pass. test/Codegen/Floats/math-accuracy.test
// measures the errors below at 200,000 points of all magnitudes, and compares
// the bits of all levels of a library.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CODEGEN_FLOATS_PRECISEMATH_H
#define BITNET_LIB_CODEGEN_FLOATS_PRECISEMATH_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::bitnet {

/// What --bitnet-expand-math does beside upstream's expansions.
/// Patterns that expand exp, expm1, tanh and erf of f32 values (scalars or
/// vectors) to IEEE operations without FMA: all CPUs give the same bits, within
/// 0.68, 0.51, 1.02 and 0.93 ulp of the true value.
void populatePreciseMathPatterns(RewritePatternSet &patterns);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_FLOATS_PRECISEMATH_H
