// bitnet_hls.h - scalar functions of the generated model.cpp.
//
// Each gives the same bits as the CPU target, in a C simulation and in hardware
// that follows IEEE 754. Compile simulations with -ffp-contract=off: a fused
// multiply-add rounds once where the model rounds twice.
//
// The functions are templates of the element type T, float or double; floordiv
// takes signed integers. Operations that C++ has an operator for are not here:
// bitnet-compile prints the operator.
#ifndef BITNET_HLS_H
#define BITNET_HLS_H

#include <cmath>
#include <cstring>
#include <stdint.h>

namespace bitnet_hls {

// The bits of `value` as a number of another type of the same width
// (arith.bitcast). A union would do in hardware but is undefined in C++.
template <typename To, typename From> inline To bitcast(From value) {
  static_assert(sizeof(To) == sizeof(From), "bitcast keeps the width");
  To result;
  std::memcpy(&result, &value, sizeof(To));
  return result;
}

// Whether x or y is NaN: only NaN differs from itself.
template <typename T> inline bool unordered(T x, T y) {
  return x != x || y != y;
}

// IEEE 754 maximum (arith.maximumf): NaN wins, as x + y is NaN then, and -0 is
// below +0. Equal operands differ in the sign of zero at most.
template <typename T> inline T maximumf(T x, T y) {
  if (unordered(x, y))
    return x + y;
  if (x == y)
    return std::signbit(x) ? y : x;
  return x > y ? x : y;
}

// IEEE 754 minimum: NaN wins, as x + y is NaN then, and -0 is below +0.
template <typename T> inline T minimumf(T x, T y) {
  if (unordered(x, y))
    return x + y;
  if (x == y)
    return std::signbit(x) ? x : y;
  return x < y ? x : y;
}

// arith.maxnumf: a number wins over NaN; two NaNs give NaN.
template <typename T> inline T maxnumf(T x, T y) {
  return x != x ? y : (y != y ? x : maximumf(x, y));
}

// arith.minnumf: a number wins over NaN; two NaNs give NaN.
template <typename T> inline T minnumf(T x, T y) {
  return x != x ? y : (y != y ? x : minimumf(x, y));
}

// Rounds half to even (math.roundeven). Adding 2^23, where the step between
// floats is 1, drops the fraction in the default rounding mode. Larger numbers,
// infinities and NaN have no fraction and are returned as they are; the sign is
// put back, so that -0.25 becomes -0.
inline float roundeven(float x) {
  // NaN fails the comparison and is returned, too.
  const float big = 8388608.0f, magnitude = std::fabs(x);
  if (!(magnitude < big))
    return x;
  // One addition rounds to a multiple of 1; the subtraction is exact.
  const float shifted = magnitude + big;
  return std::copysign(shifted - big, x);
}

// The same for doubles, whose steps are 1 from 2^52 on.
inline double roundeven(double x) {
  const double big = 4503599627370496.0, magnitude = std::fabs(x);
  if (!(magnitude < big))
    return x;
  const double shifted = magnitude + big;
  return std::copysign(shifted - big, x);
}

// Division of integers rounded down (arith.floordivsi), where C++ rounds
// towards zero. y = 0 and the lowest integer divided by -1 are undefined, as in
// the model.
template <typename T> inline T floordiv(T x, T y) {
  // C++ truncates: the quotient is one too large where the division leaves a
  // rest and the signs differ.
  const T quotient = (T)(x / y);
  return (T)(quotient - ((x % y != 0) && ((x < 0) != (y < 0)) ? 1 : 0));
}

} // namespace bitnet_hls

#endif // BITNET_HLS_H
