//===- Importer.h - state of one import -------------------------*- C++ -*-===//
//
// One object imports one model. Its functions are grouped by the file that
// defines them. A function that fails has emitted a diagnostic; callers just
// return.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_IMPORT_ONNX_IMPORTER_H
#define BITNET_LIB_IMPORT_ONNX_IMPORTER_H

#include "Sort.h"
#include "TensorAttr.h"

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Import/ONNX/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"

#include "onnx-ml.pb.h"

namespace mlir::bitnet::onnximport {

using ValueInfoList =
    ::google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto>;
using OpsetList =
    ::google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto>;
/// The opset version of each domain.
using Opsets = llvm::StringMap<int64_t>;

/// "" and "ai.onnx" name the same domain.
inline StringRef normalizeDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

/// The model, or one call of a model function. Nodes of a function see its
/// opsets and attributes and nothing of the caller.
struct Frame {
  const Frame *caller = nullptr;
  const ::onnx::FunctionProto *function = nullptr;
  Opsets opsets;
  /// Attributes of the call, for `ref_attr_name`.
  llvm::StringMap<const ::onnx::AttributeProto *> attributes;
  /// Names of the calling nodes, for locations, and the index of the outermost.
  std::string prefix;
  int callIndex = 0;
};

/// Names visible in one graph. Subgraphs see their parent's; functions do not.
struct Scope {
  Scope(const Frame &frame, Scope *parent, Block *block)
      : frame(frame), parent(parent), block(block) {}

  /// Whether `name` is an initializer of this graph, not of one around it.
  bool isInitializer(StringRef name) const {
    return initializers.contains(name) || sparseInitializers.contains(name);
  }

  const Frame &frame;
  Scope *parent;
  Block *block;
  /// A null value is an optional function input that the call leaves out.
  llvm::StringMap<Value> values;
  llvm::StringMap<const ::onnx::TensorProto *> initializers;
  llvm::StringMap<const ::onnx::SparseTensorProto *> sparseInitializers;
  llvm::StringMap<const ::onnx::TypeProto *> types;
  /// Initializers stand at the start of the basic block, in order of first use.
  Operation *lastInitializer = nullptr;
  unsigned depth = 0;
};

/// Builds IR from one model whose weights have been stripped (WireFormat.h).
class Importer : private TensorSource {
public:
  /// The name of the model's bytes in the store of blobs.
  static StringRef getModelFile(const ImportOptions &options, StringRef path) {
    return options.bytes ? "<memory:model>" : path;
  }

  Importer(MLIRContext &context, StringRef path, const ImportOptions &options,
           const ::onnx::ModelProto &model);
  /// Imports the model; called once.
  FailureOr<OwningOpRef<ModuleOp>> run();

private:
  // Import.cpp: the model.
  /// An error for a version that the compiler does not know, or two of one
  /// domain.
  LogicalResult readOpsets(const OpsetList &list, Opsets &opsets);
  /// Fills `functions`; an error for two of the same key.
  LogicalResult indexFunctions();
  void setModuleAttributes(ModuleOp module);

  // Graphs.cpp: @main, subgraphs, names.
  /// @main gets the model's inputs as arguments, and its nodes.
  LogicalResult importMain(ModuleOp module);
  LogicalResult addMainInputs(func::FuncOp main, Scope &scope);
  LogicalResult addMainOutputs(func::FuncOp main, Scope &scope);
  DictionaryAttr describe(const ::onnx::ValueInfoProto &info);
  /// Fills the scope's lists; an error for a name that is there twice.
  LogicalResult indexInitializers(const ::onnx::GraphProto &graph,
                                  Scope &scope);
  /// Fills `region` with a basic block for `graph`; `outer` is what it sees.
  LogicalResult importSubgraph(const ::onnx::GraphProto &graph, Region &region,
                               Scope &outer, Location loc);
  /// Appends one value per output; an error for one that nothing produces.
  LogicalResult importOutputs(const ::onnx::GraphProto &graph, Scope &scope,
                              SmallVectorImpl<Value> &values);
  /// The MLIR type, `!onnx.unknown` for what is no tensor.
  FailureOr<Type> getType(const ::onnx::TypeProto &proto, StringRef name);
  /// An error when the name is taken in this graph.
  LogicalResult define(StringRef name, Value value, Scope &scope, Location loc);
  /// The value called `name`; nullopt when nothing is called so, a null value
  /// for an absent function input, failure when an initializer is broken.
  FailureOr<std::optional<Value>> lookup(StringRef name, Scope &scope);
  /// Makes a constant of an initializer that `scope` lists.
  FailureOr<Value> addInitializer(StringRef name, Scope &scope);

