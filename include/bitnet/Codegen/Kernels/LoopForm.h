//===- LoopForm.h - one loop over K of a ternary kernel ---------*- C++ -*-===//
//
// What an entry of the kernel table says of its loops: the unit that multiplies
// and adds, how digits become codes, how activation rows are shared out, and
// for how many columns the sums are exact. KernelEmitter.h makes code of it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_LOOPFORM_H
#define BITNET_CODEGEN_KERNELS_LOOPFORM_H

#include "bitnet/Codegen/Kernels/CoreFamily.h"
#include "bitnet/Support/WithField.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace mlir::bitnet {

/// How codes (unsigned bytes 0..2, possibly scaled) meet activations.
enum class DotForm {
  /// acc.i32 += four adjacent u8 * i8: one intrinsic (acc, u, x).
  Dot4,
  /// Like Dot4, but x is a lane of one 16-byte load, which the instruction
  /// picks.
  Dot4ByLane,
  /// acc.i32[2 x 2] += two weight rows . two activation rows over 8 columns.
  Dot8Pairs,
  /// acc[16 x 16] += 16 weight rows . 16 activation rows over 64 columns.
  MatrixTile,
  /// acc.i16 += intrinsic(u, x), which adds two adjacent u8 * i8.
  Dot2,
  /// Dot2 spelled with portable i16 arithmetic.
  PortableDot2,
  /// acc.i16 += u * x, a lane per byte: a widening multiplication.
  Widening,
  /// acc.i32 += u * x on i32 lanes, for i16 activations.
  Lanes,
  /// acc.f32 +- x by selects on f32 lanes, k ascending.
  FloatLanes
};

/// One way of an instruction set to multiply and add. An intrinsic is LLVM's
/// full name; a form without one is plain arithmetic.
struct DotUnit {
  DotForm form;
  int64_t registerBytes;
  /// The product; pairs of i16 lanes to i32 (empty: by shifts).
  llvm::StringLiteral intrinsic = "", widenIntrinsic = "";
};

/// Code of field f of a packed byte: `(plane >> shift) & mask`, which is the
/// code times 1 << ctz(mask). Fields with equal scale share an accumulator,
/// unless `apart` asks for a shorter chain of additions.
struct FieldDecode {
  uint8_t shift, mask;
  uint8_t plane = 0;
  bool apart = false;
};

/// How activation rows are shared out among tiles of a form.
enum class Cover {
  /// As many tiles as fit; the rows that are left over go to the next form.
  Whole,
  /// All rows evenly, so that no tile is too small to pay for decoding.
  Even,
  /// All rows; the last tile begins early and computes some a second time.
  Overlap,
  /// All rows in one tile that may have more. Only for matrix units.
  Padded
};

/// How far ahead of a loop memory is asked for, in chunk columns.
struct Prefetch {
  /// The distance of prefetches into the first cache; all 0: there are none.
  PerCore near = {0, 0, 0};
  /// The distance of prefetches into the second cache, for cores whose first
  /// cache waits for too few lines at a time to stream from memory; all 0:
  /// there are none.
  PerCore far = {0, 0, 0};
};

/// The largest code and the largest magnitude of an int8 activation.
inline constexpr int64_t kMaxCode = 2, kMaxActivation = 128;

/// The scale of a field: its codes are multiplied by this.
constexpr int64_t getScale(FieldDecode field) {
  int64_t scale = 1;
  for (unsigned mask = field.mask; mask % 2 == 0; mask /= 2)
    scale *= 2;
  return scale;
}

/// The largest scale of a field.
template <size_t N>
constexpr int64_t getLargestScale(const FieldDecode (&fields)[N]) {
  int64_t largest = 0;
  for (const FieldDecode &field : fields)
    if (getScale(field) > largest)
      largest = getScale(field);
  return largest;
}

/// The sum of scales of the fields that add to the fullest accumulator, those
/// of a scale of at least `least` alone; 0: there is none.
template <size_t N>
constexpr int64_t getFullest(const FieldDecode (&fields)[N], int64_t least) {
  int64_t fullest = 0;
  for (const FieldDecode &field : fields) {
    int64_t sum = 0;
    for (const FieldDecode &other : fields)
      if (getScale(other) == getScale(field) && other.apart == field.apart)
        sum += getScale(other);
    if (getScale(field) >= least && sum > fullest)
      fullest = sum;
  }
  return fullest;
}

/// Columns of a chunk's four that one lane of an accumulator takes of a field.
constexpr int64_t getLaneCols(DotForm form) {
  switch (form) {
  case DotForm::Dot2:
  case DotForm::PortableDot2:
    return 2;
  case DotForm::Widening:
    return 1;
  default:
    return 4;
  }
}

/// The largest scale at which a unit reads codes for what they are: as signed
/// or as unsigned bytes, or as one of 0, 1, 2 where it compares.
constexpr int64_t getMaxScale(DotForm form) {
  switch (form) {
  case DotForm::Dot4ByLane:
  case DotForm::Widening:
    return 127 / kMaxCode;
  case DotForm::FloatLanes:
    return 1;
  default:
    return 255 / kMaxCode;
  }
}

