//===- TileEmitter.h - one tile of a kernel: the loop over K ---*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_KERNELS_TILEEMITTER_H
#define LIB_BITNET_CODEGEN_KERNELS_TILEEMITTER_H

#include "bitnet/Codegen/Kernels/DotForms.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::bitnet {

/// Memory on the stack that tiles of a matrix unit pass through: decoded codes
/// `[tiles, 16, 64]`, activations `[steps, 16, 64]`, sums `[tiles, 16, 16]`.
struct MatrixBuffers {
  Value codes, lhs, sums;
};

/// Operands of a kernel, or of one group of it.
struct TileOperands {
  Value w, x, sums, y;
  /// Chunk columns: K / chunkCols.
  Value chunks;
  /// Decoded codes of one slice of K, `[slice, fields, blockChunks, 64]`; null
  /// when no form wants them.
  Value panel;
  /// Buffers of matrix tiles; the members are null when no form has a matrix
  /// unit.
  MatrixBuffers matrix;
  /// 1 << the family of the core, i32; null when no form depends on it.
  Value core;
};

/// A chunk of packed weights.
struct ChunkPosition {
  Value block, column, rowChunk;
};

/// Asks for `count` chunks, of columns that the loop at `position` reaches
/// later. The addresses may lie past the operand's end: a prefetch does not
/// fault.
void emitPrefetches(ImplicitLocOpBuilder &b, const Prefetch &prefetch,
                    const TileOperands &operands, ChunkPosition position,
                    int64_t count);

/// Emits products of one tile of activation rows and one block of weights.
class TileEmitter {
public:
  TileEmitter(ImplicitLocOpBuilder &b, const KernelRow &row,
              const LoopForm &form, int64_t rows, const TileOperands &operands,
              Value m, Value block);
  /// y = W x over all of K.
  void emit();
  /// y = -sum(x), which slices of K are added to.
  void emitInit();
  /// y += W x over the chunk columns low..high.
  void emitSlice(Value low, Value high);
  /// Decodes chunk column i of the block of weights into line `line` of the
  /// panel.
  void emitPanel(Value i, Value line);

private:
  using Values = llvm::SmallVector<Value>;
  /// The codes of one field in one register of packed bytes.
  using CodeSource = llvm::function_ref<Value(int64_t, int64_t)>;

  /// How many vectors one pass over K carries: sums of 32 bits, and
  /// accumulators before they are folded to those.
  int64_t numResults() const { return rows * form.parts; }
  int64_t numAccs() const { return numResults() * slotShifts.size(); }
  /// How many chunks of a block of weights one pass reads.
  int64_t passChunks() const;
  Value index(int64_t value);
  Value plus(Value base, int64_t offset);
  void forEachPass(llvm::function_ref<void(Value rowChunk)> body);
  Values emitLoop(Value low, Value high, Value rowChunk);
  void emitChunk(Value i, Value rowChunk, Values &accs);
  Value loadPart(Value source, ValueRange lead, Value rowChunk, int64_t part);
  void emitDots(Value k, CodeSource codes, Values &accs);
  void emitPairDots(Value k, CodeSource codes, Values &accs);
  Values fold(Values accs);
  /// Stores `value(register, line, column)` to y, for each line and each
  /// register of the tile.
  void store(Value rowChunk,
             llvm::function_ref<Value(int64_t, Value, Value)> value);
  /// The sum of a row of activations, in all lanes.
  Value loadSums(Value line);

  ImplicitLocOpBuilder &b;
  const KernelRow &row;
  const PackedLayout &layout;
  const LoopForm &form;
  const DotUnit &dot;
  int64_t rows;
  const TileOperands &operands;
  Value m, block, sliceLow;
  /// For each field the number of its accumulator, and for each accumulator its
  /// scale as a shift.
  llvm::SmallVector<int> slotOfField, slotShifts;
};

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_KERNELS_TILEEMITTER_H