  // Nodes.cpp: nodes.
  /// An error where a node produces what `scope` defines already; asked before
  /// nodes are sorted, where such a name can look like a cycle.
  LogicalResult checkDefinitions(const NodeList &nodes, Scope &scope);
  /// Appends operations at the builder's position.
  LogicalResult importNodes(const NodeList &nodes, Scope &scope);
  LogicalResult importNode(const ::onnx::NodeProto &node, Location loc,
                           Scope &scope);
  LogicalResult importOrdinaryNode(const ::onnx::NodeProto &node, Location loc,
                                   int64_t version, Scope &scope);
  using Body = const ::onnx::GraphProto *;
  /// `params` are attributes by name, `bodies` graphs in their order.
  LogicalResult readParams(const ::onnx::NodeProto &node, Location loc,
                           const Frame &frame, NamedAttrList &params,
                           SmallVectorImpl<Body> &bodies);
  /// `!onnx.unknown` where the file declares none.
  LogicalResult readResultTypes(const ::onnx::NodeProto &node,
                                const Scope &scope,
                                SmallVectorImpl<Type> &types);
  /// A Constant node becomes onnx.constant, whose value may be a blob.
  LogicalResult importConstantNode(const ::onnx::NodeProto &node, Location loc,
                                   Scope &scope);
  /// `slots` has a null value where an optional input is left out.
  LogicalResult readInputs(const ::onnx::NodeProto &node, Location loc,
                           Scope &scope, SmallVectorImpl<Value> &slots);
  /// `results` has a value for each output of the node.
  LogicalResult defineOutputs(const ::onnx::NodeProto &node, Location loc,
                              ValueRange results, Scope &scope);
  Location getNodeLoc(const ::onnx::NodeProto &node, int index,
                      const Scope &scope);
  /// Begins an error about `node`; the caller adds what is wrong.
  InFlightDiagnostic nodeError(const ::onnx::NodeProto &node, Location loc);

  // Attributes.cpp: node attributes.
  /// Name in the node, value after references have been resolved.
  using NamedProto = std::pair<StringRef, const ::onnx::AttributeProto *>;
  /// The node's attributes with references to function attributes resolved.
  LogicalResult resolveAttributes(const ::onnx::NodeProto &node, Location loc,
                                  const Frame &frame,
                                  SmallVectorImpl<NamedProto> &attributes);
  /// `name` is the attribute's name in the node, also for one of a function's
  /// call.
  FailureOr<Attribute> convertAttribute(const ::onnx::AttributeProto &attr,
                                        const ::onnx::NodeProto &node,
                                        StringRef name, Location loc);
  FailureOr<Attribute> convertTensors(const ::onnx::AttributeProto &attr,
                                      const ::onnx::NodeProto &node,
                                      StringRef name, Location loc);
  llvm::Expected<TensorValue> readConstant(const ::onnx::AttributeProto &attr,
                                           StringRef name);
  /// The value of a tensor, checked; a blob when it has more than
  /// `inlineBytes`.
  llvm::Expected<TensorValue> convertTensor(const ::onnx::TensorProto &tensor,
                                            uint64_t inlineBytes);
  llvm::Expected<TensorValue>
  convertSparse(const ::onnx::SparseTensorProto &tensor);

  // Functions.cpp: calls of model functions, inlined.
  /// The function that `node` calls; null for nodes that are operators.
  const ::onnx::FunctionProto *findFunction(const ::onnx::NodeProto &node,
                                            const Scope &scope);
  /// Inlines `function` in place of `node`.
  LogicalResult importCall(const ::onnx::NodeProto &node,
                           const ::onnx::FunctionProto &function, Location loc,
                           Scope &scope);
  /// `body` is the scope of the function, `scope` that of the call.
  LogicalResult bindResults(const ::onnx::NodeProto &node,
                            const ::onnx::FunctionProto &function, Location loc,
                            Scope &body, Scope &scope);
  /// Fills `frame`; an error for recursion or attributes that do not fit.
  LogicalResult prepareFrame(const ::onnx::NodeProto &node,
                             const ::onnx::FunctionProto &function,
                             Location loc, const Scope &scope, Frame &frame);

  /// A location in the model's file, with `name` unless it is empty.
  Location getLoc(StringRef name);
  /// TensorSource, for tensors that are not in the parsed model.
  StringRef getModelFile() const override {
    return getModelFile(options, path);
  }
  llvm::Expected<uint64_t> openExternalData(StringRef location,
                                            std::string &file) override;

  /// What the import was called with.
  MLIRContext *context;
  /// The model's file, for locations and for the folder of external data.
  std::string path;
  ImportOptions options;
  const ::onnx::ModelProto &model;
  /// The blob store of the context; it outlives the importer.
  BlobStore &blobs;
  /// Its insertion point is where the next operation goes.
  OpBuilder builder;
  /// The frame of nodes that are in no function.
  Frame mainFrame;
  /// Functions of the model, by domain, name and overload.
  llvm::StringMap<const ::onnx::FunctionProto *> functions;
  /// Name and size of each external data file that has been opened.
  struct External {
    std::string file;
    uint64_t size;
  };
  /// Opened files by location, so that a file with many tensors is opened once.
  llvm::StringMap<External> externals;
  /// Nodes imported so far, those of inlined functions included; at most
  /// options.maxNodes.
  uint64_t numNodes = 0;
};

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_IMPORTER_H
