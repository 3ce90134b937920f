//===- Nodes.cpp - ONNX nodes ---------------------------------------------===//
//
// Nodes become onnx.node, Constant nodes onnx.constant. The importer knows no
// other operator: what a node means is decided by later stages.
//
//===----------------------------------------------------------------------===//

#include "Importer.h"

#include "bitnet/Support/SafeFile.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;

/// The line of a location is the node's number, so that locations are unique
/// without names.
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

/// Begins an error with the node's name, which every user looks for first.
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

LogicalResult Importer::checkDefinitions(const NodeList &nodes, Scope &scope) {
  for (auto [index, node] : llvm::enumerate(nodes))
    for (const std::string &name : node.output()) {
      bool isInitializer = scope.isInitializer(name);
      if (isInitializer || scope.values.contains(name))
        return nodeError(node, getNodeLoc(node, int(index), scope))
               << "produces tensor " << quoteName(name) << ", which is an "
               << (isInitializer ? "initializer" : "input")
               << " of the graph, too";
    }
  return success();
}

/// Imports the nodes in an order in which producers come first.
LogicalResult Importer::importNodes(const NodeList &nodes, Scope &scope) {
  if (failed(checkDefinitions(nodes, scope)))
    return failure();
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

/// Imports a call of a function, a constant, or any other node.
LogicalResult Importer::importNode(const ::onnx::NodeProto &node, Location loc,
                                   Scope &scope) {
  if (node.op_type().empty())
    return nodeError(node, loc) << "has no operator name";
  if (const ::onnx::FunctionProto *function = findFunction(node, scope))
    return importCall(node, *function, loc, scope);
  StringRef domain = normalizeDomain(node.domain());
  const Opsets &opsets = scope.frame.opsets;
  auto opset = opsets.find(domain);
  if (opset == opsets.end())
    return nodeError(node, loc)
           << "its domain " << quoteName(domain.empty() ? "ai.onnx" : domain)
           << " is missing from the model's opset_import";
  // The one operator that the importer itself understands.
  if (domain.empty() && node.op_type() == "Constant")
    return importConstantNode(node, loc, scope);
  return importOrdinaryNode(node, loc, opset->second, scope);
}

/// Finds one value per input; null for one that is left out.
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

/// Defines the names of the outputs. An output without a name is not used by
/// anybody.
LogicalResult Importer::defineOutputs(const ::onnx::NodeProto &node,
                                      Location loc, ValueRange results,
                                      Scope &scope) {
  for (auto [name, result] : llvm::zip_equal(node.output(), results))
    if (!name.empty() && failed(define(name, result, scope, loc)))
      return failure();
  return success();
}

/// Sorts the attributes: graphs go to `bodies`, all others become `params`.
LogicalResult Importer::readParams(const ::onnx::NodeProto &node, Location loc,
                                   const Frame &frame, NamedAttrList &params,
                                   SmallVectorImpl<Body> &bodies) {
  SmallVector<NamedProto> attributes;
  if (failed(resolveAttributes(node, loc, frame, attributes)))
    return failure();
  SmallVector<StringRef> names;
  for (auto [name, attr] : attributes) {
    size_t before = bodies.size();
    if (attr->type() == ::onnx::AttributeProto::GRAPH)
      bodies.push_back(&attr->g());
    else if (attr->type() == ::onnx::AttributeProto::GRAPHS)
      for (const ::onnx::GraphProto &graph : attr->graphs())
        bodies.push_back(&graph);
    else if (FailureOr<Attribute> value =
                 convertAttribute(*attr, node, name, loc);
             succeeded(value))
      params.set(name, *value);
    else
      return failure();
    names.append(bodies.size() - before, name);
  }
  if (!bodies.empty())
    params.set(onnx::kBodiesParam, builder.getStrArrayAttr(names));
  return success();
}

/// The declared types of the node's outputs.
LogicalResult Importer::readResultTypes(const ::onnx::NodeProto &node,
                                        const Scope &scope,
                                        SmallVectorImpl<Type> &types) {
  for (const std::string &name : node.output()) {
    const ::onnx::TypeProto *declared = scope.types.lookup(name);
    FailureOr<Type> type = declared ? getType(*declared, name)
                                    : Type(onnx::UnknownType::get(context));
    if (failed(type))
      return failure();
    types.push_back(*type);
  }
  return success();
}

/// The node keeps the opset version under which its domain was imported.
LogicalResult Importer::importOrdinaryNode(const ::onnx::NodeProto &node,
                                           Location loc, int64_t version,
                                           Scope &scope) {
  SmallVector<Value> slots, operands;
  NamedAttrList params;
  SmallVector<Body> bodies;
  SmallVector<Type> types;
  if (failed(readInputs(node, loc, scope, slots)) ||
      failed(readParams(node, loc, scope.frame, params, bodies)) ||
      failed(readResultTypes(node, scope, types)))
    return failure();
  SmallVector<int32_t> present;
  // Operands are the inputs that are there; `present` says which slots they
  // are.
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
      presentAttr, operands, bodies.size());
  for (auto [body, region] : llvm::zip_equal(bodies, op.getBodies()))
    if (failed(importSubgraph(*body, region, scope, loc)))
      return failure();
  return defineOutputs(node, loc, op.getResults(), scope);
}

/// Makes an onnx.constant. All kinds of values become tensors, as ONNX defines
/// them.
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
