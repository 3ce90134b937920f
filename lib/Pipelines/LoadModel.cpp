//===- LoadModel.cpp - a model or the text of a stage ---------------------===//
//
// Two kinds of input, two rules for the files that they name: those of an ONNX
// model are untrusted, those in the text of a stage come from an earlier
// command line.
//
//===----------------------------------------------------------------------===//

#include "LoadModel.h"

#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Import/ONNX/Import.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::bitnet;
namespace path = llvm::sys::path;

llvm::StringSet<> bitnet::findBlobFiles(ModuleOp module) {
  llvm::StringSet<> names;
  AttrTypeWalker walker;
  walker.addWalk([&](bitnet::BlobAttr blob) {
    if (!BlobStore::isMemoryName(blob.getFile()))
      names.insert(blob.getFile());
  });
  module.walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });
  return names;
}

/// The policy is strict unless the command line says otherwise.
static ExternalPolicy getExternalPolicy(const CompileOptions &options) {
  return {options.externalData.value_or(ExternalData::Strict),
          options.externalRoot};
}

/// The names in the text of a stage are relative to the working directory;
/// those of files beneath its folder become relative to that.
static std::string getLocation(StringRef stage, StringRef name) {
  SmallString<256> folder(stage), file(name);
  llvm::sys::fs::make_absolute(folder);
  path::remove_filename(folder);
  llvm::sys::fs::make_absolute(file);
  for (SmallString<256> *place : {&folder, &file})
    path::remove_dots(*place);
  StringRef rest = file;
  if (rest.consume_front(folder) && rest.consume_front("/"))
    return rest.str();
  return file.str().str();
}

/// The text of a stage names what earlier commands were given, so its files are
/// opened as those of a command line, unless the user asks for a policy.
static LogicalResult openBlobs(ModuleOp module, const CompileOptions &options) {
  if (!options.externalData && options.externalRoot.empty())
    return success();
  const ExternalPolicy policy = getExternalPolicy(options);
  BlobStore &store = BitNetDialect::getBlobStore(module.getContext());
  for (const auto &entry : findBlobFiles(module)) {
    const StringRef name = entry.getKey();
    llvm::Expected<ExternalFile> file =
        openExternal(options.input, getLocation(options.input, name), policy);
    llvm::Error error =
        file ? store.addFile(name, file->file.getFd()) : file.takeError();
    if (error)
      return emitError(
                 FileLineColLoc::get(module.getContext(), options.input, 0, 0))
             << "refers to " << llvm::toString(std::move(error));
  }
  return success();
}

/// Parses the text of a stage from its file, or from its bytes under the same
/// name.
static OwningOpRef<ModuleOp> parseStage(MLIRContext &context,
                                        const CompileOptions &options) {
  ParserConfig config(&context);
  if (!options.bytes)
    return parseSourceFile<ModuleOp>(options.input, config);
  auto text = llvm::MemoryBuffer::getOpenFile(
      options.bytes->getFd(), options.input, options.bytes->getSize());
  if (!text) {
    emitError(FileLineColLoc::get(&context, options.input, 0, 0))
        << text.getError().message();
    return nullptr;
  }
  return parseSourceString<ModuleOp>((*text)->getBuffer(), config,
                                     options.input);
}

FailureOr<OwningOpRef<ModuleOp>>
bitnet::loadModel(MLIRContext &context, const CompileOptions &options) {
  if (!StringRef(options.input).ends_with(".mlir")) {
    ImportOptions import;
    import.external = getExternalPolicy(options);
    // The importer may not see the registry itself (docs/Architecture.md,
    // Layers).
    import.hasLowering = hasONNXLowering;
    import.maxNodes = options.maxNodes.value_or(import.maxNodes);
    import.bytes = options.bytes;
    import.hasFolder = options.isNamed;
    return importONNXModel(context, options.input, import);
  }
  OwningOpRef<ModuleOp> module = parseStage(context, options);
  if (!module || failed(openBlobs(*module, options)))
    return failure();
  return std::move(module);
}
