//===- Import.cpp - ONNX file to ONNX carrier IR --------------------------===//
//
// The steps of an import: map the file, copy everything but the weights out of
// it (WireFormat.h), parse that with protobuf, and build IR whose large
// constants name byte ranges of the mapped file.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Import/ONNX/Import.h"

#include "Importer.h"
#include "WireFormat.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Support/SafeFile.h"

#include "mlir/IR/Verifier.h"

#include <climits>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

Importer::Importer(MLIRContext &context, StringRef path,
                   const ImportOptions &options,
                   const ::onnx::ModelProto &model)
    : context(&context), path(path), options(options), model(model),
      blobs(BitNetDialect::getBlobStore(&context)), builder(&context) {}

/// A location: the file, and a name in it unless that is empty.
Location Importer::getLoc(StringRef name) {
  Location file = FileLineColLoc::get(context, path, 0, 0);
  return name.empty() ? file
                      : NameLoc::get(StringAttr::get(context, name), file);
}

/// Reads the opsets of the model, or of a function, which imports opsets of its
/// own.
LogicalResult Importer::readOpsets(const OpsetList &list, Opsets &opsets) {
  for (const auto &entry : list) {
    StringRef domain = normalizeDomain(entry.domain());
    int64_t version = entry.version();
    if (domain.empty() && (version < kMinOpset || version > kMaxOpset))
      return emitError(getLoc(""))
             << "opset " << version << " is not supported; opsets " << kMinOpset
             << " to " << kMaxOpset << " are";
    if (auto [it, isNew] = opsets.try_emplace(domain, version);
        !isNew && it->second != version)
      return emitError(getLoc(""))
             << "imports domain " << quoteName(domain) << " in two versions";
  }
  return success();
}

/// Keeps what the report and the description of a model show.
void Importer::setModuleAttributes(ModuleOp module) {
  NamedAttrList opsets;
  for (const auto &entry : mainFrame.opsets)
    opsets.set(entry.getKey().empty() ? "ai.onnx" : entry.getKey(),
               builder.getI64IntegerAttr(entry.getValue()));
  module->setAttr("onnx.file", builder.getStringAttr(path));
  module->setAttr("onnx.ir_version",
                  builder.getI64IntegerAttr(model.ir_version()));
  module->setAttr("onnx.opset", opsets.getDictionary(context));
  std::string producer = model.producer_name();
  if (!model.producer_version().empty())
    producer += " " + model.producer_version();
  module->setAttr("onnx.producer", builder.getStringAttr(producer));
}

/// Opens external data. Each file is opened once, under the user's policy.
llvm::Expected<uint64_t> Importer::openExternalData(StringRef location,
                                                    std::string &file) {
  auto it = externals.find(location);
  if (it == externals.end()) {
    // A model without a folder is looked at as one that lies in the root.
    if (!options.hasFolder && options.external.root.empty())
      return llvm::createStringError(
          "refers to external data " + quoteName(location) +
          ", but a model in memory has no folder: name its path, or the "
          "folder of the data (--external-root)");
    const std::string model =
        options.hasFolder ? path : options.external.root + "/model";
    llvm::Expected<ExternalFile> open =
        openExternal(model, location, options.external);
    if (!open)
      return llvm::createStringError("refers to " +
                                     llvm::toString(open.takeError()));
    if (llvm::Error error = blobs.addFile(open->name, open->file.getFd()))
      return std::move(error);
    External external{open->name, open->file.getSize()};
    it = externals.try_emplace(location, std::move(external)).first;
  }
  file = it->second.file;
  return it->second.size;
}

/// Nodes of `graph` and of the graphs in it, which stripWeights has found to be
/// nested no deeper than allowed.
static uint64_t countNodes(const ::onnx::GraphProto &graph) {
  uint64_t count = uint64_t(graph.node_size());
  for (const ::onnx::NodeProto &node : graph.node())
    for (const ::onnx::AttributeProto &attr : node.attribute()) {
      if (attr.has_g())
        count += countNodes(attr.g());
      for (const ::onnx::GraphProto &inner : attr.graphs())
        count += countNodes(inner);
    }
  return count;
}

