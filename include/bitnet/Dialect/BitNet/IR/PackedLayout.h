//===- PackedLayout.h - what distinguishes the packings ---------*- C++ -*-===//
//
// The one table of byte layouts. The attribute, the packers, the loop nests,
// the kernels, the policy and the words of --packing read it; none of them asks
// which packing it is. docs/Rationale.md says what a new entry needs beside it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_PACKEDLAYOUT_H
#define BITNET_DIALECT_BITNET_IR_PACKEDLAYOUT_H

#include "bitnet/Support/WithField.h"

#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/StringRef.h"

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
/// `[rows / blockRows()][cols / chunkCols()][blockChunks]`. A layout is written
/// as `PackedLayout(kind).named("2.0", "2 bits").crumbs(4).inBlocksOf(4)`.
struct PackedLayout {
  static constexpr int64_t kChunkBytes = 64, kChunkRows = 16, kLaneBytes = 4;
  /// The most digits that a byte of any form has.
  static constexpr int64_t kMaxFields = 5;

  constexpr explicit PackedLayout(PackingKind kind) : kind(kind) {}

  /// The case of the enumeration; texts of the IR have its name.
  PackingKind kind;
  /// What users write for it, bits per weight, and what --help says of it.
  llvm::StringLiteral word = "", summary = "";
  DigitForm form = DigitForm::Crumbs;
  /// Digits per byte. What has no default that makes sense is 0 until it is
  /// set, which arePackedLayoutsSound refuses.
  int64_t fields = 0;
  /// How many chunks of different rows follow each other.
  int64_t blockChunks = 0;
  /// Cycles of the fastest kernel per 64 weights of one token (M = 1), by which
  /// the policy chooses; docs/Kernels.md has the measurements.
  double cycles = 0;
  /// Whether kernels read it with int8 activations only.
  bool int8Only = false;

  /// Columns of a chunk, rows and bytes of a block.
  constexpr int64_t chunkCols() const { return kLaneBytes * fields; }
  constexpr int64_t blockRows() const { return kChunkRows * blockChunks; }
  constexpr int64_t blockBytes() const { return kChunkBytes * blockChunks; }
  constexpr double bitsPerWeight() const { return 8.0 / double(fields); }
  /// How many values a digit of the form may have.
  constexpr int64_t radix() const { return form == DigitForm::Crumbs ? 4 : 3; }
  /// Whether the digits of a byte fit in it.
  constexpr bool fitsByte() const {
    int64_t numbers = 1;
    for (int64_t f = 0; f < fields; ++f)
      numbers *= radix();
    return 0 < fields && fields <= kMaxFields && numbers <= 256;
  }

  /// Setters, of which each returns a changed copy. `named` sets word and
  /// summary.
  constexpr PackedLayout named(llvm::StringLiteral bits,
                               llvm::StringLiteral help) const {
    return withField(withField(*this, &PackedLayout::word, bits),
                     &PackedLayout::summary, help);
  }
  /// The two forms, with the digits of a byte.
  constexpr PackedLayout crumbs(int64_t count) const {
    return digits(DigitForm::Crumbs, count);
  }
  constexpr PackedLayout base3(int64_t count) const {
    return digits(DigitForm::SignedBase3, count);
  }
  /// Set blockChunks, cycles and int8Only.
  constexpr PackedLayout inBlocksOf(int64_t chunks) const {
    return withField(*this, &PackedLayout::blockChunks, chunks);
  }
  constexpr PackedLayout costing(double each) const {
    return withField(*this, &PackedLayout::cycles, each);
  }
  constexpr PackedLayout forInt8() const {
    return withField(*this, &PackedLayout::int8Only, true);
  }

private:
  constexpr PackedLayout digits(DigitForm how, int64_t count) const {
    return withField(withField(*this, &PackedLayout::form, how),
                     &PackedLayout::fields, count);
  }
};

/// All layouts, in the order of PackingKind. The first one is the usual one: it
/// takes every product that can be packed at all.
inline constexpr PackedLayout kPackedLayouts[] = {
    PackedLayout(PackingKind::U2)
        .named("2.0", "2 bits")
        .crumbs(4)
        .inBlocksOf(4)
        .costing(0.51),
    PackedLayout(PackingKind::U1_6)
        .named("1.6", "base 3, five weights to a byte")
        .base3(5)
        .inBlocksOf(2)
        .costing(0.9)
        .forInt8(),
};
/// What a layer gets where nothing speaks for another one.
inline constexpr const PackedLayout &kUsualLayout = kPackedLayouts[0];

/// Whether the table has a sound entry for every case of PackingKind, in order.
constexpr bool arePackedLayoutsSound() {
  unsigned index = 0;
  for (const PackedLayout &layout : kPackedLayouts)
    if (unsigned(layout.kind) != index++ || !layout.fitsByte() ||
        layout.blockChunks < 1)
      return false;
  return index == getMaxEnumValForPackingKind() + 1;
}
static_assert(arePackedLayoutsSound(), "see kPackedLayouts");

/// The entry of `kind`.
constexpr const PackedLayout &getPackedLayout(PackingKind kind) {
  return kPackedLayouts[unsigned(kind)];
}

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_PACKEDLAYOUT_H
