//===- Functions.cpp - model functions, inlined at each call --------------===//
//
// A model may define functions; each call is inlined here, with names of its
// own, unless the compiler lowers the operator itself
// (ImportOptions::hasLowering).
//
//===----------------------------------------------------------------------===//

#include "Importer.h"

#include "bitnet/Support/SafeFile.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;

/// The key of a function: its domain, name and overload, with zero bytes
/// between them, which no name holds.
static std::string getKey(StringRef domain, StringRef name,
                          StringRef overload) {
  return (normalizeDomain(domain) + Twine('\0') + name + Twine('\0') + overload)
      .str();
}

/// All functions of the model by their key.
LogicalResult Importer::indexFunctions() {
  for (const auto &function : model.functions()) {
    std::string key =
        getKey(function.domain(), function.name(), function.overload());
    if (!functions.try_emplace(key, &function).second)
      return emitError(getLoc(function.name()))
             << "function " << quoteName(function.name())
             << " is defined twice";
  }
  return success();
}

/// The function that `node` calls; null when the node is an operator.
const ::onnx::FunctionProto *
Importer::findFunction(const ::onnx::NodeProto &node, const Scope &scope) {
  if (functions.empty())
    return nullptr;
  // The compiler's own lowering wins (docs/Rationale.md).
  if (node.overload().empty() && options.hasLowering) {
    StringRef domain = normalizeDomain(node.domain());
    auto opset = scope.frame.opsets.find(domain);
    if (opset != scope.frame.opsets.end() &&
        options.hasLowering(domain, node.op_type(), opset->second))
      return nullptr;
  }
  return functions.lookup(
      getKey(node.domain(), node.op_type(), node.overload()));
}

/// What the nodes of the function's body may refer to: its opsets and the
/// call's attributes, or their defaults. Recursion is an error.
LogicalResult Importer::prepareFrame(const ::onnx::NodeProto &node,
                                     const ::onnx::FunctionProto &function,
                                     Location loc, const Scope &scope,
                                     Frame &frame) {
  frame.caller = &scope.frame;
  frame.function = &function;
  for (const Frame *f = frame.caller; f; f = f->caller)
    if (f->function == &function)
      return nodeError(node, loc)
             << "function " << quoteName(function.name()) << " calls itself";
  if (failed(readOpsets(function.opset_import(), frame.opsets)))
    return failure();
  for (const auto &attr : function.attribute_proto())
    frame.attributes[attr.name()] = &attr;
  SmallVector<NamedProto> attributes;
  if (failed(resolveAttributes(node, loc, scope.frame, attributes)))
    return failure();
  for (auto [name, attr] : attributes)
    frame.attributes[name] = attr;
  if (auto named = dyn_cast<NameLoc>(loc)) {
    // Prefixes of nested calls add up, so they are cut to a length that still
    // identifies a call.
    frame.prefix = (named.getName().getValue().take_front(256) + "/").str();
    if (auto file = dyn_cast<FileLineColLoc>(named.getChildLoc()))
      frame.callIndex = int(file.getLine()) - 1;
  }
  return success();
}

/// Imports the body in a scope of its own, in which only the inputs are
/// visible.
LogicalResult Importer::importCall(const ::onnx::NodeProto &node,
                                   const ::onnx::FunctionProto &function,
                                   Location loc, Scope &scope) {
  Frame frame;
  SmallVector<Value> slots;
  // The bytes of a body are counted, too, because a body of one node may have a
  // million inputs.
  numNodes += 1 + function.node_size() + function.ByteSizeLong() / 64;
  if (numNodes > options.maxNodes)
    return nodeError(node, loc)
           << "with its functions inlined the model has more than "
           << options.maxNodes << " nodes (--max-nodes)";
  if (failed(prepareFrame(node, function, loc, scope, frame)) ||
      failed(readInputs(node, loc, scope, slots)))
    return failure();
  // More inputs or outputs than the function has are an error; fewer are
  // allowed, because they may be left out.
  if (int(slots.size()) > function.input_size() ||
      node.output_size() > function.output_size())
    return nodeError(node, loc)
           << "has more inputs or outputs than its function "
           << quoteName(function.name());

  Scope body(frame, nullptr, builder.getInsertionBlock());
  body.depth = scope.depth + 1;
  if (body.depth > options.maxDepth)
    return nodeError(node, loc)
           << "functions are nested deeper than " << options.maxDepth;
  slots.resize(function.input_size());
  for (auto [name, value] : llvm::zip_equal(function.input(), slots))
    if (failed(define(name, value, body, loc)))
      return failure();
  for (const auto &info : function.value_info())
    if (info.has_type())
      body.types[info.name()] = &info.type();
  if (failed(importNodes(function.node(), body)))
    return failure();

  return bindResults(node, function, loc, body, scope);
}

/// Gives the results of the body the names that the calling node has for them.
LogicalResult Importer::bindResults(const ::onnx::NodeProto &node,
                                    const ::onnx::FunctionProto &function,
                                    Location loc, Scope &body, Scope &scope) {
  for (auto [outer, inner] : llvm::zip(node.output(), function.output())) {
    if (outer.empty())
      continue;
    FailureOr<std::optional<Value>> value = lookup(inner, body);
    if (failed(value))
      return failure();
    if (!*value)
      return nodeError(node, loc)
             << "function " << quoteName(function.name())
             << " does not produce its output " << quoteName(inner);
    if (failed(define(outer, **value, scope, loc)))
      return failure();
  }
  return success();
}
