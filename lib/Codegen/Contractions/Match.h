//===- Match.h - which operations are products ------------------*- C++ -*-===//
//
// Asked on tensors by --bitnet-fold-operand-copies and --bitnet-form-products,
// on buffers by --bitnet-lower-contractions; what does not match keeps
// upstream's lowering.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_MATCH_H
#define BITNET_CODEGEN_CONTRACTIONS_MATCH_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace mlir::bitnet {

/// The loops of a product by the operands that they move in.
struct ContractionLoops {
  SmallVector<unsigned> batch, m, n, k;
};

/// out[batch, m, n] += lhs[batch, m, k] * rhs[batch, k, n]. Operands are
/// numbers of inputs; all maps are projected permutations, constants aside.
struct Contraction {
  linalg::LinalgOp op;
  unsigned lhs = 0, rhs = 1;
  ContractionLoops loops;

  /// Operands and their maps: lhs, rhs, out.
  SmallVector<Value, 3> getOperands();
  SmallVector<AffineMap, 3> getMaps();
  /// Whether the loops reach every element of the result.
  bool writesAll();
};

/// `op` as a product of floats with an f32 sum whose terms may be added in any
/// order; nothing when it is something else.
std::optional<Contraction> matchContraction(Operation *op);

/// Whether `fill` stores zeros for `contraction` to add to, in all elements of
/// its result. Both have the same result; nothing else may use it in between.
bool isZeroInit(linalg::FillOp fill, Contraction &contraction);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CONTRACTIONS_MATCH_H
