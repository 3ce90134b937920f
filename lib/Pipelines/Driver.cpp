//===- Driver.cpp - from a model file to any output -----------------------===//
//
// One object per compilation. Each stage is a function that adds the stage's
// passes and runs them; `--emit` stops after one of them, and a text of a stage
// starts behind the one that it names (`bitnet.stage`).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Driver.h"
#include "EmitIR.h"
#include "LoadModel.h"
#include "MemoryLimit.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/IR/Failure.h"
#include "bitnet/Pipelines/Backend.h"
#include "bitnet/Pipelines/Passes.h"
#include "bitnet/Target/CPU/CPU.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace mlir::bitnet;

namespace {

/// Runs stages one after the other and reports each.
class Driver final : public StageRunner {
public:
  Driver(MLIRContext &context, CompileOptions wanted)
      : context(context),
        backend(wanted.backend ? *wanted.backend : *getBackends().front()),
        options(std::move(wanted)), memory(options.maxMemory) {
    backend.adjust(options);
  }

  FailureOr<CompileResult> run();
  LogicalResult stage(StringRef name,
                      llvm::function_ref<LogicalResult()> body) override;
  LogicalResult
  passes(StringRef name, ModuleOp of,
         llvm::function_ref<void(OpPassManager &)> populate) override;

private:
  LogicalResult passes(StringRef name,
                       llvm::function_ref<void(OpPassManager &)> populate) {
    return passes(name, *module, populate);
  }
  LogicalResult runStages();
  LogicalResult chooseTarget(Location loc);
  LogicalResult load();
  LogicalResult checkStage();
  LogicalResult claimOutputs();
  LogicalResult lower();
  LogicalResult lowerTensors();
  LogicalResult lowerToLoops();
  LogicalResult emit();
  LogicalResult report();
  LogicalResult check(llvm::Error error);
  MachineOptions machineOptions() const;
  BitNetFoldDimsOptions foldDimsOptions() const;
  bool isCancelled() const { return options.cancelled && options.cancelled(); }

  MLIRContext &context;
  const Backend &backend;
  CompileOptions options;
  MemoryLimit memory;
  OwningOpRef<ModuleOp> module;
  CPUTargetOptions target;
  CompileResult result;
  OutputSet outputs;
  unsigned index = 0;
};

} // namespace

/// Nothing begins once the caller has cancelled, and what was cancelled in the
/// middle has failed.
LogicalResult Driver::stage(StringRef name,
                            llvm::function_ref<LogicalResult()> body) {
  if (isCancelled())
    return failure();
  auto started = std::chrono::steady_clock::now();
  LogicalResult status = body();
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - started;
  // import, bitnet, quantize, pack, partition, loops, and those of the backend:
  // as many as --emit asks.
  unsigned count = std::min(unsigned(options.emit), unsigned(Stage::Loops)) + 1;
  if (options.emit > Stage::Loops)
    count += backend.numLastStages;
  ++index;
  if (succeeded(status) && options.progress)
    options.progress(index, std::max(count, index), name, seconds.count());
  if (failed(status) || isCancelled())
    return failure();
  return memory.checkStage(FileLineColLoc::get(&context, options.input, 0, 0),
                           name);
}

/// A pass manager for each stage, so that --mlir-timing tells them apart.
LogicalResult
Driver::passes(StringRef name, ModuleOp of,
               llvm::function_ref<void(OpPassManager &)> populate) {
  return stage(name, [&] {
    PassManager pm(&context);
    if (options.configure)
      options.configure(pm);
    populate(pm);
    return pm.run(of);
  });
}

