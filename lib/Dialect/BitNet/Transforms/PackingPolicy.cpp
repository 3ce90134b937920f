//===- PackingPolicy.cpp - which packing a layer gets ---------------------===//
//
// The choice between 2 and 1.6 bits per weight; docs/Rationale.md has the
// reasons.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/PackingPolicy.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Why `op` cannot use `layout`; empty when it can.
static std::string whyNot(MatMulOp op, const PackedLayout &layout) {
  auto lhs = cast<ShapedType>(op.getLhs().getType());
  if (layout.kind != PackingKind::U2 && !lhs.getElementType().isInteger(8))
    return "activations are not int8";
  uint64_t group = op.getGroupSize().value_or(0);
  if (group % layout.chunkCols() == 0)
    return "";
  return "groups of " + std::to_string(group) + " do not fit chunks of " +
         std::to_string(layout.chunkCols()) + " columns (w_c3)";
}

/// Cycles of one core for one token: decoding and reading overlap, the slower
/// one counts.
static double tokenCycles(PackingAttr packing, const PackingCosts &costs) {
  double weights = double(packing.getPaddedRows()) * packing.getPaddedCols();
  double decode = weights / 64 * costs.cycles[unsigned(packing.getKind())];
  return std::max(decode, packing.getPackedBytes() / costs.memoryBytesPerCycle);
}

/// `Auto` compares the cycles of one token for both packings.
PackingDecision mlir::bitnet::choosePacking(MatMulOp op,
                                            const PackingPolicy &policy) {
  PackingDecision u2{PackingKind::U2, ""}, base3{PackingKind::U1_6, ""};
  if (policy.wish == PackingChoice::U2)
    return u2;
  std::string problem = whyNot(op, getPackedLayout(PackingKind::U1_6));
  // A wish that cannot be fulfilled is noted, not refused.
  if (policy.wish == PackingChoice::U1_6) {
    u2.note = problem;
    return problem.empty() ? base3 : u2;
  }
  double bytes = policy.totalWeights / 8.0 *
                 getPackedLayout(PackingKind::U2).bitsPerWeight();
  if (!problem.empty() || !policy.fastBase3 ||
      bytes <= double(policy.costs.cachedBytes))
    return u2;
  auto shape = cast<ShapedType>(op.getRhs().getType()).getShape();
  auto cycles = [&](PackingKind kind) {
    return tokenCycles(
        PackingAttr::get(op.getContext(), kind, shape[0], shape[1]),
        policy.costs);
  };
  return cycles(PackingKind::U1_6) < cycles(PackingKind::U2) ? base3 : u2;
}
