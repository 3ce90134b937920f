//===- MatrixTiles.h - tiles of a matrix unit (AMX) ------------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_KERNELS_MATRIXTILES_H
#define LIB_BITNET_CODEGEN_KERNELS_MATRIXTILES_H

#include "TileEmitter.h"

namespace mlir::bitnet {

/// Chunk columns of K that fit a tile, one row of it per field: 64 columns of
/// K for four fields, 60 for five.
int64_t getMatrixChunks(const LoopForm &form);

/// Memory that tiles pass through, in the entry block of a kernel.
MatrixBuffers emitMatrixBuffers(ImplicitLocOpBuilder &b,
                                const PackedLayout &layout);

/// Activation rows of a tile: `form.maxTile` of them from `first` on, or
/// `count` where the form is padded.
struct MatrixLines {
  Value first, count;
};

/// Emits y[lines, .] for one block of weights, by 16 x 16 tiles of sums:
/// maxTile / 16 tiles of activations by `form.parts` tiles of weights. Four
/// chunks of 16 rows, decoded, are just the 16 x 64 tile of weights that the
/// unit wants, three of base 3 one of 15 x 64. Needs as many chunk columns.
void emitMatrixTiles(ImplicitLocOpBuilder &b, const KernelRow &row,
                     const LoopForm &form, const TileOperands &operands,
                     MatrixLines lines, Value block);

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_KERNELS_MATRIXTILES_H
