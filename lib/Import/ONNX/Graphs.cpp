//===- Graphs.cpp - graphs, their inputs, outputs and names ---------------===//
//
// Graphs: the model's becomes @main, those of attributes become MLIR regions.
// Names are resolved from the innermost graph outwards, as ONNX defines them.
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "Types.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// The type of a declared value; an error is located at the value of that name.
FailureOr<Type> Importer::getType(const ::onnx::TypeProto &proto,
                                  StringRef name) {
  llvm::Expected<Type> type = getValueType(context, proto);
  if (!type)
    return emitError(getLoc(name)) << "value " << quoteName(name) << " "
                                   << llvm::toString(type.takeError());
  return *type;
}

/// A name may be defined once per graph, whatever defines it.
LogicalResult Importer::define(StringRef name, Value value, Scope &scope,
                               Location loc) {
  if (name.empty())
    return emitError(loc) << "a graph input has no name";
  if (scope.values.try_emplace(name, value).second &&
      !scope.isInitializer(name))
    return success();
  return emitError(loc) << "tensor " << quoteName(name) << " is defined twice";
}

FailureOr<std::optional<Value>> Importer::lookup(StringRef name,
                                                 Scope &innermost) {
  for (Scope *scope = &innermost; scope; scope = scope->parent) {
    if (auto it = scope->values.find(name); it != scope->values.end())
      return std::optional<Value>(it->second);
    if (!scope->isInitializer(name))
      continue;
    // Initializers become constants on first use, so unused ones cost nothing.
    FailureOr<Value> value = addInitializer(name, *scope);
    if (failed(value))
      return failure();
    return std::optional<Value>(*value);
  }
  return std::optional<Value>();
}

/// Adds the constant to the scope that lists it, even when a nested graph reads
/// it.
FailureOr<Value> Importer::addInitializer(StringRef name, Scope &scope) {
  const ::onnx::TensorProto *dense = scope.initializers.lookup(name);
  llvm::Expected<TensorValue> tensor =
      dense ? convertTensor(*dense, options.inlineBytes)
            : convertSparse(*scope.sparseInitializers.lookup(name));
  Location loc = getLoc(name);
  if (!tensor)
    return emitError(loc) << "initializer " << quoteName(name) << " "
                          << llvm::toString(tensor.takeError());
  OpBuilder::InsertionGuard guard(builder);
  if (scope.lastInitializer)
    builder.setInsertionPointAfter(scope.lastInitializer);
  else
    builder.setInsertionPointToStart(scope.block);
  auto op =
      onnx::ConstantOp::create(builder, loc, tensor->type, name, tensor->value);
  scope.lastInitializer = op;
  scope.values[name] = op.getResult();
  return op.getResult();
}

/// Notes which initializers a graph has; nothing is read yet.
LogicalResult Importer::indexInitializers(const ::onnx::GraphProto &graph,
                                          Scope &scope) {
  llvm::StringSet<> names;
  auto add = [&](StringRef name) -> LogicalResult {
    if (name.empty())
      return emitError(getLoc("")) << "an initializer has no name";
    if (!names.insert(name).second)
      return emitError(getLoc(name))
             << "initializer " << quoteName(name) << " is defined twice";
    return success();
  };
  for (const auto &tensor : graph.initializer()) {
    if (failed(add(tensor.name())))
      return failure();
    scope.initializers[tensor.name()] = &tensor;
  }
  for (const auto &sparse : graph.sparse_initializer()) {
    if (failed(add(sparse.values().name())))
      return failure();
    scope.sparseInitializers[sparse.values().name()] = &sparse;
  }
  for (const auto *list : {&graph.value_info(), &graph.output()})
    for (const auto &info : *list)
      if (info.has_type())
        scope.types[info.name()] = &info.type();
  return success();
}

