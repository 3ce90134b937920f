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

/// `1 << bitnet_rt_core`, an i32: reads what the glue stored. Where no glue is
/// (a function by itself), the module's own definition says BITNET_CORE_OTHER.
Value emitCoreBit(ImplicitLocOpBuilder &b);

/// Whether the core of `bit` is one of `cores`.
Value emitIsCore(ImplicitLocOpBuilder &b, Value bit, CoreSet cores);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_COREFAMILY_H
