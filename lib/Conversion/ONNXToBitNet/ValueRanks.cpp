//===- ValueRanks.cpp - ranks of values in ONNX graphs --------------------===//
//
// Ranks follow from operators by a few rules; values whose rank no rule gives
// are unknown, and a quantizer that needs it is then not recognised.
//
//===----------------------------------------------------------------------===//

#include "ValueRanks.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// How the rank of an operator's results follows from its operands.
enum class Rule {
  Unknown,
  Input0,  // as the first operand
  Largest, // as the operand of the highest rank
  MatMul,
  Two,
  Reduce,
  Reshape,
  Expand,
  Unsqueeze,
  Squeeze,
  Gather
};
} // namespace

/// The rule for the operator of `node`. A node with bodies (If, Loop) has none.
static Rule getRule(onnx::NodeOp node) {
  if (!node.getBodies().empty())
    return Rule::Unknown;
  StringRef op = node.getOp();
  if (op.starts_with("Reduce") || op == "ArgMax" || op == "ArgMin")
    return Rule::Reduce;
  return llvm::StringSwitch<Rule>(op)
      .Cases({"Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum"},
             Rule::Largest)
      .Cases({"Mean", "Where", "And", "Or", "Xor", "Equal", "Less", "Greater"},
             Rule::Largest)
      .Cases({"LessOrEqual", "GreaterOrEqual", "BitShift", "BitwiseAnd",
              "BitwiseOr", "BitwiseXor"},
             Rule::Largest)
      .Cases({"MatMul", "MatMulInteger", "FusedMatMul"}, Rule::MatMul)
      .Cases({"Gemm", "Flatten"}, Rule::Two)
      .Case("Reshape", Rule::Reshape)
      .Case("Expand", Rule::Expand)
      .Case("Unsqueeze", Rule::Unsqueeze)
      .Case("Squeeze", Rule::Squeeze)
      .Case("Gather", Rule::Gather)
      .Cases({"GatherND", "OneHot", "Shape", "Size", "Range", "Einsum"},
             Rule::Unknown)
      .Cases({"ConstantOfShape", "Constant", "NonZero", "EyeLike", "Resize"},
             Rule::Unknown)
      .Default(node.getDomain().empty() ||
                       node.getDomain() == "com.microsoft" ||
                       node.getDomain() == onnx::kInternalDomain
                   ? Rule::Input0
                   : Rule::Unknown);
}

/// The rank of `value`, which is remembered, also when it is not known.
ValueRanks::Rank ValueRanks::get(Value value, unsigned depth) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  if (depth == 0)
    return std::nullopt;
  Rank rank = compute(value, depth - 1);
  known[value] = rank;
  return rank;
}

ValueRanks::Rank ValueRanks::compute(Value value, unsigned depth) {
  if (auto node = value.getDefiningOp<onnx::NodeOp>())
    return ofNode(node, depth);
  if (auto linear = value.getDefiningOp<LinearOp>())
    return get(linear.getX(), depth);
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? Rank(type.getRank()) : std::nullopt;
}

ValueRanks::Rank ValueRanks::ofSlot(onnx::NodeOp node, unsigned slot,
                                    unsigned depth) {
  Value value = slot < node.getNumSlots() ? node.getSlot(slot) : Value();
  return value ? get(value, depth) : std::nullopt;
}

/// The rank of a broadcast: the largest of all inputs, unknown when one is.
ValueRanks::Rank ValueRanks::ofLargest(onnx::NodeOp node, unsigned depth) {
  int64_t largest = 0;
  for (Value input : node.getInputs()) {
    Rank rank = get(input, depth);
    if (!rank)
      return std::nullopt;
    largest = std::max(largest, *rank);
  }
  return largest;
}

