//===- FloatTable.cpp - tables of floats that Gather reads ----------------===//
//
// An embedding is a constant table whose rows Gather reads. It is stored like a
// weight (w_c7): the Gather then reads narrow rows, which are widened and
// scaled behind it.
//
//===----------------------------------------------------------------------===//

#include "FloatTable.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Smaller tables are constants of other kinds more often than weights.
static constexpr uint64_t kMinBytes = 1 << 16;

std::optional<LayerForm> mlir::bitnet::readTable(onnx::NodeOp node,
                                                 ConstantFolder &folder) {
  if (node.getOp() != "Gather" || !node.getDomain().empty() ||
      node.getNumSlots() < 2 || !node.getSlot(0) || !node.getSlot(1))
    return std::nullopt;
  int64_t axis = getInt(node, "axis", 0);
  if (axis != 0 && axis != -2)
    return std::nullopt;
  LayerForm form;
  form.node = node;
  form.weightOperand = node.getSlot(0);
  form.x = node.getSlot(1);
  fold::View table = folder.get(form.weightOperand);
  if (!setWeights(form, table, /*transposed=*/true))
    return std::nullopt;
  // Rows of a constant list are a constant, too.
  auto element = dyn_cast<FloatType>(table.stream->element);
  if (!element || folder.get(form.x) ||
      uint64_t(table.stream->size) * element.getWidth() / 8 < kMinBytes)
    return std::nullopt;
  return form;
}

/// [...] as [..., 1].
static Value makeColumn(OpBuilder &builder, const LayerForm &form,
                        Value values) {
  auto type = RankedTensorType::get({1}, builder.getI64Type());
  Value axes =
      onnx::ConstantOp::create(builder, form.node.getLoc(), type,
                               builder.getStringAttr(form.name + ".axes"),
                               DenseElementsAttr::get(type, int64_t(-1)));
  Type unknown = onnx::UnknownType::get(builder.getContext());
  // The node is made for opset 13, where the axes are an input, whatever the
  // model's opset is.
  return onnx::NodeOp::create(
             builder, form.node.getLoc(), TypeRange{unknown},
             builder.getStringAttr("Unsqueeze"), builder.getStringAttr(""),
             builder.getI64IntegerAttr(13), builder.getDictionaryAttr({}),
             DenseI32ArrayAttr(), ValueRange{values, axes}, /*bodiesCount=*/0)
      .getOutputs()
      .front();
}

/// Replaces the node; int8 rows are multiplied by their gathered scales.
void mlir::bitnet::gatherNarrow(const LayerForm &form, NarrowWeights weights) {
  OpBuilder builder(form.node);
  Type type = form.node.getOutputs()[0].getType(), f32 = builder.getF32Type();
  Type unknown = onnx::UnknownType::get(builder.getContext());
  auto axis = builder.getNamedAttr("axis", builder.getI64IntegerAttr(0));
  auto gather = [&](Value table, Type result) {
    return makeNode(builder, form.node, "Gather", {table, form.x}, result,
                    axis);
  };
  Type stored = getElementTypeOrSelf(weights.weights);
  Type wide = withElement(type, f32);
  Value rows = makeCast(builder, form.node,
                        gather(weights.weights, withElement(type, stored)),
                        getFloatCode(f32), wide);
  if (weights.scale) {
    Value scale = makeColumn(builder, form, gather(weights.scale, unknown));
    rows = makeNode(builder, form.node, "Mul", {rows, scale}, wide);
  }
  Type element = form.weights.stream->element;
  if (!element.isF32())
    rows = makeCast(builder, form.node, rows, getFloatCode(element), type);
  form.node.getOutputs()[0].replaceAllUsesWith(rows);
}
