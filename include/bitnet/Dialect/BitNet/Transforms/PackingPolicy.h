//===- PackingPolicy.h - which packing a layer gets -------------*- C++ -*-===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PACKINGPOLICY_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_PACKINGPOLICY_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include <array>
#include <string>

namespace mlir::bitnet {

/// A wish of the user: `Auto`, or one packing wherever it is possible.
enum class PackingChoice { Auto, U2, U1_6 };

/// The figures that decide, for one token (M = 1), which reads all weights
/// once. docs/Kernels.md has the measurements.
struct PackingCosts {
  /// Cycles of the fastest kernel per 64 weights, by PackingKind.
  std::array<double, 2> cycles = {0.51, 0.9};
  /// Bytes per cycle that one core gets from memory.
  double memoryBytesPerCycle = 10;
  /// A model of no more bytes than this stays in a cache between tokens, which
  /// then delivers as fast as kernels decode.
  uint64_t cachedBytes = uint64_t(256) << 20;
};

/// What the choice depends on beyond the layer.
struct PackingPolicy {
  PackingChoice wish = PackingChoice::Auto;
  /// Base-3 bytes are decoded by a kernel made for it, not by the portable one.
  bool fastBase3 = false;
  /// Weights that one token reads.
  uint64_t totalWeights = 0;
  PackingCosts costs;
};

struct PackingDecision {
  PackingKind kind;
  /// The reason why a wish of the user was not fulfilled; else empty.
  std::string note;
};

/// The packing of the weights that `op`, not yet packed, multiplies by.
PackingDecision choosePacking(MatMulOp op, const PackingPolicy &policy);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PACKINGPOLICY_H
