//===- CPU.cpp - emitCPU --------------------------------------------------===//
//
// Turns the LLVM dialect into the file that a user asked for. A shared library
// takes these steps: weights are measured, the description is made, LLVM IR is
// built and compiled, the object is linked with an empty section for weights
// and seal, and their bytes are appended to the image, so that they are never
// in memory as a whole. The seal comes last: it has the hash of the bytes that
// have passed, each of which is read once.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/CPU/CPU.h"

#include "LLVMModule.h"
#include "Linker.h"
#include "Runtime.h"
#include "TargetInfo.h"
#include "WeightImage.h"

#include "bitnet/Dialect/BitNet/IR/Failure.h"

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
  LogicalResult appendWeights(OutputFile &output);
  LogicalResult embedInObject();
  LogicalResult check(llvm::Error error) {
    if (!error)
      return success();
    return emitFailure(module.getLoc(), std::move(error));
  }
  bool hasCode() const {
    return kind == CPUOutput::SharedLibrary || kind == CPUOutput::Object;
  }
  bool hasWeights() const { return weights->size() != 0; }
  bool isEmbedded() const {
    return hasWeights() && description.weightsFile.empty();
  }
  /// Bytes of the weights section: weights, unless they are in a file, and the
  /// seal.
  uint64_t sectionSize() const {
    return isEmbedded() ? bitnet_seal_offset(weights->size()) + seal.size()
                        : seal.size();
  }

  ModuleOp module;
  CPUTargetOptions target;
  CPUOutput kind;
  OutputSet &outputs;
  StringRef path;
  std::optional<WeightImage> weights;
  /// That of the weights file, once it is written.
  WeightImage::Seal seal{};
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
  return writeOutput();
}

/// Decides where the weights go, and computes their size.
LogicalResult Emitter::prepareWeights() {
  FailureOr<WeightImage> image = WeightImage::get(module);
  if (failed(image))
    return failure();
  weights.emplace(std::move(*image));
  bool inFile = target.weights == WeightsPlacement::File ||
                (target.weights == WeightsPlacement::Auto &&
                 weights->size() > kEmbedLimit);
  description.weightsSize = weights->size();
  return hasWeights() && inFile ? nameWeightsFile() : success();
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

/// The bytes of the output without embedded weights and, in a library, without
/// the seal.
FailureOr<Bytes> Emitter::buildImage() {
  bool shared = kind == CPUOutput::SharedLibrary;
  if (shared && isEmbedded())
    code->appendModuleInlineAsm(
        reserveWeights(kWeightsSymbol, weights->size()));
  if (shared && hasWeights())
    code->appendModuleInlineAsm(reserveWeights(kSealSymbol, seal.size()));
  FailureOr<Bytes> object = emitCode();
  if (failed(object) || !shared)
    return object;
  auto image = linkSharedLibrary(StringRef(object->data(), object->size()),
                                 llvm::sys::path::filename(path), *machine);
  if (!image) {
    (void)check(image.takeError());
    return failure();
  }
  if (hasWeights() && failed(check(placeWeights(*image, sectionSize()))))
    return failure();
  return std::move(*image);
}

/// In an object file the bytes of the weights section are a constant of the
/// module.
LogicalResult Emitter::embedInObject() {
  std::string bytes(seal.begin(), seal.end());
  if (isEmbedded()) {
    bytes.clear();
    bytes.reserve(sectionSize());
    auto result = weights->streamSealed([&](ArrayRef<uint8_t> chunk) {
      bytes.append(chunk.begin(), chunk.end());
      return success();
    });
    if (failed(result))
      return failure();
  }
  auto *data = llvm::ConstantDataArray::getString(context, bytes,
                                                  /*AddNull=*/false);
  auto *variable = new llvm::GlobalVariable(
      *code, data->getType(), /*isConstant=*/true,
      llvm::GlobalValue::InternalLinkage, data, "bitnet_weights_image");
  variable->setAlignment(llvm::Align(64));
  auto define = [&](StringRef name, uint64_t offset) {
    llvm::GlobalVariable *symbol = code->getNamedGlobal(name);
    if (!symbol)
      return;
    auto *index =
        llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), offset);
    symbol->replaceAllUsesWith(llvm::ConstantExpr::getGetElementPtr(
        llvm::Type::getInt8Ty(context), variable, index));
    symbol->eraseFromParent();
  };
  define(kWeightsSymbol, 0);
  define(kSealSymbol, bytes.size() - seal.size());
  return success();
}

/// What follows the image of a library: the weights, unless they are in a file,
/// and the seal.
LogicalResult Emitter::appendWeights(OutputFile &output) {
  auto append = [&](ArrayRef<uint8_t> bytes) {
    return check(output.write(bytes));
  };
  return isEmbedded() ? LogicalResult(weights->streamSealed(append))
                      : append(seal);
}

/// The file at `path`, which appears when the driver commits all outputs.
LogicalResult Emitter::writeOutput() {
  bool shared = kind == CPUOutput::SharedLibrary;
  auto output = outputs.create(path, kOutputRole, shared ? 0777 : 0666);
  if (!output)
    return check(output.takeError());
  if (kind == CPUOutput::LLVMIR)
    return writeText(**output);
  if (failed(writeWeightsFile()))
    return failure();
  if (kind == CPUOutput::Object && hasWeights() && failed(embedInObject()))
    return failure();
  FailureOr<Bytes> image = buildImage();
  if (failed(image))
    return failure();
  if (failed(check((*output)->write(ArrayRef<uint8_t>(
          reinterpret_cast<const uint8_t *>(image->data()), image->size())))))
    return failure();
  return shared && hasWeights() ? appendWeights(**output) : success();
}

/// The name of the weights file, `<path without .so>.weights`, when weights are
/// not embedded. It comes before the library, which has a copy of its seal.
LogicalResult Emitter::writeWeightsFile() {
  if (description.weightsFile.empty() || !hasCode())
    return success();
  SmallString<128> name(path);
  llvm::sys::path::remove_filename(name);
  llvm::sys::path::append(name, description.weightsFile);
  auto file = outputs.create(name, "the file of weights");
  if (!file)
    return check(file.takeError());
  FailureOr<WeightImage::Seal> written = weights->streamSealed(
      [&](ArrayRef<uint8_t> bytes) { return check((*file)->write(bytes)); });
  if (succeeded(written))
    seal = *written;
  return written;
}

LogicalResult bitnet::emitCPU(ModuleOp module, const CPUTargetOptions &options,
                              CPUOutput kind, OutputSet &outputs,
                              StringRef path) {
  return Emitter(module, kind, outputs, path).run(options);
}
