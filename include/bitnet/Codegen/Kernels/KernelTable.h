//===- KernelTable.h - one entry per form of a ternary product --*- C++ -*-===//
//
// The table says what an instruction set offers; KernelEmitter.h turns an entry
// into code. Nothing else in the compiler knows instruction names.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_KERNELTABLE_H
#define BITNET_CODEGEN_KERNELS_KERNELTABLE_H

#include "bitnet/Codegen/Kernels/Architecture.h"
#include "bitnet/Codegen/Kernels/LoopForm.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace mlir::bitnet {

/// How packed bytes become planes, out of which fields are taken. `u2` needs
/// nothing; `u1_6` has one of the other two.
enum class Unpack {
  /// The bytes are the only plane.
  None,
  /// Base 3 by comparisons: a plane of codes for each field.
  Compare,
  /// Base 3 by two tables of 128 bytes: a plane of four crumbs, and one of the
  /// fifth code.
  Lookup
};

/// Activations that an entry of the table takes. I8 is an ordinary ternary
/// layer, I16 one whose codes reach +128 (w_c2), Float a layer that keeps its
/// activations (bf16 graphs).
enum class LhsKind { I8, I16, Float };

/// No entry takes more columns: products of codes and int8 activations, without
/// their share of the sum of activations, reach 2^31 there (mm_c1).
inline constexpr int64_t kAnyCols = (int64_t(1) << 31) / kMaxActivation;

/// Everything that distinguishes one instruction set from another. Entries are
/// written as `KernelRow(kind, layout).x86("features").loops(forms)`.
struct KernelRow {
  constexpr KernelRow(KernelKind kind, const PackedLayout &layout)
      : kind(kind), layout(layout) {}

  KernelKind kind;
  PackedLayout layout;
  LhsKind lhs = LhsKind::I8;
  TargetArch arch = TargetArch::Any;
  /// Features without the leading '+', space separated.
  llvm::StringLiteral features = "";
  /// The loops of the kernel. They are tried in this order and together cover
  /// every M.
  llvm::ArrayRef<LoopForm> forms;
  /// Results are exact for K below this bound, which is lower for scaled codes,
  /// because they fill the accumulators sooner.
  int64_t maxCols = kAnyCols;
  /// What LoopForm says of bounds, for all forms, and whether each decodes as
  /// many digits as a byte has; the table does not compile otherwise.
  bool fitsI16 = true, foldsInI16 = true, fitsUnit = true, fitsLayout = true;
  Unpack unpack = Unpack::None;
  /// An instruction that looks bytes up in a table of 128. Its operands are
  /// (table[0..63], index, table[64..127]); bit 7 of an index does not count.
  llvm::StringLiteral lookupIntrinsic = "";
  /// The most activation rows that are computed at a time, so that their codes
  /// stay in the second cache from one block of weights to the next. More rows
  /// are divided. 0: any number.
  int64_t maxRows = 0;

  /// The entry needs an x86-64 CPU with the features `names`.
  constexpr KernelRow x86(llvm::StringLiteral names) const {
    return bound(TargetArch::X86_64, names);
  }
  constexpr KernelRow aarch64(llvm::StringLiteral names) const {
    return bound(TargetArch::AArch64, names);
  }
  /// The type of activations, int8 unless this is said.
  constexpr KernelRow takes(LhsKind activations) const {
    return withField(*this, &KernelRow::lhs, activations);
  }
  /// Sets `forms` and what follows from them: `maxCols` is the least that any
  /// of them allows.
  template <size_t N>
  constexpr KernelRow loops(const LoopForm (&list)[N]) const {
    KernelRow row = *this;
    row.forms = list;
    for (const LoopForm &form : list) {
      row.fitsI16 &= form.fitsI16();
      row.foldsInI16 &= form.foldsInI16();
      row.fitsUnit &= form.fitsUnit();
      row.fitsLayout &= form.count == layout.fields;
      int64_t cols = form.getMaxChunks() * layout.chunkCols();
      if (cols != 0 && cols < row.maxCols)
        row.maxCols = cols;
    }
    return row;
  }
  /// Base 3 is unpacked by comparisons, on any CPU.
  constexpr KernelRow compares() const {
    KernelRow row = *this;
    row.unpack = Unpack::Compare;
    return row;
  }
  /// Base 3 is unpacked by an instruction that looks bytes up in two registers.
  constexpr KernelRow looksUp(llvm::StringLiteral intrinsic) const {
    KernelRow row = *this;
    row.unpack = Unpack::Lookup;
    row.lookupIntrinsic = intrinsic;
    return row;
  }
  /// Sets maxRows.
  constexpr KernelRow inPartsOf(int64_t rows) const {
    return withField(*this, &KernelRow::maxRows, rows);
  }

private:
  constexpr KernelRow bound(TargetArch to, llvm::StringLiteral names) const {
    KernelRow row = *this;
    row.arch = to;
    row.features = names;
    return row;
  }
};

/// All entries, the preferred ones first. --bitnet-select-kernels takes the
/// first one that fits.
llvm::ArrayRef<KernelRow> getKernelTable();

/// The entry of `kind` for these operands, or null.
const KernelRow *findKernelRow(KernelKind kind, PackingKind packing, Type lhs);

/// Whether entry `row` takes weights packed so and activations of type `lhs`.
bool acceptsOperands(const KernelRow &row, PackingKind packing, Type lhs);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_KERNELTABLE_H
