//===- PackingPolicy.cpp - which packing a layer gets ---------------------===//
//
// The choice among the layouts by bits per weight; docs/Rationale.md has the
// reasons.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/PackingPolicy.h"

#include <vector>

using namespace mlir;
using namespace mlir::bitnet;

llvm::ArrayRef<Word<PackingChoice>> mlir::bitnet::getPackingWords() {
  static const std::vector<Word<PackingChoice>> words = [] {
    std::vector<Word<PackingChoice>> words{
        {"auto", {}, "by cost, for each layer (default)"}};
    for (const PackedLayout &layout : kPackedLayouts)
      words.push_back({layout.word, {layout.kind}, layout.summary});
    return words;
  }();
  return words;
}

llvm::ArrayRef<Word<PackingKind>> mlir::bitnet::getPackingKindWords() {
  static const std::vector<Word<PackingKind>> words = [] {
    std::vector<Word<PackingKind>> words;
    for (const PackedLayout &layout : kPackedLayouts)
      words.push_back(
          {stringifyPackingKind(layout.kind), layout.kind, layout.summary});
    return words;
  }();
  return words;
}

llvm::raw_ostream &mlir::bitnet::operator<<(llvm::raw_ostream &os,
                                            const PackingChoice &choice) {
  return printWord(os, getPackingWords(), choice);
}

/// Why `op` cannot use `layout`; empty when it can.
static std::string whyNot(MatMulOp op, const PackedLayout &layout) {
  if (layout.kind == kUsualLayout.kind)
    return "";
  auto lhs = cast<ShapedType>(op.getLhs().getType());
  if (layout.int8Only && !lhs.getElementType().isInteger(8))
    return "activations are not int8";
  uint64_t group = op.getGroupSize().value_or(0);
  if (group % layout.chunkCols() == 0)
    return "";
  return "groups of " + std::to_string(group) + " do not fit chunks of " +
         std::to_string(layout.chunkCols()) + " columns (w_c3)";
}

/// Cycles of one core for one token: decoding and reading overlap, the slower
/// one counts.
static double tokenCycles(MatMulOp op, const PackedLayout &layout,
                          const PackingCosts &costs) {
  auto shape = cast<ShapedType>(op.getRhs().getType()).getShape();
  auto packing =
      PackingAttr::get(op.getContext(), layout.kind, shape[0], shape[1]);
  double weights = double(packing.getPaddedRows()) * packing.getPaddedCols();
  return std::max(weights / 64 * layout.cycles,
                  packing.getPackedBytes() / costs.memoryBytesPerCycle);
}

/// The layout that gets one token through `op` in the fewest cycles, of those
/// that it can use and the target reads fast.
static PackingKind findCheapest(MatMulOp op, const PackingPolicy &policy) {
  const PackedLayout *best = &kUsualLayout;
  for (const PackedLayout &layout : kPackedLayouts)
    if (llvm::is_contained(policy.fast, layout.kind) &&
        whyNot(op, layout).empty() &&
        tokenCycles(op, layout, policy.costs) <
            tokenCycles(op, *best, policy.costs))
      best = &layout;
  return best->kind;
}

PackingDecision mlir::bitnet::choosePacking(MatMulOp op,
                                            const PackingPolicy &policy) {
  // A wish that cannot be fulfilled is noted, not refused.
  if (std::optional<PackingKind> wish = policy.wish.kind) {
    std::string problem = whyNot(op, getPackedLayout(*wish));
    return {problem.empty() ? *wish : kUsualLayout.kind, problem};
  }
  // Weights that stay in a cache are decoded as fast as they are read.
  double bytes = policy.totalWeights / 8.0 * kUsualLayout.bitsPerWeight();
  if (bytes <= double(policy.costs.cachedBytes))
    return {kUsualLayout.kind, ""};
  return {findCheapest(op, policy), ""};
}