/// One loop over K: a tile of activation rows by `parts` registers of packed
/// bytes per chunk column. A form is written as what differs from a loop that
/// takes a single row at a time: `LoopForm(dot, fields).from(20).even(5,
/// 6).inParts(4)`.
struct LoopForm {
  template <size_t N>
  constexpr LoopForm(const DotUnit &dot, const FieldDecode (&fields)[N])
      : dot(dot), fields(fields), fullest(getFullest(fields, 1)),
        fullestScaled(getFullest(fields, 2)), largest(getLargestScale(fields)),
        count(N) {}

  const DotUnit &dot;
  /// The decoding of each field, one for every four columns of a chunk.
  llvm::ArrayRef<FieldDecode> fields;
  /// getFullest of `fields`, of all and of those with a scale.
  int64_t fullest, fullestScaled;
  /// getLargestScale and number of `fields`.
  int64_t largest, count;
  /// The form serves products of at least so many activation rows in all.
  int64_t minRows = 1;
  Cover cover = Cover::Whole;
  /// Rows of a tile; they differ for Cover::Even only. TileEmitter makes one
  /// body for each size between them.
  int64_t minTile = 1, maxTile = 1;
  /// Registers of packed bytes that one pass over K reads per chunk column; a
  /// block takes blockChunks * 64 / (parts * registerBytes) passes.
  int64_t parts = 1;
  /// K is taken in slices of so many chunk columns and totals live in y between
  /// them: i16 accumulators must not wrap, and the passes of a block take turns
  /// within a slice, so that memory is read in order. 0: all of K at once.
  int64_t sliceChunks = 0;
  Prefetch prefetch = {};
  /// Codes of a slice are decoded once, into a buffer, for all tiles.
  bool panel = false;
  /// The cores that the form is for; on others the next form is tried.
  CoreSet cores = kAnyCore;

  /// Setters, of which each returns a changed copy. `from` sets minRows.
  constexpr LoopForm from(int64_t rows) const {
    return withField(*this, &LoopForm::minRows, rows);
  }
  /// The four ways of Cover, with the rows of a tile.
  constexpr LoopForm even(int64_t least, int64_t most) const {
    return tiles(Cover::Even, least, most);
  }
  constexpr LoopForm whole(int64_t rows) const {
    return tiles(Cover::Whole, rows, rows);
  }
  constexpr LoopForm overlapping(int64_t rows) const {
    return tiles(Cover::Overlap, rows, rows);
  }
  constexpr LoopForm padded(int64_t rows) const {
    return tiles(Cover::Padded, rows, rows);
  }
  /// Set parts, sliceChunks, prefetch, panel and cores.
  constexpr LoopForm inParts(int64_t count) const {
    return withField(*this, &LoopForm::parts, count);
  }
  constexpr LoopForm inSlices(int64_t chunks) const {
    return withField(*this, &LoopForm::sliceChunks, chunks);
  }
  constexpr LoopForm ahead(Prefetch distance) const {
    return withField(*this, &LoopForm::prefetch, distance);
  }
  constexpr LoopForm withPanel() const {
    return withField(*this, &LoopForm::panel, true);
  }
  constexpr LoopForm on(CoreSet some) const {
    return withField(*this, &LoopForm::cores, some);
  }

  /// The most that a chunk column adds to an accumulator which takes fields of
  /// `sum` of scales, int8 activations provided.
  constexpr int64_t getStep(int64_t sum) const {
    return getLaneCols(dot.form) * kMaxCode * kMaxActivation * sum;
  }
  constexpr bool addsInI16() const {
    return dot.form == DotForm::Dot2 || dot.form == DotForm::PortableDot2 ||
           dot.form == DotForm::Widening;
  }
  /// Whether no accumulator of 16 bits wraps within a slice. The activation of
  /// the largest magnitude is negative (-128), so a sum that reaches the bound
  /// itself still fits. This bounds the pairs of pmaddubsw, which saturate,
  /// too.
  constexpr bool fitsI16() const {
    return !addsInI16() || (sliceChunks > 0 && sliceChunks * getStep(fullest) <=
                                                   (int64_t(1) << 15));
  }
  /// Whether their sum, once all are at scale 1, does not wrap either: it is
  /// made before lanes are widened to 32 bits (emitFold).
  constexpr bool foldsInI16() const {
    return !addsInI16() || sliceChunks * getStep(count) <= (int64_t(1) << 15);
  }
  /// Whether the unit reads every scaled code for what it is.
  constexpr bool fitsUnit() const { return largest <= getMaxScale(dot.form); }
  /// Chunk columns for which no accumulator of scaled codes wraps in 32 bits;
  /// 0: any number. Those of scale 1 may: what must fit is the difference to
  /// the sum of activations (mm_c1). Slices begin with accumulators of 0.
  constexpr int64_t getMaxChunks() const {
    return fullestScaled == 0 || sliceChunks > 0
               ? 0
               : (int64_t(1) << 31) / getStep(fullestScaled);
  }

private:
  constexpr LoopForm tiles(Cover how, int64_t least, int64_t most) const {
    LoopForm form = *this;
    form.cover = how;
    form.minTile = least;
    form.maxTile = most;
    return form;
  }
};

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_LOOPFORM_H
