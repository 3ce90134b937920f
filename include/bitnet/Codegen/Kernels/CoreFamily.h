//===- CoreFamily.h - choices that depend on the core ----------*- C++ -*-===//
//
// Some loops are fast on one core and slow on another that has the same
// instructions. A library learns at run time what it runs on.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_COREFAMILY_H
#define BITNET_CODEGEN_KERNELS_COREFAMILY_H

#include "bitnet/runtime/abi.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// Families of cores: a mask of `1 << bitnet_core` (abi.h).
using CoreSet = uint8_t;
inline constexpr CoreSet kAnyCore = 0xff;
inline constexpr CoreSet kOtherCores = 1 << BITNET_CORE_OTHER;
inline constexpr CoreSet kZenCores = 1 << BITNET_CORE_ZEN;
inline constexpr CoreSet kZen5Cores = 1 << BITNET_CORE_ZEN5;

/// A number for each family of cores. Used for distances of prefetches, in
/// chunk columns.
struct PerCore {
  int64_t other, zen, zen5;

  /// Whether all families want the same number: then no code asks for the core.
  constexpr bool isUniform() const { return other == zen && other == zen5; }
  constexpr bool operator==(const PerCore &rhs) const {
    return other == rhs.other && zen == rhs.zen && zen5 == rhs.zen5;
  }
  constexpr bool operator!=(const PerCore &rhs) const {
    return !(*this == rhs);
  }
};

/// `1 << bitnet_rt_core`, an i32: reads what the glue stored. Where no glue is
/// (a function by itself), the module's own definition says BITNET_CORE_OTHER.
Value emitCoreBit(ImplicitLocOpBuilder &b);

/// The one of `values` for the core of `bit`, an index. `bit` may be null when
/// all are equal.
Value emitPerCore(ImplicitLocOpBuilder &b, Value bit, PerCore values);

/// Whether the core of `bit` is one of `cores`.
Value emitIsCore(ImplicitLocOpBuilder &b, Value bit, CoreSet cores);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_COREFAMILY_H