/// The values of all outputs of `graph`, in order.
LogicalResult Importer::importOutputs(const ::onnx::GraphProto &graph,
                                      Scope &scope,
                                      SmallVectorImpl<Value> &values) {
  for (const auto &output : graph.output()) {
    FailureOr<std::optional<Value>> value = lookup(output.name(), scope);
    if (failed(value))
      return failure();
    if (!*value || !**value)
      return emitError(getLoc(output.name()))
             << "graph output " << quoteName(output.name())
             << " is not produced by any node, input or initializer";
    values.push_back(**value);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// @main
//===----------------------------------------------------------------------===//

/// What later stages need to know of an input or output beside its MLIR type:
/// its name, the names of its dims, and whether integers are unsigned.
DictionaryAttr Importer::describe(const ::onnx::ValueInfoProto &info) {
  const auto &tensor = info.type().tensor_type();
  ArrayAttr dims;
  if (tensor.has_shape()) {
    SmallVector<StringRef> names;
    for (const auto &dim : tensor.shape().dim())
      names.push_back(getExtent(dim) ? "" : StringRef(dim.dim_param()));
    dims = builder.getStrArrayAttr(names);
  }
  auto value = onnx::ValueAttr::get(
      context, builder.getStringAttr(info.name()),
      onnx::getElementType(context, tensor.elem_type()), dims);
  return builder.getDictionaryAttr(
      builder.getNamedAttr(onnx::kValueAttr, value));
}

/// The kind of a value that is no dense tensor; nothing for dense tensors.
static StringRef getOtherKind(const ::onnx::TypeProto &type) {
  switch (type.value_case()) {
  case ::onnx::TypeProto::kSequenceType:
    return "a sequence";
  case ::onnx::TypeProto::kMapType:
    return "a map";
  case ::onnx::TypeProto::kOptionalType:
    return "optional";
  case ::onnx::TypeProto::kSparseTensorType:
    return "a sparse tensor";
  default:
    return "";
  }
}

/// All problems are reported before the import fails.
LogicalResult Importer::addMainInputs(func::FuncOp main, Scope &scope) {
  llvm::StringSet<> names;
  bool isPassable = true;
  for (const auto &input : model.graph().input()) {
    Location loc = getLoc(input.name());
    if (!names.insert(input.name()).second)
      return emitError(loc) << "graph input " << quoteName(input.name())
                            << " is defined twice";
    // IR before version 4 lists initializers as inputs, too.
    if (scope.isInitializer(input.name()))
      continue;
    if (StringRef kind = getOtherKind(input.type()); !kind.empty()) {
      emitError(getLoc(""))
          << "input " << quoteName(input.name()) << " is " << kind
          << ", which a caller cannot pass to a model";
      isPassable = false;
    }
    FailureOr<Type> type = getType(input.type(), input.name());
    if (failed(type) ||
        failed(main.insertArgument(main.getNumArguments(), *type,
                                   describe(input), loc)) ||
        failed(define(input.name(), main.getArguments().back(), scope, loc)))
      return failure();
  }
  return success(isPassable);
}

/// Ends @main. Declared types of outputs are kept as hints (onnx.declared).
LogicalResult Importer::addMainOutputs(func::FuncOp main, Scope &scope) {
  const ::onnx::GraphProto &graph = model.graph();
  if (graph.output().empty())
    return emitError(getLoc("")) << "the graph has no outputs";
  llvm::StringSet<> names;
  for (const auto &output : graph.output())
    if (!names.insert(output.name()).second)
      return emitError(getLoc(output.name()))
             << "graph output " << quoteName(output.name())
             << " is listed twice";
  bool isPassable = true;
  for (const auto &output : graph.output())
    if (StringRef kind = getOtherKind(output.type()); !kind.empty()) {
      emitError(getLoc(""))
          << "output " << quoteName(output.name()) << " is " << kind
          << ", which a model cannot give to its caller";
      isPassable = false;
    }
  SmallVector<Value> values;
  if (!isPassable || failed(importOutputs(graph, scope, values)))
    return failure();
  func::ReturnOp::create(builder, main.getLoc(), values);
  main.setFunctionType(builder.getFunctionType(main.getArgumentTypes(),
                                               ValueRange(values).getTypes()));
  for (auto [i, output] : llvm::enumerate(graph.output()))
    main.setResultAttrs(i, describe(output));
  return success();
}

/// Initializers are read first, because inputs may name them.
LogicalResult Importer::importMain(ModuleOp module) {
  builder.setInsertionPointToEnd(module.getBody());
  auto main = func::FuncOp::create(builder, getLoc(""), "main",
                                   builder.getFunctionType({}, {}));
  Scope scope(mainFrame, nullptr, main.addEntryBlock());
  if (failed(indexInitializers(model.graph(), scope)) ||
      failed(addMainInputs(main, scope)))
    return failure();
  builder.setInsertionPointToEnd(scope.block);
  if (failed(importNodes(model.graph().node(), scope)))
    return failure();
  return addMainOutputs(main, scope);
}

//===----------------------------------------------------------------------===//
// Subgraphs
//===----------------------------------------------------------------------===//

/// A graph of If, Loop or Scan: it sees the names of the graphs around it.
LogicalResult Importer::importSubgraph(const ::onnx::GraphProto &graph,
                                       Region &region, Scope &outer,
                                       Location loc) {
  OpBuilder::InsertionGuard guard(builder);
  Scope scope(outer.frame, &outer, builder.createBlock(&region));
  scope.depth = outer.depth + 1;
  if (scope.depth > options.maxDepth)
    return emitError(loc) << "graphs are nested deeper than "
                          << options.maxDepth;
  if (failed(indexInitializers(graph, scope)))
    return failure();
  // The inputs of the graph, which the operator passes to it, are arguments of
  // the basic block.
  for (const auto &input : graph.input()) {
    if (scope.isInitializer(input.name()))
      continue;
    FailureOr<Type> type = getType(input.type(), input.name());
    if (failed(type) ||
        failed(define(input.name(), scope.block->addArgument(*type, loc), scope,
                      loc)))
      return failure();
  }
  SmallVector<Value> values;
  if (failed(importNodes(graph.node(), scope)) ||
      failed(importOutputs(graph, scope, values)))
    return failure();
  onnx::YieldOp::create(builder, loc, values);
  return success();
}
