//===- HostRun.cpp - code that runs in the compiler -----------------------===//

#include "bitnet/Target/CPU/HostRun.h"

#include "HostRuntime.h"
#include "LLVMModule.h"
#include "Runtime.h"
#include "TargetInfo.h"
#include "WeightImage.h"

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

/// Whether this machine is of the class `machine`. A feature that LLVM does not
/// look for in CPUs is only a matter of tuning.
static bool runsHere(const TargetInfo &machine) {
  const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  return llvm::all_of(machine.features, [&](StringRef feature) {
    auto known = host.find(feature);
    return known == host.end() || known->second;
  });
}

FailureOr<CPUTargetOptions> bitnet::getHostTarget(std::string &error) {
  CPUTargetOptions wanted;
  wanted.cpu = "native";
  FailureOr<CPUTargetOptions> host = resolveTarget(wanted, error);
  if (failed(host))
    return failure();
  std::vector<ISA> isas = getISAs(getArch(host->triple));
  if (isas.empty()) {
    error = "there is no code for '" + host->triple + "'";
    return failure();
  }
  CPUTargetOptions target;
  target.isas = {isas.front()};
  for (ISA isa : llvm::reverse(isas))
    if (getTargetInfo(isa).hasFeature("fma") && runsHere(getTargetInfo(isa)))
      target.isas = {isa};
  // The code runs once.
  target.optLevel = 1;
  return resolveTarget(target, error);
}

namespace {
/// One run of a module.
class HostRun {
public:
  HostRun(ModuleOp module, const CPUTargetOptions &target,
          ArrayRef<uint64_t> limits)
      : module(module), target(target), limits(limits) {}

  FailureOr<std::vector<ComputedTensor>> run();

private:
  LogicalResult readWeights(const WeightImage &image);
  LogicalResult makeOutputs();
  FailureOr<std::unique_ptr<llvm::MemoryBuffer>> makeObject(StringRef entry);
  LogicalResult defineRuntime(llvm::orc::LLJIT &jit);
  LogicalResult call(llvm::orc::LLJIT &jit, StringRef entry);
  std::vector<ComputedTensor> getResults();

  LogicalResult check(llvm::Error error) {
    return error ? module.emitError(llvm::toString(std::move(error)))
                 : LogicalResult(success());
  }

  ModuleOp module;
  const CPUTargetOptions &target;
  ArrayRef<uint64_t> limits;
  HostContext context;
  std::unique_ptr<llvm::WritableMemoryBuffer> weights;
  SmallVector<Type> elements;
};
} // namespace

LogicalResult HostRun::readWeights(const WeightImage &image) {
  weights = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
      image.size(), "constants", llvm::Align(64));
  if (!weights)
    return module.emitError("out of memory: ") << image.size() << " bytes";
  char *at = weights->getBufferStart();
  context.base.weights = at;
  return image.stream([&](ArrayRef<uint8_t> bytes) {
    std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
    return success();
  });
}

LogicalResult HostRun::makeOutputs() {
  FailureOr<ModelSignature> signature = readSignature(module);
  if (failed(signature))
    return failure();
  for (auto [limit, output] : llvm::zip_equal(limits, signature->outputs)) {
    Type element = onnx::getElementType(module.getContext(), output.dtype);
    elements.push_back(element);
    HostContext::Output &made = context.outputs.emplace_back();
    made.limit = limit;
    made.elementSize = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  }
  context.tensors.resize(limits.size());
  context.base.outputs = context.tensors.data();
  return success();
}

FailureOr<std::unique_ptr<llvm::MemoryBuffer>>
HostRun::makeObject(StringRef entry) {
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine =
      createTargetMachine(target, error);
  if (!machine)
    return module.emitError(error);
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code =
      buildHostModule(module, context, *machine, target, entry);
  if (!code)
    return failure();
  optimize(*code, *machine, target.optLevel);
  SmallVector<char, 0> bytes;
  if (!emitMachineCode(*code, *machine, /*assembly=*/false, bytes))
    return module.emitError("this target cannot emit machine code");
  return llvm::MemoryBuffer::getMemBufferCopy(
      StringRef(bytes.data(), bytes.size()), "constants");
}

LogicalResult HostRun::defineRuntime(llvm::orc::LLJIT &jit) {
  llvm::orc::SymbolMap symbols;
  for (const HostSymbol &symbol : getHostSymbols())
    symbols[jit.mangleAndIntern(symbol.name)] = {
        llvm::orc::ExecutorAddr::fromPtr(symbol.address),
        llvm::JITSymbolFlags::Exported};
  return check(jit.getMainJITDylib().define(
      llvm::orc::absoluteSymbols(std::move(symbols))));
}

LogicalResult HostRun::call(llvm::orc::LLJIT &jit, StringRef entry) {
  auto main = jit.lookup(entry);
  if (!main)
    return check(main.takeError());
  HostScratch scratch(readScratch(module));
  int32_t stopped = main->toPtr<bitnet_main>()(&context.base, nullptr);
  if (stopped == 0 && context.base.status == BITNET_OK)
    return success();
  return module.emitError("constants cannot be evaluated: ") << context.error;
}

std::vector<ComputedTensor> HostRun::getResults() {
  std::vector<ComputedTensor> results;
  for (auto [element, output] : llvm::zip_equal(elements, context.outputs))
    results.push_back({RankedTensorType::get(output.shape, element),
                       std::move(output.bytes)});
  return results;
}

FailureOr<std::vector<ComputedTensor>> HostRun::run() {
  FailureOr<WeightImage> image = WeightImage::get(module);
  if (failed(image) || failed(readWeights(*image)) || failed(makeOutputs()))
    return failure();
  std::string entry =
      getVersionName(kGeneratedMain, getLevel(target.isas[0], target.isas));
  auto object = makeObject(entry);
  if (failed(object))
    return failure();
  auto jit = llvm::orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(llvm::orc::JITTargetMachineBuilder(
                     llvm::Triple(target.triple)))
                 .create();
  if (!jit)
    return module.emitError(llvm::toString(jit.takeError()));
  if (failed(defineRuntime(**jit)) ||
      failed(check((*jit)->addObjectFile(std::move(*object)))) ||
      failed(call(**jit, entry)))
    return failure();
  return getResults();
}

FailureOr<std::vector<ComputedTensor>>
bitnet::runOnHost(ModuleOp module, const CPUTargetOptions &target,
                  ArrayRef<uint64_t> limits) {
  return HostRun(module, target, limits).run();
}
