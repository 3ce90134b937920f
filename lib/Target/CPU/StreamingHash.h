//===- StreamingHash.h - xxh3_64 in pieces ----------------------*- C++ -*-===//
//
// Weights are streamed into the library and hashed on the way (WeightImage.h).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_STREAMINGHASH_H
#define BITNET_LIB_TARGET_CPU_STREAMINGHASH_H

#include "llvm/ADT/ArrayRef.h"

#include <array>
#include <cstdint>
#include <vector>

namespace mlir::bitnet {

/// XXH3, 64 bits, seed 0: the value of llvm::xxh3_64bits for bytes that come in
/// pieces, so that weights need not be in memory at once. Call update any
/// number of times, then finish once.
class StreamingHash {
public:
  void update(llvm::ArrayRef<uint8_t> bytes);
  uint64_t finish();

private:
  using Lanes = std::array<uint64_t, 8>;
  /// The steps of the specification, on the hash lanes.
  static void accumulate(Lanes &lanes, const uint8_t *stripe,
                         const uint8_t *secret);
  static void scramble(Lanes &lanes);
  static uint64_t merge(const Lanes &lanes, uint64_t length);
  void consume(const uint8_t *stripe);

  Lanes lanes{0xC2B2AE3Du,         0x9E3779B185EBCA87u, 0xC2B2AE3D27D4EB4Fu,
              0x165667B19E3779F9u, 0x85EBCA77C2B2AE63u, 0x85EBCA77u,
              0x27D4EB2F165667C5u, 0x9E3779B1u};
  /// Bytes not consumed yet. At least one stays until the end: the last stripe
  /// is treated apart. Short inputs stay here altogether.
  std::vector<uint8_t> pending;
  /// The 64 bytes before `pending`.
  std::array<uint8_t, 64> last{};
  uint64_t total = 0;
  unsigned stripeInBlock = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_STREAMINGHASH_H
