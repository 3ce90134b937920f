//===- MatrixTiles.h - tiles of a matrix unit (AMX) ------------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_KERNELS_MATRIXTILES_H
#define LIB_BITNET_CODEGEN_KERNELS_MATRIXTILES_H

#include "TileEmitter.h"

namespace mlir::bitnet {

/// Chunk columns of K that fill a tile.
inline constexpr int64_t kMatrixChunks = 4;

/// Shape of the buffer that decoded tiles pass through on their way to tile
/// registers: `[tiles, 16, 64]`. Some steps are filled while one is
/// read.
llvm::SmallVector<int64_t> getMatrixBufferShape(const PackedLayout &layout);

/// Emits y[m .. m+rows, .] for one row block of weights, by 16 x 16 tiles of
/// sums: rows / 16 tiles of activations by `form.parts` tiles of weights. Four
/// chunks of 16 rows, decoded, are just the 16 x 64 tile of weights that the
/// unit wants. Needs 4 chunk columns at least.
void emitMatrixTiles(ImplicitLocOpBuilder &b, const PackedLayout &layout,
                     const LoopForm &form, int64_t rows,
                     const TileOperands &operands, Value m, Value block);

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_KERNELS_MATRIXTILES_H
