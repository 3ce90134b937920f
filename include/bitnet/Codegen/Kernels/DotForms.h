//===- DotForms.h - the arithmetic of one step over K ----------*- C++ -*-===//

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

/// x[m, k + 4 * field ...] for the four k of `field`.
LhsValues emitLhs(ImplicitLocOpBuilder &b, const DotUnit &dot, Value x, Value m,
                  Value k, int64_t field);

/// A register of packed bytes as fields want it.
llvm::SmallVector<Value> emitPlanes(ImplicitLocOpBuilder &b,
                                    const KernelRow &row, Value bytes);

/// Codes of one field of its plane.
Value emitDecode(ImplicitLocOpBuilder &b, Value plane, FieldDecode field);

/// acc + codes . lhs
Value emitDot(ImplicitLocOpBuilder &b, const DotUnit &dot, Value acc,
              Value codes, const LhsValues &lhs);

/// For Dot8Pairs: codes of two fields, eight columns of weight rows 0, 1 and of
/// rows 2, 3 of a register.
struct PairCodes {
  Value low, high;
};
PairCodes emitPairCodes(ImplicitLocOpBuilder &b, Value codes, Value nextCodes);

/// The same columns of two activation rows.
Value emitPairLhs(ImplicitLocOpBuilder &b, Value x, Value m, Value nextM,
                  Value k, int64_t field);

/// From accumulators of weight rows 0, 1 and 2, 3 by two activation rows, to
/// one of four weight rows per activation row.
void emitUnzip(ImplicitLocOpBuilder &b, Value &low, Value &high);

/// Accumulators of different scales, added up at scale 1 and widened to one
/// lane per weight row.
Value emitFold(ImplicitLocOpBuilder &b, const DotUnit &dot, ValueRange accs,
               llvm::ArrayRef<int> shifts);

/// A constant vector with `value` in each lane.
Value emitSplat(ImplicitLocOpBuilder &b, VectorType type, int64_t value);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_DOTFORMS_H
