//===- ScalarMath.h - scalar code shared by op files ------------*- C++ -*-===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_SCALARMATH_H
#define BITNET_CONVERSION_ONNXTOLINALG_SCALARMATH_H

#include "NodeLowering.h"

namespace mlir::bitnet {

/// Whether `type` is a float that is computed with in f32 (act_c3).
bool isNarrowFloat(Type type);
/// `v` in f32 if it is a narrow float.
Value widen(ScalarBuilder &s, Value v);

/// ONNX Cast of one scalar. `v` has the type of `from`, or f32 when that is a
/// narrower float. A narrow float result may be left in f32: elementwise()
/// rounds it. Floats out of an integer's range saturate, NaN gives its minimum:
/// never undefined behaviour (act_c2).
Value castScalar(ScalarBuilder &s, Value v, Type from, Type to);

/// Integer division and remainder that truncate toward zero; by zero they give
/// 0, and the minimum divided by -1 wraps.
Value divideInt(ScalarBuilder &s, Value lhs, Value rhs, bool isUnsigned);
Value remainderInt(ScalarBuilder &s, Value lhs, Value rhs, bool isUnsigned);

/// 1 / (1 + exp(-x))
Value sigmoid(ScalarBuilder &s, Value x);

/// Inverse hyperbolic functions, without cancellation near 0 and without
/// overflow; NaN outside of their domains.
Value asinh(ScalarBuilder &s, Value x);
Value acosh(ScalarBuilder &s, Value x);
Value atanh(ScalarBuilder &s, Value x);

/// 0.5 * x * (1 + erf(x / sqrt(2)))
Value geluErf(ScalarBuilder &s, Value x);
/// 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
Value geluTanh(ScalarBuilder &s, Value x);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_SCALARMATH_H
