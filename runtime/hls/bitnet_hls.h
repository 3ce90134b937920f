// bitnet_hls.h - scalar functions of the generated model.cpp.
//
// Each gives the same bits as the CPU target, in a C simulation and in hardware
// that follows IEEE 754. Compile simulations with -ffp-contract=off: a fused
// multiply-add rounds once where the model rounds twice.
#ifndef BITNET_HLS_H
#define BITNET_HLS_H

#include <cmath>
#include <cstring>
#include <stdint.h>

namespace bitnet_hls {

template <typename To, typename From> inline To bitcast(From value) {
  static_assert(sizeof(To) == sizeof(From), "bitcast keeps the width");
  To result;
  std::memcpy(&result, &value, sizeof(To));
  return result;
}

template <typename T> inline bool unordered(T x, T y) {
  return x != x || y != y;
}

// IEEE 754 maximum: NaN wins, -0 is below +0.
template <typename T> inline T maximumf(T x, T y) {
  if (unordered(x, y))
    return x + y;
  if (x == y)
    return std::signbit(x) ? y : x;
  return x > y ? x : y;
}

template <typename T> inline T minimumf(T x, T y) {
  if (unordered(x, y))
    return x + y;
  if (x == y)
    return std::signbit(x) ? x : y;
  return x < y ? x : y;
}

// The number wins over NaN.
template <typename T> inline T maxnumf(T x, T y) {
  return x != x ? y : (y != y ? x : maximumf(x, y));
}

template <typename T> inline T minnumf(T x, T y) {
  return x != x ? y : (y != y ? x : minimumf(x, y));
}

// Half to even: adding 2^mantissa drops the fraction in the default rounding.
inline float roundeven(float x) {
  const float big = 8388608.0f, magnitude = std::fabs(x);
  if (!(magnitude < big))
    return x;
  const float shifted = magnitude + big;
  return std::copysign(shifted - big, x);
}

inline double roundeven(double x) {
  const double big = 4503599627370496.0, magnitude = std::fabs(x);
  if (!(magnitude < big))
    return x;
  const double shifted = magnitude + big;
  return std::copysign(shifted - big, x);
}

template <typename T> inline T floordiv(T x, T y) {
  const T quotient = (T)(x / y);
  return (T)(quotient - ((x % y != 0) && ((x < 0) != (y < 0)) ? 1 : 0));
}

} // namespace bitnet_hls

#endif // BITNET_HLS_H
