//===- KernelEmitter.h - kernel functions from entries ----------*- C++ -*-===//
//
// --bitnet-lower-matmul asks for a kernel for each #bitnet.lowering of a
// bitnet.matmul; equal ones are one function of the module.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_KERNELS_KERNELEMITTER_H
#define BITNET_CODEGEN_KERNELS_KERNELEMITTER_H

#include "bitnet/Codegen/Kernels/KernelTable.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace mlir::bitnet {

/// Says which kernel function is wanted. All layers of one form share it.
struct KernelForm {
  const KernelRow *row;
  /// Element type of the activations.
  Type lhs;
  /// Accumulators of `[K/G, M, N]` (w_c3).
  bool grouped;

  bool isInteger() const { return isa<IntegerType>(lhs); }
};

/// The kernel of `form` in `module`, made if absent:
///
///   func private @bitnet_kernel_<kind>[_<lhs>][_<packing>][_grouped](
///     %w: [N/64, K/16, 4, 64] (the entry's layout), %x: [M, K], %sums: [M]
///     ([K/G, M]; integer only), %y: [M, N] ([K/G, M, N]), %begin, %end)
///     attributes {bitnet.parallel}
///
/// Extents and outer strides are dynamic, so operands may be slices: whole
/// blocks of %w, and a tile of a larger result as %y. K and N are the padded
/// extents of the packed weights, and %x must have as many columns. An
/// iteration is one block of weights. The loop form is picked at run time, from
/// M and from the core.
func::FuncOp getOrCreateKernel(ModuleOp module, const KernelForm &form);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_KERNELS_KERNELEMITTER_H
