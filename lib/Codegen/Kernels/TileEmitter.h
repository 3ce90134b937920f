//===- TileEmitter.h - one tile of a kernel: the loop over K ---*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_KERNELS_TILEEMITTER_H
#define LIB_BITNET_CODEGEN_KERNELS_TILEEMITTER_H

#include "bitnet/Codegen/Kernels/DotForms.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::bitnet {

/// Operands of a kernel, or of one group of it.
struct TileOperands {
  Value w, x, sums, y;
  /// Chunk columns: K / chunkCols.
  Value chunks;
};

/// Emits y[m .. m+rows, .] for one row block of weights.
class TileEmitter {
public:
  TileEmitter(ImplicitLocOpBuilder &b, const KernelRow &row,
              const LoopForm &form, int64_t rows, const TileOperands &operands,
              Value m, Value block);
  void emit();

private:
  using Values = llvm::SmallVector<Value>;

  /// Vectors that one pass over K carries, at 32 bits and before folding.
  int64_t numResults() const { return rows * form.parts; }
  int64_t numAccs() const { return numResults() * slotShifts.size(); }
  /// Chunks of a row block that one pass reads.
  int64_t passChunks() const;
  Value index(int64_t value);
  Value plus(Value base, int64_t offset);
  Values splats(VectorType type, int64_t count);
  void emitPass(Value rowChunk);
  Values emitLoop(Value low, Value high, Value rowChunk, Values init);
  void emitDrained();
  void emitDrainedBlock(scf::ForOp outer, int64_t passes);
  void emitChunk(Value i, Value rowChunk, Values &accs);
  void emitPrefetch(Value i, Value rowChunk);
  Values fold(const Values &accs);
  void store(const Values &results, Value rowChunk);

  ImplicitLocOpBuilder &b;
  const KernelRow &row;
  const LoopForm &form;
  int64_t rows;
  const TileOperands &operands;
  Value m, block;
  /// Per field its accumulator, per accumulator its scale as a shift.
  llvm::SmallVector<int> slotOfField, slotShifts;
};

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_KERNELS_TILEEMITTER_H
