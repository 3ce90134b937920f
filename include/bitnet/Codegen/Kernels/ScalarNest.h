//===- ScalarNest.h - the literal add-only loop nest -----------*- C++ -*-===//
//
// What `--kernel=scalar` and --target=hls get instead of a kernel function, and
// the definition that kernels are compared with. --bitnet-lower-matmul puts it
// in the place of the bitnet.matmul.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_SCALARNEST_H
#define BITNET_CODEGEN_KERNELS_SCALARNEST_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {

/// Memrefs of one packed product; see bitnet.matmul.
struct ScalarOperands {
  /// `[M, K]` with K padded to whole chunks, the bytes of `packing`, `[M, N]`.
  Value lhs, packed, init;
  /// How `packed` is laid out, and how many of its rows and columns are no
  /// padding.
  PackingAttr packing;
  /// K per group; the accumulator is `[K/G, M, N]` when set (w_c3).
  std::optional<int64_t> groupSize;
};

/// Emits `for m, n, k: acc = select(code, acc + x, acc - x, acc)` at `b`, on
/// the packed layout, bounds static where the types are. The loop over k holds
/// no multiplication at all (mm_c1); padding rows of the accumulator become 0.
void emitScalarNest(ImplicitLocOpBuilder &b, const ScalarOperands &operands);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_SCALARNEST_H
