//===- DotForms.h - the arithmetic of one step over K ----------*- C++ -*-===//
//
// One step takes one field of a chunk column: up to 16 rows of weights by four
// columns of K. TileEmitter.h calls these functions in the order lhs, planes,
// decode, dot, and fold behind the loop. All of them emit operations at `b` and
// need no other state; `dot` and `row` come from an entry of the kernel table.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_DOTFORMS_H
#define BITNET_CODEGEN_KERNELS_DOTFORMS_H

#include "bitnet/Codegen/Kernels/KernelTable.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// Activations of four consecutive k, spread as the unit wants them.
using LhsValues = llvm::SmallVector<Value, 4>;

/// Vector of one register of packed bytes.
VectorType getByteType(const DotUnit &dot, MLIRContext *context);
/// Vector that leaves the K loop: one lane per weight row.
VectorType getResultType(const DotUnit &dot, MLIRContext *context);
/// Vector that is carried through the chunks between two drains.
VectorType getAccType(const DotUnit &dot, MLIRContext *context);

/// x[m, k + 4 * field ...] for the four k of `field`. `k` is the first column
/// of the chunk, `field` 0..F-1. The vectors hold as many lanes as the
/// accumulator wants.
LhsValues emitLhs(ImplicitLocOpBuilder &b, const DotUnit &dot, Value x, Value m,
                  Value k, int64_t field);

/// A register of packed bytes as fields want it. FieldDecode::plane is an index
/// into the result.
llvm::SmallVector<Value> emitPlanes(ImplicitLocOpBuilder &b,
                                    const KernelRow &row, Value bytes);

/// Codes of one field of its plane. They are unsigned bytes, multiplied by the
/// field's scale (getScale).
Value emitDecode(ImplicitLocOpBuilder &b, Value plane, FieldDecode field);

/// acc + codes . lhs. `codes` holds one register of bytes. Not for
/// DotForm::MatrixTile.
Value emitDot(ImplicitLocOpBuilder &b, const DotUnit &dot, Value acc,
              Value codes, const LhsValues &lhs);

/// The codes of two fields as DotForm::Dot8Pairs takes them: `low` holds eight
/// columns of weight rows 0 and 1 of a register, `high` those of rows 2 and 3.
struct PairCodes {
  Value low, high;
};
/// `codes` is of field f, `nextCodes` of field f + 1.
PairCodes emitPairCodes(ImplicitLocOpBuilder &b, Value codes, Value nextCodes);

/// The activations that Dot8Pairs takes: eight columns from `k` on of rows `m`
/// and `nextM`.
Value emitPairLhs(ImplicitLocOpBuilder &b, Value x, Value m, Value nextM,
                  Value k, int64_t field);

/// Reorders two accumulators of Dot8Pairs, which hold weight rows 0, 1 and 2, 3
/// by two activation rows: afterwards `low` holds the four weight rows of the
/// first activation row and `high` those of the second.
void emitUnzip(ImplicitLocOpBuilder &b, Value &low, Value &high);

/// Accumulators of different scales, added up at scale 1 and widened to one
/// lane per weight row. `shifts[i]` is the binary logarithm of the scale of
/// `accs[i]`; the shift is exact because LoopForm::getMaxChunks bounds K.
Value emitFold(ImplicitLocOpBuilder &b, const DotUnit &dot, ValueRange accs,
               llvm::ArrayRef<int> shifts);

/// A constant vector with `value` in each lane.
Value emitSplat(ImplicitLocOpBuilder &b, VectorType type, int64_t value);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_DOTFORMS_H
