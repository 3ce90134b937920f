//===- RequiredInputs.cpp - how many inputs a node must have --------------===//

#include "RequiredInputs.h"

#include "OpRegistry.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir::bitnet;

namespace {
struct Row {
  llvm::StringLiteral domain, op;
  /// From this opset on; older nodes need one.
  int64_t since;
  unsigned inputs;
};
} // namespace

/// Operators that need more than one.
static constexpr Row kRows[] = {
    {"", "Add", 1, 2},
    {"", "And", 1, 2},
    {"", "BatchNormalization", 1, 5},
    {"", "BitShift", 1, 2},
    {"", "BitwiseAnd", 1, 2},
    {"", "BitwiseOr", 1, 2},
    {"", "BitwiseXor", 1, 2},
    {"", "CastLike", 1, 2},
    {"", "Conv", 1, 2},
    {"", "CumSum", 1, 2},
    {"", "DequantizeLinear", 1, 2},
    {"", "Div", 1, 2},
    {"", "Equal", 1, 2},
    {"", "Expand", 1, 2},
    {"", "Gather", 1, 2},
    {"", "GatherElements", 1, 2},
    {"", "GatherND", 1, 2},
    {"", "Gemm", 1, 2},
    {"", "Greater", 1, 2},
    {"", "GreaterOrEqual", 1, 2},
    {"", "GroupNormalization", 1, 3},
    {"", "InstanceNormalization", 1, 3},
    {"", "LayerNormalization", 1, 2},
    {"", "Less", 1, 2},
    {"", "LessOrEqual", 1, 2},
    {"", "MatMul", 1, 2},
    {"", "MatMulInteger", 1, 2},
    {"", "Mod", 1, 2},
    {"", "Mul", 1, 2},
    {"", "OneHot", 1, 3},
    {"", "Or", 1, 2},
    {"", "PRelu", 1, 2},
    {"", "Pad", 11, 2},
    {"", "Pow", 1, 2},
    {"", "QuantizeLinear", 1, 2},
    {"", "RMSNormalization", 1, 2},
    {"", "Range", 1, 3},
    {"", "Reshape", 5, 2},
    {"", "RotaryEmbedding", 1, 3},
    {"", "Scatter", 1, 3},
    {"", "ScatterElements", 1, 3},
    {"", "ScatterND", 1, 3},
    {"", "SimplifiedLayerNormalization", 1, 2},
    {"", "Slice", 10, 3},
    {"", "Sub", 1, 2},
    {"", "Tile", 6, 2},
    {"", "Unsqueeze", 13, 2},
    {"", "Where", 1, 3},
    {"", "Xor", 1, 2},
    {kMicrosoftDomain, "BiasGelu", 1, 2},
    {kMicrosoftDomain, "FusedMatMul", 1, 2},
    {kMicrosoftDomain, "MatMulNBits", 1, 3},
    {kMicrosoftDomain, "RotaryEmbedding", 1, 4},
    {kMicrosoftDomain, "SkipLayerNormalization", 1, 3},
    {kMicrosoftDomain, "SkipSimplifiedLayerNormalization", 1, 3},
};

unsigned mlir::bitnet::getRequiredInputs(llvm::StringRef domain,
                                         llvm::StringRef op, int64_t version) {
  const Row *found = llvm::find_if(kRows, [&](const Row &row) {
    return row.op == op && row.domain == domain && row.since <= version;
  });
  return found == std::end(kRows) ? 1 : found->inputs;
}
