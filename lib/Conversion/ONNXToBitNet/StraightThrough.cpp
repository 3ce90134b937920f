//===- StraightThrough.cpp - residues of training in graphs ---------------===//

#include "StraightThrough.h"
#include "NodeParams.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Whether `value` was rounded a few scalings ago.
static bool isQuantized(Value value, unsigned depth = 8) {
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node || depth == 0 || !node.getDomain().empty())
    return false;
  StringRef op = node.getOp();
  if (op == "Round" || op == "Sign" || op == "Floor")
    return true;
  if (op == "Where")
    return true;
  if (op == "Clip" || op == "Cast" || op == "Div")
    return isQuantized(node.getInputs().front(), depth - 1);
  if (op == "Mul")
    return llvm::any_of(node.getInputs(),
                        [&](Value v) { return isQuantized(v, depth - 1); });
  return false;
}

/// q when `node` is x + (q - x), (q - x) + x or x - (x - q).
static Value matchResidue(onnx::NodeOp node) {
  bool isSub = node.getOp() == "Sub";
  if ((!isSub && node.getOp() != "Add") || !node.getDomain().empty() ||
      node.getInputs().size() != 2)
    return {};
  for (unsigned i : {0u, 1u}) {
    onnx::NodeOp inner = getNode(node.getInputs()[i], "Sub");
    if (!inner || (isSub && i == 0))
      continue;
    Value quantized = inner.getInputs()[isSub ? 1 : 0];
    if (inner.getInputs()[isSub ? 0 : 1] == node.getInputs()[1 - i] &&
        isQuantized(quantized))
      return quantized;
  }
  return {};
}

void mlir::bitnet::foldStraightThrough(Operation *root) {
  unsigned count = 0;
  Operation *first = nullptr;
  root->walk([&](onnx::NodeOp node) {
    Value quantized = matchResidue(node);
    if (!quantized)
      return;
    node.getOutputs().front().replaceAllUsesWith(quantized);
    first = first ? first : node.getOperation();
    ++count;
  });
  if (first)
    first->emitRemark("read ")
        << count << " straight-through residue" << (count == 1 ? "" : "s")
        << " x + (q - x) as q";
}
