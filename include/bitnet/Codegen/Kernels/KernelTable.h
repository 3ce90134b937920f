//===- KernelTable.h - one row per code form of a ternary matmul -*- C++
//-*-===//
//
// The table says what an instruction set offers; KernelEmitter.h turns a row
// into code. Nothing else in the compiler knows instruction names.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_KERNELTABLE_H
#define BITNET_CODEGEN_KERNELS_KERNELTABLE_H

#include "bitnet/Codegen/Kernels/CoreFamily.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace mlir::bitnet {

/// Instruction set families that rows are bound to.
enum class TargetArch { Any, X86_64, AArch64 };

/// How codes (unsigned bytes 0..2, possibly scaled) meet activations.
enum class DotForm {
  /// acc.i32 += four adjacent u8 * i8: one intrinsic (acc, u, x).
  Dot4,
  /// As Dot4, x taken from one 16-byte load by lane.
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

/// One way of an instruction set to multiply and add.
struct DotUnit {
  DotForm form;
  int64_t registerBytes;
  /// The product; pairs of i16 lanes to i32 (empty: by shifts).
  llvm::StringLiteral intrinsic = "", widenIntrinsic = "";
};

/// What is done to packed bytes before fields are taken out of them.
enum class Unpack {
  /// Nothing: the bytes are the only plane.
  None,
  /// Base 3 by comparisons: a plane of codes for each field.
  Compare,
  /// Base 3 by two tables of 128 bytes: a plane of four crumbs, and one of the
  /// fifth code.
  Lookup
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
  /// As many tiles as fit; what is left over goes to the next form.
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
  /// Into the first cache; all 0: not.
  PerCore near = {0, 0, 0};
  /// Into the second, for cores whose first cache waits for too few lines at a
  /// time to stream from memory; all 0: not.
  PerCore far = {0, 0, 0};
};

/// One loop over K: a tile of activation rows by `parts` registers of packed
/// bytes per chunk column.
struct LoopForm {
  const DotUnit &dot;
  /// For this many activation rows in all, or more.
  int64_t minRows;
  Cover cover;
  /// Rows of a tile; they differ for Cover::Even only.
  int64_t minTile, maxTile;
  int64_t parts;
  /// One per four columns of a chunk.
  llvm::ArrayRef<FieldDecode> fields;
  /// K is taken in slices of so many chunk columns and totals live in y between
  /// them: i16 accumulators must not wrap, and parts of a row block take turns
  /// within a slice, so that memory is read in order. 0: all of K at once.
  int64_t sliceChunks = 0;
  Prefetch prefetch = {};
  /// Codes of a slice are decoded once, into a buffer, for all tiles.
  bool panel = false;
  /// Cores that it is for; others go on to the next form.
  CoreSet cores = kAnyCore;
};

/// Everything that distinguishes one instruction set from another.
struct KernelRow {
  KernelKind kind;
  /// Activation element types: "i8", "i16" or "float".
  llvm::StringLiteral lhs;
  PackedLayout layout;
  TargetArch arch;
  /// Features without the leading '+', space separated.
  llvm::StringLiteral features;
  /// Tried in this order; together they cover every M.
  llvm::ArrayRef<LoopForm> forms;
  /// Exact for K below this: scaled codes fill the accumulators sooner.
  int64_t maxCols;
  Unpack unpack = Unpack::None;
  /// (table[0..63], index, table[64..127]); bit 7 of an index does not count.
  llvm::StringLiteral lookupIntrinsic = "";
  /// More activation rows than this are done in parts of at most as many: their
  /// codes stay in the second cache from one row block to the next. 0: any
  /// number.
  int64_t maxRows = 0;
};

/// All rows, the preferred ones first.
llvm::ArrayRef<KernelRow> getKernelTable();

/// The row of `kind` for these operands, or null.
const KernelRow *findKernelRow(KernelKind kind, PackingKind packing, Type lhs);

/// Whether `row` takes weights packed so and activations of type `lhs`.
bool acceptsOperands(const KernelRow &row, PackingKind packing, Type lhs);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_KERNELTABLE_H
