//===- CPU.cpp - emitCPU --------------------------------------------------===//
//
// Turns the LLVM dialect into the file that a user asked for. A shared library
// takes these steps: weights are measured and hashed, the description is made,
// LLVM IR is built and compiled, the object is linked with an empty section for
// the weights, and their bytes are appended to the image, so that they are
// never in memory as a whole.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/CPU/CPU.h"

#include "LLVMModule.h"
#include "Linker.h"
#include "Runtime.h"
#include "TargetInfo.h"
#include "WeightImage.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <optional>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// The state of one call of emitCPU.
class Emitter {
public:
  Emitter(ModuleOp module, CPUOutput kind, OutputSet &outputs, StringRef path)
      : module(module), kind(kind), outputs(outputs), path(path) {}

  LogicalResult run(const CPUTargetOptions &options);

private:
  LogicalResult prepareWeights();
  LogicalResult nameWeightsFile();
  LogicalResult describe();
  void describeISAs();
  LogicalResult buildCode();
  FailureOr<Bytes> emitCode();
  LogicalResult writeWeightsFile();
  LogicalResult writeOutput();
  LogicalResult writeText(OutputFile &output);
  FailureOr<Bytes> buildImage();
  LogicalResult embedInObject();
  LogicalResult check(llvm::Error error) {
    if (!error)
      return success();
    return module.emitError(llvm::toString(std::move(error)));
  }
  bool hasCode() const {
    return kind == CPUOutput::SharedLibrary || kind == CPUOutput::Object;
  }
  bool isEmbedded() const {
    return weights->size() != 0 && description.weightsFile.empty();
  }

  ModuleOp module;
  CPUTargetOptions target;
  CPUOutput kind;
  OutputSet &outputs;
  StringRef path;
  std::optional<WeightImage> weights;
  ModelDescription description;
  std::unique_ptr<llvm::TargetMachine> machine;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code;
};
} // namespace

/// Outputs are created last: an error before leaves no file.
LogicalResult Emitter::run(const CPUTargetOptions &options) {
  std::string error;
  FailureOr<CPUTargetOptions> resolved = resolveTarget(options, error);
  if (succeeded(resolved)) {
    target = *resolved;
    machine = createTargetMachine(target, error);
  }
  if (!machine)
    return module.emitError(error);
  if (failed(prepareWeights()) || failed(describe()) || failed(buildCode()))
    return failure();
  return failure(failed(writeOutput()) || failed(writeWeightsFile()));
}

/// Decides where the weights go, and computes their size and their hash.
LogicalResult Emitter::prepareWeights() {
  FailureOr<WeightImage> image = WeightImage::get(module);
  if (failed(image))
    return failure();
  weights.emplace(std::move(*image));
  bool inFile = target.weights == WeightsPlacement::File ||
                (target.weights == WeightsPlacement::Auto &&
                 weights->size() > kEmbedLimit);
  description.weightsSize = weights->size();
  if (weights->size() == 0)
    return success();
  if (inFile && failed(nameWeightsFile()))
    return failure();
  FailureOr<uint64_t> hash = weights->hash();
  if (failed(hash))
    return failure();
  description.weightsHash = *hash;
  return success();
}

/// The file lies beside the output, so that must be a regular file.
LogicalResult Emitter::nameWeightsFile() {
  if (hasCode() && !isRegularOutput(path))
    return check(cannotWrite(
        path, "it is no regular file, beside which the file of weights could "
              "lie; --weights=embed puts them into the library"));
  description.weightsFile = (llvm::sys::path::stem(path) + ".weights").str();
  return success();
}

/// The features that a CPU must have, without those that are switched off:
/// "+avx2,+fma".
static std::string getNeeded(const CPUTargetOptions &target) {
  SmallVector<StringRef> features;
  StringRef(target.features).split(features, ',');
  llvm::erase_if(features, [](StringRef f) { return !f.starts_with("+"); });
  return llvm::join(features, ",");
}

/// All that bitnet_generated_desc says beside the weights.
LogicalResult Emitter::describe() {
  FailureOr<ModelSignature> signature = readSignature(module);
  if (failed(signature))
    return failure();
  description.signature = std::move(*signature);
  description.regions = readRegions(module);
  description.scratch = readScratch(module);
  description.name = target.modelName;
  auto file = module->getAttrOfType<StringAttr>("onnx.file");
  if (description.name.empty() && file)
    description.name = llvm::sys::path::filename(file.getValue()).str();
  description.cpu = target.cpu;
  description.features = getNeeded(target);
  description.producer = target.producer;
  describeISAs();
  return success();
}

