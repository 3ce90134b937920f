//===- KernelTable.h - one row per code form of a ternary matmul -*- C++
//-*-===//
//
// The table says what an instruction set offers; KernelEmitter.h turns a row
// into code. Nothing else in the compiler knows instruction names.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_KERNELTABLE_H
#define BITNET_CODEGEN_KERNELS_KERNELTABLE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <array>
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
  /// acc.i16 += intrinsic(u, x), which adds two adjacent u8 * i8.
  Dot2,
  /// Dot2 spelled with portable i16 arithmetic.
  PortableDot2,
  /// acc.i32 += u * x on i32 lanes, for i16 activations.
  Lanes,
  /// acc.f32 +- x by selects on f32 lanes, k ascending.
  FloatLanes
};

/// Code of field f of a packed byte: `(byte >> shift) & mask`, which is the
/// code times 1 << ctz(mask); fields with equal scale share an accumulator.
struct FieldDecode {
  uint8_t shift, mask;
};

/// Shape of one loop over K: `rows` of activations by `parts` registers of
/// packed bytes per chunk column.
struct LoopForm {
  int64_t rows, parts;
  std::array<FieldDecode, 4> fields;
  /// Accumulators are folded into 32-bit totals after this many chunks, which
  /// i16 ones need; 0: they are 32-bit and live for the whole of K.
  int64_t drainChunks;
};

/// Everything that distinguishes one instruction set from another.
struct KernelRow {
  KernelKind kind;
  /// Activation element types: "i8", "i16" or "float".
  llvm::StringLiteral lhs;
  TargetArch arch;
  /// Features without the leading '+', space separated.
  llvm::StringLiteral features;
  DotForm dot;
  int64_t registerBytes;
  llvm::StringLiteral dotIntrinsic, widenIntrinsic;
  /// The form of one activation row, and the blocked form of several.
  LoopForm vector, block;
  /// Exact for K below this: scaled codes fill the accumulators sooner.
  int64_t maxCols;
};

/// All rows, the preferred ones first.
llvm::ArrayRef<KernelRow> getKernelTable();

/// The row of `kind` for activations of type `lhs`, or null.
const KernelRow *findKernelRow(KernelKind kind, Type lhs);

/// Whether `row` takes activations of type `lhs`.
bool acceptsLhs(const KernelRow &row, Type lhs);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_KERNELTABLE_H
