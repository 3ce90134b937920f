//===- PackedLayout.h - what distinguishes the packings ---------*- C++ -*-===//
//
// The one table of byte layouts. The attribute, the packers, the loop nests
// and the kernels read it; none of them asks which packing it is.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_PACKEDLAYOUT_H
#define BITNET_DIALECT_BITNET_IR_PACKEDLAYOUT_H

#include "mlir/IR/OpImplementation.h"

#include "bitnet/Dialect/BitNet/IR/BitNetEnums.h.inc"

namespace mlir::bitnet {

/// How the digits t+1 (0..2) of one byte are written.
enum class DigitForm {
  /// Each digit takes two bits, the first one the lowest.
  Crumbs,
  /// v = sum of 3^f t_f as |v| with the sign in bit 7.
  SignedBase3
};

/// A chunk of `kChunkBytes` is `kChunkRows` rows of weights by `chunkCols()`
/// columns: digit f of byte 4r+j is row r, column 4f+j. Chunks are ordered
/// `[rows / blockRows()][cols / chunkCols()][blockChunks]`.
struct PackedLayout {
  static constexpr int64_t kChunkBytes = 64, kChunkRows = 16, kLaneBytes = 4;

  PackingKind kind;
  DigitForm form;
  /// Digits per byte.
  int64_t fields;
  /// How many chunks of different rows follow each other.
  int64_t blockChunks;

  constexpr int64_t chunkCols() const { return kLaneBytes * fields; }
  constexpr int64_t blockRows() const { return kChunkRows * blockChunks; }
  constexpr double bitsPerWeight() const { return 8.0 / double(fields); }
};

/// All layouts, in the order of PackingKind.
inline constexpr PackedLayout kPackedLayouts[] = {
    {PackingKind::U2, DigitForm::Crumbs, /*fields=*/4, /*blockChunks=*/4},
    {PackingKind::U1_6, DigitForm::SignedBase3, /*fields=*/5,
     /*blockChunks=*/2},
};

constexpr const PackedLayout &getPackedLayout(PackingKind kind) {
  return kPackedLayouts[unsigned(kind)];
}

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_PACKEDLAYOUT_H