/// Describes the ISA variants. A library without variants has one, which is
/// named after its CPU.
void Emitter::describeISAs() {
  for (ISA isa : target.isas)
    description.isas.push_back(
        {stringifyISA(isa).str(), getNeeded(getTargetOf(target, isa)),
         getVersionName(kGeneratedMain, getLevel(isa, target.isas))});
  if (target.isas.empty())
    description.isas.push_back(
        {target.cpu, description.features, kGeneratedMain.str()});
}

/// Makes LLVM IR with the glue, not yet optimized.
LogicalResult Emitter::buildCode() {
  code = buildLLVMModule(module, context, *machine, target, description);
  return success(code != nullptr);
}

/// An object or assembly. A library for several ISAs has several times the
/// code, so its parts are compiled on all cores; text is made in one piece.
FailureOr<Bytes> Emitter::emitCode() {
  if (!target.isas.empty() && kind != CPUOutput::Assembly)
    return emitPartitions(module, *code, target);
  optimize(*code, *machine, target.optLevel);
  Bytes bytes;
  if (!emitMachineCode(*code, *machine, kind == CPUOutput::Assembly, bytes))
    return module.emitError("this target cannot emit machine code");
  return bytes;
}

/// Prints LLVM IR as it enters the code generator.
LogicalResult Emitter::writeText(OutputFile &output) {
  optimize(*code, *machine, target.optLevel);
  OutputStream stream(output);
  code->print(stream, nullptr);
  return check(stream.finish());
}

/// The bytes of the output without embedded weights.
FailureOr<Bytes> Emitter::buildImage() {
  bool shared = kind == CPUOutput::SharedLibrary;
  if (shared && isEmbedded())
    code->appendModuleInlineAsm(
        reserveWeights(kWeightsSymbol, weights->size()));
  FailureOr<Bytes> object = emitCode();
  if (failed(object) || !shared)
    return object;
  auto image = linkSharedLibrary(StringRef(object->data(), object->size()),
                                 llvm::sys::path::filename(path), *machine);
  if (!image) {
    (void)check(image.takeError());
    return failure();
  }
  if (isEmbedded() && failed(check(placeWeights(*image, weights->size()))))
    return failure();
  return std::move(*image);
}

/// In an object file the weights are a constant of the module.
LogicalResult Emitter::embedInObject() {
  std::string bytes;
  bytes.reserve(weights->size());
  LogicalResult result = weights->stream([&](ArrayRef<uint8_t> chunk) {
    bytes.append(chunk.begin(), chunk.end());
    return success();
  });
  if (failed(result))
    return failure();
  auto *data = llvm::ConstantDataArray::getString(context, bytes,
                                                  /*AddNull=*/false);
  auto *symbol = code->getNamedGlobal(kWeightsSymbol);
  if (!symbol)
    return success();
  auto *variable =
      new llvm::GlobalVariable(*code, data->getType(), /*isConstant=*/true,
                               llvm::GlobalValue::InternalLinkage, data, "");
  variable->setAlignment(llvm::Align(64));
  variable->takeName(symbol);
  symbol->replaceAllUsesWith(variable);
  symbol->eraseFromParent();
  return success();
}

/// The file at `path`, which appears when the driver commits all outputs.
LogicalResult Emitter::writeOutput() {
  bool shared = kind == CPUOutput::SharedLibrary;
  auto output = outputs.create(path, kOutputRole, shared ? 0777 : 0666);
  if (!output)
    return check(output.takeError());
  if (kind == CPUOutput::LLVMIR)
    return writeText(**output);
  if (kind == CPUOutput::Object && isEmbedded() && failed(embedInObject()))
    return failure();
  FailureOr<Bytes> image = buildImage();
  if (failed(image))
    return failure();
  if (failed(check((*output)->write(ArrayRef<uint8_t>(
          reinterpret_cast<const uint8_t *>(image->data()), image->size())))))
    return failure();
  if (!shared || !isEmbedded())
    return success();
  return weights->stream(
      [&](ArrayRef<uint8_t> bytes) { return check((*output)->write(bytes)); });
}

/// The name of the weights file, `<path without .so>.weights`, when weights are
/// not embedded.
LogicalResult Emitter::writeWeightsFile() {
  if (description.weightsFile.empty() || !hasCode())
    return success();
  SmallString<128> name(path);
  llvm::sys::path::remove_filename(name);
  llvm::sys::path::append(name, description.weightsFile);
  auto file = outputs.create(name, "the file of weights");
  if (!file)
    return check(file.takeError());
  return weights->stream(
      [&](ArrayRef<uint8_t> bytes) { return check((*file)->write(bytes)); });
}

LogicalResult bitnet::emitCPU(ModuleOp module, const CPUTargetOptions &options,
                              CPUOutput kind, OutputSet &outputs,
                              StringRef path) {
  return Emitter(module, kind, outputs, path).run(options);
}