/// Whether some stage has run: constants are all that the importer makes of the
/// dialect.
static bool hasLayers(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        const bool later = isa<BitNetDialect>(op->getDialect()) &&
                           !isa<bitnet::ConstantOp>(op);
        return later ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// The text of a stage must say which one it is, and be asked for a later one.
LogicalResult Driver::checkStage() {
  auto stage = getAttr<BitNetDialect::StageAttrHelper>(*module);
  if (!stage)
    return emitError(module->getLoc())
           << "the text does not say which stage it is of, such as `module "
              "attributes {bitnet.stage = #bitnet.stage<loops>}`";
  if (stage.getValue() > options.emit)
    return emitError(module->getLoc())
           << "this is the text of stage " << stringifyStage(stage.getValue())
           << ", which lies behind --emit=" << stringifyStage(options.emit);
  // Stage 1 erases nodes under their users, and knows no users but nodes.
  if (stage.getValue() == Stage::ONNX && hasLayers(*module))
    return emitError(module->getLoc())
           << "the text says that it is of stage onnx, but holds operations of "
              "later ones";
  return success();
}

/// Stage 0, from a model or from the text of a stage.
LogicalResult Driver::load() {
  return stage("import", [&]() -> LogicalResult {
    FailureOr<OwningOpRef<ModuleOp>> loaded = loadModel(context, options);
    if (failed(loaded))
      return failure();
    module = std::move(*loaded);
    return failure(failed(checkStage()) || failed(memory.checkModel(*module)));
  });
}

/// The stage whose form the module has; the importer and each stage say it.
static Stage getStage(ModuleOp module) {
  return getAttr<BitNetDialect::StageAttrHelper>(module).getValue();
}

/// "avx512vnni, generic": the kernels of the module.
static std::string kernelNames(ModuleOp module) {
  std::string names;
  for (auto func : module.getOps<func::FuncOp>()) {
    StringRef name = func.getName();
    if (!func.isExternal() && name.consume_front("bitnet_kernel_"))
      names += (names.empty() ? "" : ", ") + name.str();
  }
  return names;
}

/// --dim, and whether a backend needs all dims.
BitNetFoldDimsOptions Driver::foldDimsOptions() const {
  BitNetFoldDimsOptions fold;
  for (const std::string &dim : options.dims)
    fold.dims.push_back(dim);
  fold.requireStatic = options.staticDims;
  return fold;
}

/// The machines of the resolved target; none for a backend whose code is for no
/// machine.
MachineOptions Driver::machineOptions() const {
  MachineOptions machines;
  if (!backend.forMachines)
    return machines;
  machines.isas = target.isas;
  machines.target = getMachine(target);
  return machines;
}

/// Stages 1 to 3. A file that an earlier run stopped at continues from there.
LogicalResult Driver::lowerTensors() {
  const Stage from = getStage(*module);
  if (failed(passes("bitnet", [&](OpPassManager &pm) {
        // Loops have the sizes of what they were made from; a dim that is asked
        // for is still an error there, not ignored.
        if (!options.dims.empty() ||
            (options.staticDims && from < Stage::Loops))
          pm.addPass(createBitNetFoldDims(foldDimsOptions()));
        if (from < Stage::BitNet)
          populateFrontendPipeline(pm, options.frontend);
      })))
    return failure();
  result.layers = collectLayers(*module);
  if (options.emit < Stage::Quantized || from >= Stage::Dispatches)
    return success();
  if (failed(passes("quantize", [&](OpPassManager &pm) {
        populateQuantizePipeline(pm, options.quantize);
      })))
    return failure();
  result.layers = collectLayers(*module);
  if (options.emit < Stage::Packed)
    return success();
  if (failed(passes("pack", [&](OpPassManager &pm) {
        populatePackPipeline(pm, options.pack);
      })))
    return failure();
  result.layers = collectLayers(*module);
  return success();
}

/// Runs the stages 4a and 4.
LogicalResult Driver::lowerToLoops() {
  if (getStage(*module) < Stage::Dispatches &&
      failed(passes("partition", [&](OpPassManager &pm) {
        populatePartitionPipeline(pm, options.partition);
      })))
    return failure();
  if (options.emit < Stage::Loops)
    return success();
  return passes("loops", [&](OpPassManager &pm) {
    backend.populateLoops(pm, LoopsOptions{options.partition.machines});
  });
}

/// Runs the stages 1 to 4, as far as `--emit` asks for.
LogicalResult Driver::lower() {
  if (options.emit < Stage::BitNet)
    return success();
  if (failed(lowerTensors()))
    return failure();
  if (options.emit >= Stage::Dispatches && getStage(*module) < Stage::Loops &&
      failed(lowerToLoops()))
    return failure();
  result.kernel = kernelNames(*module);
  return success();
}

/// Writes the output: text of IR, or what the backend makes.
LogicalResult Driver::emit() {
  if (options.emit < Stage::LLVM)
    return emitIR(*module, outputs, options.output);
  return backend.emit({*this, *module, options, target, outputs});
}

/// Writes the report before the output, so that a report that cannot be written
/// is known before code is made.
LogicalResult Driver::report() {
  if (auto size = (*module)->getAttrOfType<IntegerAttr>(kWeightsSizeAttr))
    result.weightBytes = uint64_t(size.getInt());
  if (options.reportFile.empty())
    return success();
  return check(outputs.write(options.reportFile, "the report",
                             [&](llvm::raw_ostream &os) {
                               writeReport(os, options, result);
                               return llvm::Error::success();
                             }));
}

/// An error without a location becomes one of the input file.
LogicalResult Driver::check(llvm::Error error) {
  if (!error)
    return success();
  return emitFailure(FileLineColLoc::get(&context, options.input, 0, 0),
                     std::move(error));
}

/// Claims the outputs before anything is made: none may be a file that is read.
LogicalResult Driver::claimOutputs() {
  outputs.addInput(options.input, "the model");
  for (std::string &name : BitNetDialect::getBlobStore(&context).getFileNames())
    outputs.addInput(name, "data of the model");
  // The text of a stage names files that are opened when they are needed.
  for (const auto &entry : findBlobFiles(*module))
    outputs.addInput(entry.getKey(), "data of the model");
  llvm::Error error = outputs.claim(options.output, kOutputRole);
  if (!error && !options.reportFile.empty())
    error = outputs.claim(options.reportFile, "the report");
  return check(std::move(error));
}

/// Leaves out machines that cannot run the kernel that the user wishes.
static LogicalResult checkKernel(CPUTargetOptions &target,
                                 const TargetInfo &machine, KernelChoice wish,
                                 Location loc) {
  std::string missing = missingFeatures(machine, wish);
  if (!target.isas.empty()) {
    missing = missingFeatures(getTargetInfo(target.isas.back()), wish);
    llvm::erase_if(target.isas, [&](ISA isa) {
      return !missingFeatures(getTargetInfo(isa), wish).empty();
    });
  }
  if (missing.empty())
    return success();
  return emitError(loc) << "the chosen kernel needs " << missing
                        << ", which the CPU " << target.cpu << " does not have";
}

/// Resolves the target before the model is read, because a wrong option should
/// not cost that time.
LogicalResult Driver::chooseTarget(Location loc) {
  std::string error;
  FailureOr<CPUTargetOptions> resolved = resolveTarget(options.target, error);
  if (failed(resolved))
    return emitError(loc) << error;
  target = *resolved;
  const KernelChoice kernel = options.partition.kernel;
  if (failed(checkKernel(target, machineOptions().target, kernel, loc)))
    return failure();
  // checkKernel drops machines that the asked-for kernel cannot serve, perhaps
  // the worst one, whose CPU is the baseline: resolve the baseline again.
  if (!target.isas.empty())
    target = *resolveTarget(target, error);
  target.modelName = llvm::sys::path::filename(options.input).str();
  target.producer = "bitnet-compile " BITNET_VERSION;
  options.partition.machines = machineOptions();
  // A packing pays only where the target has a kernel that reads it fast.
  options.pack.fastPackings =
      getFastPackings(options.partition.machines.target, kernel);
  result.cpu = target.cpu;
  for (ISA isa : target.isas)
    result.isas.push_back(stringifyISA(isa).str());
  return success();
}

/// All but the appearance of the outputs, in the order in which mistakes cost
/// least: options, files, then work.
LogicalResult Driver::runStages() {
  Location loc = FileLineColLoc::get(&context, options.input, 0, 0);
  return failure(failed(chooseTarget(loc)) || failed(load()) ||
                 failed(claimOutputs()) || failed(lower()) ||
                 failed(report()) || failed(emit()));
}

/// The outputs appear at the very end, all at once.
FailureOr<CompileResult> Driver::run() {
  // Once cancelled, no pass begins: those that are left in the stage's pipeline
  // are skipped, and the stage fails.
  if (options.cancelled)
    context.registerActionHandler(
        [this](llvm::function_ref<void()> run, const tracing::Action &action) {
          if (!isa<PassExecutionAction>(action) || !isCancelled())
            run();
        });
  const LogicalResult ran = runStages();
  if (options.cancelled)
    context.registerActionHandler(nullptr);
  if (failed(ran) || failed(check(outputs.commit())))
    return failure();
  return result;
}

FailureOr<CompileResult>
mlir::bitnet::compileModel(MLIRContext &context,
                           const CompileOptions &options) {
  return Driver(context, options).run();
}