ValueRanks::Rank ValueRanks::ofMatMul(onnx::NodeOp node, unsigned depth) {
  Rank lhs = ofSlot(node, 0, depth), rhs = ofSlot(node, 1, depth);
  if (!lhs || !rhs)
    return std::nullopt;
  // An operand that is a vector loses its dimension.
  return std::max(*lhs, *rhs) - (*lhs == 1) - (*rhs == 1);
}

/// Axes of Reduce, Squeeze and Unsqueeze: an attribute or a constant input.
ValueRanks::Rank ValueRanks::countAxes(onnx::NodeOp node) {
  auto axes = getInts(node, "axes");
  if (Value input = node.getNumSlots() > 1 ? node.getSlot(1) : Value())
    axes = folder.getIntegers(input);
  return axes ? Rank(int64_t(axes->size())) : std::nullopt;
}

/// `keepdims` keeps the rank; otherwise each reduced axis costs one dimension.
ValueRanks::Rank ValueRanks::ofReduce(onnx::NodeOp node, unsigned depth) {
  if (getInt(node, "keepdims", 1))
    return ofSlot(node, 0, depth);
  bool single = node.getOp().starts_with("Arg");
  Rank rank = ofSlot(node, 0, depth), axes = single ? Rank(1) : countAxes(node);
  return rank && axes ? Rank(*rank - *axes) : std::nullopt;
}

/// How many elements `value`, a shape tensor, has: the rank of what is reshaped
/// to it.
ValueRanks::Rank ValueRanks::getLength(Value value, unsigned depth) {
  if (fold::View view = folder.get(value))
    return view.stream->size;
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.hasStaticShape() ? Rank(type.getNumElements())
                                         : std::nullopt;
  }
  if (depth == 0 || node.getInputs().empty())
    return std::nullopt;
  StringRef op = node.getOp();
  if (op == "Shape" && node.getParams().empty())
    return ofSlot(node, 0, depth - 1);
  if (op == "Gather")
    return getLength(node.getInputs()[1], depth - 1);
  if (llvm::is_contained({"Cast", "Identity", "Unsqueeze", "Squeeze", "Abs"},
                         op))
    return getLength(node.getInputs()[0], depth - 1);
  bool joins = op == "Concat";
  if (!joins && getRule(node) != Rule::Largest)
    return std::nullopt;
  int64_t length = 0;
  for (Value input : node.getInputs()) {
    Rank part = getLength(input, depth - 1);
    if (!part)
      return std::nullopt;
    length = joins ? length + *part : std::max(length, *part);
  }
  return length;
}

ValueRanks::Rank ValueRanks::ofNode(onnx::NodeOp node, unsigned depth) {
  switch (getRule(node)) {
  case Rule::Unknown:
    return std::nullopt;
  case Rule::Input0:
    return ofSlot(node, 0, depth);
  case Rule::Largest:
    return ofLargest(node, depth);
  case Rule::MatMul:
    return ofMatMul(node, depth);
  case Rule::Two:
    return 2;
  case Rule::Reduce:
    return ofReduce(node, depth);
  case Rule::Reshape:
  case Rule::Expand: {
    Rank rank = ofSlot(node, 0, depth), length = std::nullopt;
    if (node.getNumSlots() > 1 && node.getSlot(1))
      length = getLength(node.getSlot(1), depth);
    if (getRule(node) == Rule::Reshape || !length)
      return length;
    return rank ? Rank(std::max(*rank, *length)) : std::nullopt;
  }
  case Rule::Unsqueeze:
  case Rule::Squeeze: {
    Rank rank = ofSlot(node, 0, depth), axes = countAxes(node);
    bool adds = getRule(node) == Rule::Unsqueeze;
    return rank && axes ? Rank(adds ? *rank + *axes : *rank - *axes)
                        : std::nullopt;
  }
  case Rule::Gather: {
    Rank data = ofSlot(node, 0, depth), indices = ofSlot(node, 1, depth);
    return data && indices ? Rank(*data + *indices - 1) : std::nullopt;
  }
  }
  llvm_unreachable("unknown rule for a rank");
}
