//===- NodeParams.h - reading attributes of onnx.node -----------*- C++ -*-===//
//
// The readers do not complain about an attribute of another type: it reads as
// absent, and the schema check of the node's own lowering reports it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_ONNX_IR_NODEPARAMS_H
#define BITNET_DIALECT_ONNX_IR_NODEPARAMS_H

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Dialect/ONNX/IR/Schema.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {

/// The integer attribute `name`, or `otherwise` when the node has none.
/// `otherwise` is the default that ONNX names, so that a caller need not know
/// whether the file wrote it.
inline int64_t getInt(onnx::NodeOp node, StringRef name, int64_t otherwise) {
  auto attr = node.getParams().getAs<IntegerAttr>(name);
  return attr ? attr.getValue().getSExtValue() : otherwise;
}

/// The float attribute `name`, or `otherwise`. ONNX stores f32, which a double
/// holds; what is computed with it is for the caller to round.
inline double getFloat(onnx::NodeOp node, StringRef name, double otherwise) {
  auto attr = node.getParams().getAs<FloatAttr>(name);
  return attr ? attr.getValueAsDouble() : otherwise;
}

/// The string attribute `name`, or `otherwise`. The text lives as long as the
/// context, or as `otherwise` does.
inline StringRef getString(onnx::NodeOp node, StringRef name,
                           StringRef otherwise) {
  auto attr = node.getParams().getAs<StringAttr>(name);
  return attr ? attr.getValue() : otherwise;
}

/// The list of integers `name`, or nullopt when the attribute is absent. An
/// empty list is a list: for some operators it means something else than none.
/// Both forms that the schema check takes for a list of integers are read.
inline std::optional<SmallVector<int64_t>> getInts(onnx::NodeOp node,
                                                   StringRef name) {
  Attribute attr = node.getParams().get(name);
  if (auto dense = dyn_cast_or_null<DenseI64ArrayAttr>(attr))
    return SmallVector<int64_t>(dense.asArrayRef());
  auto array = dyn_cast_or_null<ArrayAttr>(attr);
  if (!array)
    return std::nullopt;
  SmallVector<int64_t> values;
  for (Attribute element : array) {
    auto integer = dyn_cast<IntegerAttr>(element);
    if (!integer)
      return std::nullopt;
    values.push_back(integer.getValue().getSExtValue());
  }
  return values;
}

/// `value` as a node `op` of `domain`, or null. A node that has not the form of
/// its operator is none: nothing of it may be ignored, so its own lowering has
/// to see and report it.
inline onnx::NodeOp getNode(Value value, StringRef op, StringRef domain = "") {
  auto node = value ? value.getDefiningOp<onnx::NodeOp>() : onnx::NodeOp();
  if (!node || node.getOp() != op || node.getDomain() != domain ||
      onnx::findMalformation(node))
    return {};
  return node;
}

/// The element type that TensorProto.DataType `code` names, null when it is not
/// a real number.
inline Type getElementType(MLIRContext *context, int64_t code) {
  Type type = onnx::getElementType(context, code);
  return type && type.isIntOrFloat() ? type : Type();
}

/// `type` with another element type. A type without a rank stays as it is,
/// because it has no element type that a cast could change.
inline Type withElement(Type type, Type element) {
  auto ranked = dyn_cast<RankedTensorType>(type);
  return ranked ? Type(ranked.clone(element)) : type;
}

/// The name that a node has in the file, for reports and for bitnet.linear;
/// empty when its location is of another kind.
inline std::string getNodeName(Operation *op) {
  if (auto name = dyn_cast<NameLoc>(op->getLoc()))
    return name.getName().str();
  return {};
}

/// The opset of the default domain: that of `node`, or what the module says
/// when the node is of another domain. A module that says nothing, as tests
/// write them, gets kNewest.
inline IntegerAttr getOnnxVersion(onnx::NodeOp node) {
  if (node.getDomain().empty())
    return node.getVersionAttr();
  constexpr int64_t kNewest = 20;
  Builder builder(node.getContext());
  auto module = node->getParentOfType<ModuleOp>();
  auto opsets = module
                    ? onnx::ONNXDialect::OpsetAttrHelper(module->getContext())
                          .getAttr(module)
                    : nullptr;
  auto version = opsets ? opsets.getAs<IntegerAttr>("ai.onnx") : IntegerAttr();
  return version ? version : builder.getI64IntegerAttr(kNewest);
}

/// A new node with one result of `type`, and with the location and opset of
/// `like`, so that reports name the node of the file that it comes from. All
/// inputs are present: a rewrite that leaves one out has to create the node
/// itself.
inline Value makeNode(OpBuilder &builder, onnx::NodeOp like, StringRef op,
                      ValueRange inputs, Type type,
                      ArrayRef<NamedAttribute> params = {},
                      StringRef domain = "") {
  auto node = onnx::NodeOp::create(
      builder, like.getLoc(), TypeRange{type}, builder.getStringAttr(op),
      builder.getStringAttr(domain), getOnnxVersion(like),
      builder.getDictionaryAttr(params), DenseI32ArrayAttr(), inputs,
      /*bodiesCount=*/0);
  return node.getOutputs().front();
}

/// The TensorProto.DataType of f16, bf16 or f32. Other types must not be given:
/// they read as f32.
inline int64_t getFloatCode(Type element) {
  return element.isF16() ? 10 : element.isBF16() ? 16 : 1;
}

/// A Cast of `input` to TensorProto.DataType `code`; `type` is the result's
/// type, which has to agree with the code.
inline Value makeCast(OpBuilder &builder, onnx::NodeOp like, Value input,
                      int64_t code, Type type) {
  return makeNode(builder, like, "Cast", input, type,
                  builder.getNamedAttr("to", builder.getI64IntegerAttr(code)));
}

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_ONNX_IR_NODEPARAMS_H