FailureOr<OwningOpRef<ModuleOp>> Importer::run() {
  if (model.ir_version() > kMaxIRVersion)
    return emitError(getLoc(""))
           << "IR version " << model.ir_version()
           << " is not supported; versions up to " << kMaxIRVersion << " are";
  // A model without a graph is an error, because a file of another kind may
  // parse as an empty model.
  if (!model.has_graph())
    return emitError(getLoc("")) << "holds no graph";
  // A model of too many nodes is refused before work is done; inlined functions
  // are counted as they come.
  numNodes = countNodes(model.graph());
  if (numNodes > options.maxNodes)
    return emitError(getLoc(""))
           << "the model has " << numNodes << " nodes, more than "
           << options.maxNodes << " (--max-nodes)";
  if (failed(readOpsets(model.opset_import(), mainFrame.opsets)) ||
      failed(indexFunctions()))
    return failure();
  OwningOpRef<ModuleOp> module = ModuleOp::create(getLoc(""));
  setModuleAttributes(*module);
  if (failed(importMain(*module)) || failed(verify(*module)))
    return failure();
  return std::move(module);
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

/// Maps an open model file into `blobs`.
static llvm::Expected<ArrayRef<uint8_t>>
mapFile(BlobStore &blobs, StringRef name, const OpenFile &file) {
  if (file.getSize() == 0)
    return llvm::createStringError("the file is empty");
  if (file.getSize() > INT_MAX)
    return llvm::createStringError(
        "the file exceeds 2 GiB, the limit of its format; save the weights as "
        "external data");
  if (llvm::Error error = blobs.addFile(name, file.getFd()))
    return std::move(error);
  return blobs.getBytes(name, 0, file.getSize());
}

/// Maps the model, from the file at `path` unless the options have its bytes.
static llvm::Expected<ArrayRef<uint8_t>>
mapModel(BlobStore &blobs, StringRef path, const ImportOptions &options) {
  const StringRef name = Importer::getModelFile(options, path);
  if (options.bytes)
    return mapFile(blobs, name, *options.bytes);
  llvm::Expected<OpenFile> file = openRegularFile(path);
  if (!file)
    return llvm::createStringError("the file " +
                                   llvm::toString(file.takeError()));
  return mapFile(blobs, name, *file);
}

/// Parses everything but the weights.
static llvm::Error parseModel(BlobStore &blobs, StringRef path,
                              const ImportOptions &options,
                              ::onnx::ModelProto &model) {
  llvm::Expected<ArrayRef<uint8_t>> bytes = mapModel(blobs, path, options);
  if (!bytes)
    return bytes.takeError();
  llvm::Expected<std::string> graph =
      stripWeights(*bytes, options.inlineBytes, options.maxDepth);
  if (!graph)
    return graph.takeError();
  ::google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const uint8_t *>(graph->data()), int(graph->size()));
  // A nested graph is three messages deep: node, attribute, graph. protobuf's
  // own limit of 100 would refuse deep graphs.
  stream.SetRecursionLimit(int(options.maxDepth) * 3 + 32);
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return llvm::createStringError("not a valid ONNX file");
  return llvm::Error::success();
}

FailureOr<OwningOpRef<ModuleOp>>
mlir::bitnet::importONNXModel(MLIRContext &context, StringRef path,
                              const ImportOptions &options) {
  context.loadDialect<BitNetDialect, onnx::ONNXDialect, func::FuncDialect>();
  ::google::protobuf::Arena arena;
  // An arena frees millions of small messages at once.
  auto &model =
      *::google::protobuf::Arena::CreateMessage<::onnx::ModelProto>(&arena);
  BlobStore &blobs = BitNetDialect::getBlobStore(&context);
  if (llvm::Error error = parseModel(blobs, path, options, model))
    return emitError(FileLineColLoc::get(&context, path, 0, 0))
           << llvm::toString(std::move(error));
  return Importer(context, path, options, model).run();
}
