//===- Nodes.cpp - ONNX nodes ---------------------------------------------===//

#include "Importer.h"

#include "bitnet/Support/SafeFile.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;

Location Importer::getNodeLoc(const ::onnx::NodeProto &node, int index,
                              const Scope &scope) {
  // Nodes need no name; their first output always has one.
  std::string name = node.name();
  if (name.empty() && node.output_size() != 0)
    name = node.output(0);
  if (name.empty())
    name = node.op_type();
  const Frame &frame = scope.frame;
  if (frame.function)
    index = frame.callIndex;
  Location file = FileLineColLoc::get(context, path, index + 1, 1);
  name = frame.prefix + name;
  return name.empty() ? file
                      : NameLoc::get(StringAttr::get(context, name), file);
}

/// Starts the message with what every user looks for first: which node.
InFlightDiagnostic Importer::nodeError(const ::onnx::NodeProto &node,
                                       Location loc) {
  InFlightDiagnostic diag = emitError(loc);
  diag << "node ";
  if (auto named = dyn_cast<NameLoc>(loc))
    diag << quoteName(named.getName()) << " ";
  StringRef domain = normalizeDomain(node.domain());
  std::string op = domain.empty() ? "" : quoteName(domain) + " ";
  diag << "(" << op << quoteName(node.op_type()) << "): ";
  return diag;
}

LogicalResult Importer::importNodes(const NodeList &nodes, Scope &scope) {
  std::vector<int> order;
  if (std::optional<SortError> error = sortNodes(nodes, order))
    return nodeError(nodes[error->node],
                     getNodeLoc(nodes[error->node], error->node, scope))
           << error->message;
  for (int index : order) {
    Location loc = getNodeLoc(nodes[index], index, scope);
    if (failed(importNode(nodes[index], loc, scope)))
      return failure();
  }
  return success();
}

LogicalResult Importer::importNode(const ::onnx::NodeProto &node, Location loc,
                                   Scope &scope) {
  if (++numNodes > options.maxNodes)
    return nodeError(node, loc)
           << "the model has more than " << options.maxNodes
           << " nodes once its functions are inlined";
  if (node.op_type().empty())
    return nodeError(node, loc) << "has no operator name";
  if (const ::onnx::FunctionProto *function = findFunction(node))
    return importCall(node, *function, loc, scope);
  StringRef domain = normalizeDomain(node.domain());
  const Opsets &opsets = scope.frame.opsets;
  auto opset = opsets.find(domain);
  if (opset == opsets.end())
    return nodeError(node, loc)
           << "its domain " << quoteName(domain.empty() ? "ai.onnx" : domain)
           << " is missing from the model's opset_import";
  if (domain.empty() && node.op_type() == "Constant")
    return importConstantNode(node, loc, scope);
  return importOrdinaryNode(node, loc, opset->second, scope);
}

LogicalResult Importer::readInputs(const ::onnx::NodeProto &node, Location loc,
                                   Scope &scope,
                                   SmallVectorImpl<Value> &slots) {
  for (const std::string &name : node.input()) {
    if (name.empty()) {
      slots.push_back({});
      continue;
    }
    FailureOr<std::optional<Value>> value = lookup(name, scope);
    if (failed(value))
      return failure();
    if (!*value)
      return nodeError(node, loc)
             << "input " << quoteName(name)
             << " is not produced by any node, input or initializer";
    slots.push_back(**value);
  }
  while (!slots.empty() && !slots.back())
    slots.pop_back();
  return success();
}

LogicalResult Importer::defineOutputs(const ::onnx::NodeProto &node,
                                      Location loc, ValueRange results,
                                      Scope &scope) {
  for (auto [name, result] : llvm::zip_equal(node.output(), results))
    if (!name.empty() && failed(define(name, result, scope, loc)))
      return failure();
  return success();
}

LogicalResult Importer::importOrdinaryNode(const ::onnx::NodeProto &node,
                                           Location loc, int64_t version,
                                           Scope &scope) {
  SmallVector<Value> slots;
  SmallVector<NamedProto> attributes;
  if (failed(readInputs(node, loc, scope, slots)) ||
      failed(resolveAttributes(node, loc, scope.frame, attributes)))
    return failure();

  NamedAttrList params;
  SmallVector<const ::onnx::GraphProto *> graphs;
  SmallVector<StringRef> graphNames;
  for (auto [name, attr] : attributes) {
    auto addGraph = [&, name = name](const ::onnx::GraphProto &graph) {
      graphs.push_back(&graph);
      graphNames.push_back(name);
    };
    if (attr->type() == ::onnx::AttributeProto::GRAPH) {
      addGraph(attr->g());
    } else if (attr->type() == ::onnx::AttributeProto::GRAPHS) {
      llvm::for_each(attr->graphs(), addGraph);
    } else {
      FailureOr<Attribute> value = convertAttribute(*attr, node, name, loc);
      if (failed(value))
        return failure();
      params.set(name, *value);
    }
  }
  if (!graphs.empty())
    params.set(onnx::kBodiesParam, builder.getStrArrayAttr(graphNames));

  SmallVector<Type> types;
  for (const std::string &name : node.output()) {
    const ::onnx::TypeProto *declared = scope.types.lookup(name);
    FailureOr<Type> type = declared ? getType(*declared, name)
                                    : Type(onnx::UnknownType::get(context));
    if (failed(type))
      return failure();
    types.push_back(*type);
  }

  SmallVector<Value> operands;
  SmallVector<int32_t> present;
  for (Value slot : slots) {
    present.push_back(slot ? 1 : 0);
    if (slot)
      operands.push_back(slot);
  }
  DenseI32ArrayAttr presentAttr;
  if (operands.size() != slots.size())
    presentAttr = builder.getDenseI32ArrayAttr(present);
  auto op = onnx::NodeOp::create(
      builder, loc, types, builder.getStringAttr(node.op_type()),
      builder.getStringAttr(normalizeDomain(node.domain())),
      builder.getI64IntegerAttr(version), params.getDictionary(context),
      presentAttr, operands, graphs.size());
  for (auto [graph, region] : llvm::zip_equal(graphs, op.getBodies()))
    if (failed(importSubgraph(*graph, region, scope, loc)))
      return failure();
  return defineOutputs(node, loc, op.getResults(), scope);
}

LogicalResult Importer::importConstantNode(const ::onnx::NodeProto &node,
                                           Location loc, Scope &scope) {
  SmallVector<NamedProto> attributes;
  if (failed(resolveAttributes(node, loc, scope.frame, attributes)))
    return failure();
  if (attributes.size() != 1 || node.output_size() != 1 ||
      node.output(0).empty())
    return nodeError(node, loc)
           << "expects one value attribute and one output, has "
           << attributes.size() << " and " << node.output_size();
  auto [name, attr] = attributes.front();
  llvm::Expected<TensorValue> tensor = readConstant(*attr, name);
  if (!tensor)
    return nodeError(node, loc) << "attribute " << quoteName(name) << " "
                                << llvm::toString(tensor.takeError());
  auto op = onnx::ConstantOp::create(builder, loc, tensor->type, node.output(0),
                                     tensor->value);
  return define(node.output(0), op.getResult(), scope, loc);
}
