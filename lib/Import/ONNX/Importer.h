//===- Importer.h - state of one import -------------------------*- C++ -*-===//

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
using Opsets = llvm::StringMap<int64_t>;

/// "" and "ai.onnx" name the same domain.
inline StringRef normalizeDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

/// The model, or one call of a model function.
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
  /// Initializers stand at the start of the block, in order of first use.
  Operation *lastInitializer = nullptr;
  unsigned depth = 0;
};

/// Builds IR from one model whose weights have been stripped (WireFormat.h).
class Importer : private TensorSource {
public:
  Importer(MLIRContext &context, StringRef path, const ImportOptions &options,
           const ::onnx::ModelProto &model);
  FailureOr<OwningOpRef<ModuleOp>> run();

private:
  // Import.cpp: the model.
  LogicalResult readOpsets(const OpsetList &list, Opsets &opsets);
  LogicalResult indexFunctions();
  void setModuleAttributes(ModuleOp module);

  // Graphs.cpp: @main, subgraphs, names.
  LogicalResult importMain(ModuleOp module);
  LogicalResult addMainInputs(func::FuncOp main, Scope &scope);
  LogicalResult addMainOutputs(func::FuncOp main, Scope &scope);
  DictionaryAttr describe(const ::onnx::ValueInfoProto &info);
  LogicalResult indexInitializers(const ::onnx::GraphProto &graph,
                                  Scope &scope);
  LogicalResult importSubgraph(const ::onnx::GraphProto &graph, Region &region,
                               Scope &outer, Location loc);
  LogicalResult importOutputs(const ::onnx::GraphProto &graph, Scope &scope,
                              SmallVectorImpl<Value> &values);
  FailureOr<Type> getType(const ::onnx::TypeProto &proto, StringRef name);
  LogicalResult define(StringRef name, Value value, Scope &scope, Location loc);
  /// The value called `name`; nullopt when nothing is called so, a null value
  /// for an absent function input, failure when an initializer is broken.
  FailureOr<std::optional<Value>> lookup(StringRef name, Scope &scope);
  FailureOr<Value> addInitializer(StringRef name, Scope &scope);

  // Nodes.cpp: nodes.
  /// An error where a node produces what `scope` defines already; asked before
  /// nodes are sorted, where such a name can look like a cycle.
  LogicalResult checkDefinitions(const NodeList &nodes, Scope &scope);
  LogicalResult importNodes(const NodeList &nodes, Scope &scope);
  LogicalResult importNode(const ::onnx::NodeProto &node, Location loc,
                           Scope &scope);
  LogicalResult importOrdinaryNode(const ::onnx::NodeProto &node, Location loc,
                                   int64_t version, Scope &scope);
  using Body = const ::onnx::GraphProto *;
  LogicalResult readParams(const ::onnx::NodeProto &node, Location loc,
                           const Frame &frame, NamedAttrList &params,
                           SmallVectorImpl<Body> &bodies);
  LogicalResult readResultTypes(const ::onnx::NodeProto &node,
                                const Scope &scope,
                                SmallVectorImpl<Type> &types);
  LogicalResult importConstantNode(const ::onnx::NodeProto &node, Location loc,
                                   Scope &scope);
  LogicalResult readInputs(const ::onnx::NodeProto &node, Location loc,
                           Scope &scope, SmallVectorImpl<Value> &slots);
  LogicalResult defineOutputs(const ::onnx::NodeProto &node, Location loc,
                              ValueRange results, Scope &scope);
  Location getNodeLoc(const ::onnx::NodeProto &node, int index,
                      const Scope &scope);
  InFlightDiagnostic nodeError(const ::onnx::NodeProto &node, Location loc);

  // Attributes.cpp: node attributes.
  using NamedProto = std::pair<StringRef, const ::onnx::AttributeProto *>;
  /// The node's attributes with references to function attributes resolved.
  LogicalResult resolveAttributes(const ::onnx::NodeProto &node, Location loc,
                                  const Frame &frame,
                                  SmallVectorImpl<NamedProto> &attributes);
  FailureOr<Attribute> convertAttribute(const ::onnx::AttributeProto &attr,
                                        const ::onnx::NodeProto &node,
                                        StringRef name, Location loc);
  FailureOr<Attribute> convertTensors(const ::onnx::AttributeProto &attr,
                                      const ::onnx::NodeProto &node,
                                      StringRef name, Location loc);
  llvm::Expected<TensorValue> readConstant(const ::onnx::AttributeProto &attr,
                                           StringRef name);
  llvm::Expected<TensorValue> convertTensor(const ::onnx::TensorProto &tensor,
                                            uint64_t inlineBytes);
  llvm::Expected<TensorValue>
  convertSparse(const ::onnx::SparseTensorProto &tensor);

  // Functions.cpp: calls of model functions, inlined.
  const ::onnx::FunctionProto *findFunction(const ::onnx::NodeProto &node,
                                            const Scope &scope);
  LogicalResult importCall(const ::onnx::NodeProto &node,
                           const ::onnx::FunctionProto &function, Location loc,
                           Scope &scope);
  LogicalResult bindResults(const ::onnx::NodeProto &node,
                            const ::onnx::FunctionProto &function, Location loc,
                            Scope &body, Scope &scope);
  LogicalResult prepareFrame(const ::onnx::NodeProto &node,
                             const ::onnx::FunctionProto &function,
                             Location loc, const Scope &scope, Frame &frame);

  Location getLoc(StringRef name);
  StringRef getModelFile() const override { return path; }
  llvm::Expected<uint64_t> openExternalData(StringRef location,
                                            std::string &file) override;

  MLIRContext *context;
  std::string path;
  ImportOptions options;
  const ::onnx::ModelProto &model;
  BlobStore &blobs;
  OpBuilder builder;
  Frame mainFrame;
  llvm::StringMap<const ::onnx::FunctionProto *> functions;
  /// Name and size of each external data file that has been opened.
  struct External {
    std::string file;
    uint64_t size;
  };
  llvm::StringMap<External> externals;
  uint64_t numNodes = 0;
};

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_IMPORTER_H
