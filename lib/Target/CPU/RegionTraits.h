//===- RegionTraits.h - what a piece of a model computes --------*- C++ -*-===//
//
// --bitnet-mark-regions asks for each region what kind it is and how many bytes
// of weights it reads.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_REGIONTRAITS_H
#define BITNET_LIB_TARGET_CPU_REGIONTRAITS_H

#include "bitnet/runtime/abi.h"

#include "mlir/IR/Operation.h"

namespace mlir::bitnet {

/// What is found in an operation and in the functions that it calls.
struct RegionTraits {
  bool ternary = false;     ///< calls a kernel for packed weights
  bool exponential = false; ///< exp, tanh, erf
  bool dot = false;         ///< accumulates products of two values
  bool square = false;      ///< accumulates squares, or takes roots
  bool rounds = false;      ///< rounds to integers
  bool computes = false;    ///< any other arithmetic on floats
  uint64_t weightBytes = 0; ///< of the constants that matmuls read

  /// The kind that a profile shows.
  bitnet_region_kind getKind() const;
};

/// The traits of an operation. Those of a call are the traits of the function
/// and of all that it calls, each counted once.
RegionTraits getRegionTraits(Operation *op);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_REGIONTRAITS_H
