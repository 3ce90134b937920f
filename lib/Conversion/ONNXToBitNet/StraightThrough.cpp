//===- StraightThrough.cpp - residues of training in graphs ---------------===//
//
// Training writes x + (q - x), so that gradients pass the rounding. In a graph
// for inference the sum hides codes behind rounding errors. The residue is
// replaced by q where that is proven to have its shape and leads into a layer
// (act_c2, docs/Rationale.md).
//
//===----------------------------------------------------------------------===//

#include "StraightThrough.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

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

/// Operators whose result has the shape that their first operand, or all
/// operands, broadcast to.
static bool isElementwise(onnx::NodeOp node, bool &ofFirst) {
  StringRef op = node.getOp();
  ofFirst = llvm::is_contained(
      {"Clip", "CastLike", "QuantizeLinear", "DequantizeLinear"}, op);
  return ofFirst || llvm::is_contained(
                        {"Abs",        "Add",     "Cast",     "Ceil",
                         "Div",        "Floor",   "Identity", "Max",
                         "Min",        "Mul",     "Neg",      "Reciprocal",
                         "Relu",       "Round",   "Sigmoid",  "Sign",
                         "Sqrt",       "Sub",     "Tanh",     "Where",
                         "Pow",        "Greater", "Less",     "And",
                         "Or",         "Not",     "Equal",    "GreaterOrEqual",
                         "LessOrEqual"},
                        op);
}

/// Whether both are constants of one shape: what x went through has been
/// evaluated, perhaps.
static bool areConstantsOfOneShape(Value a, Value b) {
  auto isConstant = [](Value value) {
    return bool(value.getDefiningOp<onnx::ConstantOp>());
  };
  auto first = dyn_cast<RankedTensorType>(a.getType());
  auto second = dyn_cast<RankedTensorType>(b.getType());
  return isConstant(a) && isConstant(b) && first && second &&
         first.getShape() == second.getShape();
}

/// Whether `x` goes into `value` element by element. Then whatever `value`
/// broadcasts with, it is at least as large as x along every axis, so that
/// x + (value - x) has its shape.
static bool derivesFrom(Value value, Value x) {
  DenseSet<Value> seen;
  SmallVector<Value> left{value};
  while (!left.empty()) {
    Value next = left.pop_back_val();
    if (next == x || areConstantsOfOneShape(next, x))
      return true;
    auto node = next.getDefiningOp<onnx::NodeOp>();
    bool ofFirst = false;
    if (!node || !node.getDomain().empty() || !isElementwise(node, ofFirst) ||
        node.getInputs().empty() || !seen.insert(next).second)
      continue;
    llvm::append_range(left, node.getInputs().take_front(
                                 ofFirst ? 1 : node.getInputs().size()));
  }
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
    Value x = node.getInputs()[1 - i];
    if (inner.getInputs()[isSub ? 0 : 1] == x && isQuantized(quantized) &&
        derivesFrom(quantized, x))
      return quantized;
  }
  return {};
}

/// Operators that a quantized value passes on its way into a layer: those that
/// move or scale it.
static bool mayPrecedeLayer(onnx::NodeOp node) {
  return llvm::is_contained(
      {"Cast",  "CastLike", "Clip",           "Concat",    "DequantizeLinear",
       "Div",   "Expand",   "Flatten",        "Gather",    "Identity",
       "Mul",   "Pad",      "QuantizeLinear", "Reshape",   "Slice",
       "Split", "Squeeze",  "Transpose",      "Unsqueeze", "Where"},
      node.getOp());
}

/// Whether `value` is computed from constants alone, in not many steps.
static bool isConstant(Value value) {
  constexpr size_t kMostSteps = 64;
  DenseSet<Value> seen{value};
  SmallVector<Value> left{value};
  while (!left.empty()) {
    Operation *op = left.pop_back_val().getDefiningOp();
    if (isa_and_nonnull<onnx::ConstantOp>(op))
      continue;
    auto node = dyn_cast_or_null<onnx::NodeOp>(op);
    if (!node || node.getInputs().empty() || node->getNumRegions() != 0 ||
        seen.size() > kMostSteps)
      return false;
    for (Value input : node.getInputs())
      if (seen.insert(input).second)
        left.push_back(input);
  }
  return true;
}

/// Whether `use` is an operand of a product with weights, or its weights.
static bool isOfLayer(OpOperand &use) {
  auto node = cast<onnx::NodeOp>(use.getOwner());
  return llvm::is_contained(
             {"MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum"},
             node.getOp()) &&
         llvm::any_of(node.getInputs().take_front(2), isConstant);
}

/// Whether `use` leads into a layer, where the residue may hide codes. Any
/// other reader gets x + (q - x) as it stands, which is q only where x is
/// finite.
static bool leadsToLayer(OpOperand &use, unsigned depth = 8) {
  auto node = dyn_cast<onnx::NodeOp>(use.getOwner());
  if (!node || !node.getDomain().empty() || depth == 0)
    return false;
  if (isOfLayer(use))
    return true;
  return mayPrecedeLayer(node) &&
         llvm::any_of(node->getUses(), [&](OpOperand &next) {
           return leadsToLayer(next, depth - 1);
         });
}

/// Users that do not lead into a layer keep the sum.
bool mlir::bitnet::foldStraightThrough(Operation *root) {
  unsigned count = 0;
  Operation *first = nullptr;
  root->walk([&](onnx::NodeOp node) {
    Value quantized = matchResidue(node), residue = node.getOutputs().front();
    auto leads = [](OpOperand &use) { return leadsToLayer(use); };
    if (!quantized || llvm::none_of(residue.getUses(), leads))
      return;
    residue.replaceUsesWithIf(quantized, leads);
    first = first ? first : node.getOperation();
    ++count;
  });
  if (first)
    first->emitRemark("read ")
        << count << " straight-through residue" << (count == 1 ? "" : "s")
        << " x + (q - x) as q";
  return count != 0;
}
