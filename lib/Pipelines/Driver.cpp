//===- Driver.cpp - from a model file to any output -----------------------===//
//
// One object per compilation. Each stage is a function that adds the stage's
// passes and runs them; `--emit` stops after one of them, and a text of a stage
// starts behind it: what has been done is told by the operations that are
// there.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Driver.h"
#include "EmitHLS.h"
#include "EmitIR.h"
#include "LoadModel.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
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
class Driver {
public:
  Driver(MLIRContext &context, const CompileOptions &options)
      : context(context), options(options) {}

  FailureOr<CompileResult> run();

private:
  LogicalResult chooseTarget(Location loc);
  LogicalResult load();
  LogicalResult claimOutputs();
  LogicalResult lower();
  LogicalResult lowerTensors();
  LogicalResult lowerToLoops();
  LogicalResult emit();
  LogicalResult report();
  /// Runs and times `body`, and tells options.progress.
  LogicalResult stage(StringRef name, llvm::function_ref<LogicalResult()> body);
  LogicalResult passes(StringRef name,
                       llvm::function_ref<void(OpPassManager &)> populate);
  LogicalResult emitFolder();
  LogicalResult check(llvm::Error error);
  PackOptions packOptions() const;
  MachineOptions machineOptions() const;
  PartitionOptions partitionOptions() const;
  LoopsOptions loopsOptions() const;
  BitNetFoldDimsOptions foldDimsOptions() const;
  FrontendOptions frontendOptions() const;

  MLIRContext &context;
  const CompileOptions &options;
  OwningOpRef<ModuleOp> module;
  CPUTargetOptions target;
  CompileResult result;
  OutputSet outputs;
  unsigned index = 0;
};

} // namespace

LogicalResult Driver::stage(StringRef name,
                            llvm::function_ref<LogicalResult()> body) {
  auto started = std::chrono::steady_clock::now();
  LogicalResult status = body();
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - started;
  // import, bitnet, quantize, pack, partition, loops, cpu, link: as many as
  // --emit asks.
  unsigned count = std::min(unsigned(options.emit) + 1, 8u);
  ++index;
  if (succeeded(status) && options.progress)
    options.progress(index, std::max(count, index), name, seconds.count());
  return status;
}

LogicalResult
Driver::passes(StringRef name,
               llvm::function_ref<void(OpPassManager &)> populate) {
  return stage(name, [&] {
    PassManager pm(&context);
    if (options.configure)
      options.configure(pm);
    populate(pm);
    return pm.run(*module);
  });
}

LogicalResult Driver::load() {
  return stage("import", [&]() -> LogicalResult {
    FailureOr<OwningOpRef<ModuleOp>> loaded = loadModel(context, options);
    if (succeeded(loaded))
      module = std::move(*loaded);
    return loaded;
  });
}

/// Whether stage 1 is still to run: a module of stage 2 or later has no ONNX
/// nodes, but others. (A model that returns its inputs has neither.)
static bool isImported(ModuleOp module) {
  bool others = false;
  WalkResult result = module.walk([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    others |= dialect != "builtin" && dialect != "func";
    return dialect == "onnx" ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result.wasInterrupted() || !others;
}

/// Whether stage 4a has run, and found work to tell apart.
static bool isPartitioned(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        return isa<DispatchOp, ConstantTableOp>(op) ? WalkResult::interrupt()
                                                    : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether stage 4 has run: only it makes buffers.
static bool isBufferized(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  return main &&
         llvm::any_of(main.getArgumentTypes(), llvm::IsaPred<BaseMemRefType>);
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

/// The functions below derive the options of passes and pipelines from those of
/// the command line.
BitNetFoldDimsOptions Driver::foldDimsOptions() const {
  BitNetFoldDimsOptions fold;
  for (const std::string &dim : options.dims)
    fold.dims.push_back(dim);
  fold.requireStatic = options.hls;
  return fold;
}

/// Base 3 pays only where the target has a kernel that reads it fast.
PackOptions Driver::packOptions() const {
  PackOptions pack = options.pack;
  pack.fastBase3 =
      hasFastKernel(machineOptions().target, options.kernel, PackingKind::U1_6);
  return pack;
}

/// With --target=hls the code is for no machine.
MachineOptions Driver::machineOptions() const {
  MachineOptions machines;
  if (options.hls)
    return machines;
  machines.isas = target.isas;
  machines.target = getMachine(target);
  return machines;
}

/// With --target=hls, products are the literal nests.
PartitionOptions Driver::partitionOptions() const {
  PartitionOptions partition;
  partition.machines = machineOptions();
  partition.kernel = options.hls ? KernelChoice::Scalar : options.kernel;
  partition.strictFloats = options.hls;
  return partition;
}

LoopsOptions Driver::loopsOptions() const {
  LoopsOptions loops;
  loops.machines = machineOptions();
  loops.strictFloats = options.hls;
  loops.scalarLoops = options.hls;
  return loops;
}

/// C++ for HLS has no 16-bit floats.
FrontendOptions Driver::frontendOptions() const {
  FrontendOptions frontend = options.frontend;
  if (options.hls && frontend.floatWeights == FloatWeights::Lossless)
    frontend.floatWeights = FloatWeights::Keep;
  return frontend;
}

/// Stages 1 to 3. A file that an earlier run stopped at continues from there.
LogicalResult Driver::lowerTensors() {
  const bool imported = isImported(*module);
  if (failed(passes("bitnet", [&](OpPassManager &pm) {
        if (options.hls || !options.dims.empty())
          pm.addPass(createBitNetFoldDims(foldDimsOptions()));
        if (imported)
          populateFrontendPipeline(pm, frontendOptions());
      })))
    return failure();
  result.layers = collectLayers(*module);
  if (options.emit < Stage::Quantized || isPartitioned(*module) ||
      isBufferized(*module))
    return success();
  if (failed(passes("quantize", [&](OpPassManager &pm) {
        populateQuantizePipeline(pm, options.quantize);
      })))
    return failure();
  result.layers = collectLayers(*module);
  if (options.emit < Stage::Packed)
    return success();
  if (failed(passes("pack", [&](OpPassManager &pm) {
        populatePackPipeline(pm, packOptions());
      })))
    return failure();
  result.layers = collectLayers(*module);
  return success();
}

/// Runs the stages 4a and 4.
LogicalResult Driver::lowerToLoops() {
  if (!isPartitioned(*module) &&
      failed(passes("partition", [&](OpPassManager &pm) {
        populatePartitionPipeline(pm, partitionOptions());
      })))
    return failure();
  if (options.emit < Stage::Loops)
    return success();
  return passes("loops", [&](OpPassManager &pm) {
    populateLoopsPipeline(pm, loopsOptions());
  });
}

/// Runs the stages 1 to 4, as far as `--emit` asks for.
LogicalResult Driver::lower() {
  if (options.emit < Stage::BitNet)
    return success();
  if (failed(lowerTensors()))
    return failure();
  if (options.emit >= Stage::Dispatches && !isBufferized(*module) &&
      failed(lowerToLoops()))
    return failure();
  result.kernel = kernelNames(*module);
  return success();
}

static CPUOutput outputKind(Stage stage) {
  switch (stage) {
  case Stage::LLVM:
    return CPUOutput::LLVMIR;
  case Stage::Asm:
    return CPUOutput::Assembly;
  case Stage::Obj:
    return CPUOutput::Object;
  default:
    return CPUOutput::SharedLibrary;
  }
}

/// The reference for the golden vectors is the CPU target on the same loops.
LogicalResult Driver::emitFolder() {
  OutputFolder folder(outputs, options.output);
  if (failed(folder.create(module->getLoc())))
    return failure();
  HLSOptions hls;
  hls.top = topFor(options.input);
  OwningOpRef<ModuleOp> reference = module->clone();
  if (failed(passes("hls",
                    [&](OpPassManager &pm) { populateHLSPipeline(pm, hls); })))
    return failure();
  OwningOpRef<ModuleOp> prepared = std::exchange(module, std::move(reference));
  if (failed(passes("cpu", [&](OpPassManager &pm) {
        populateCPUPipeline(pm, getCPUPipelineOptions(target));
      })))
    return failure();
  return stage("files", [&] {
    return failure(failed(folder.write(*prepared, *module, target)) ||
                   failed(folder.evaluate(*prepared, options.runner)) ||
                   failed(folder.commit(module->getLoc())));
  });
}

/// Writes the output: text of IR, a folder of C++, or what the CPU target
/// makes.
LogicalResult Driver::emit() {
  if (options.emit < Stage::LLVM)
    return emitIR(*module, outputs, options.output);
  if (options.hls)
    return emitFolder();
  if (failed(passes("cpu", [&](OpPassManager &pm) {
        populateCPUPipeline(pm, getCPUPipelineOptions(target));
      })))
    return failure();
  return stage("link", [&] {
    return emitCPU(*module, target, outputKind(options.emit), outputs,
                   options.output);
  });
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
  return emitError(FileLineColLoc::get(&context, options.input, 0, 0))
         << llvm::toString(std::move(error));
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
  CPUTargetOptions wanted = options.target;
  // The reference for the golden vectors runs on this machine.
  if (options.hls && wanted.cpu.empty())
    wanted.cpu = "native";
  std::string error;
  FailureOr<CPUTargetOptions> resolved = resolveTarget(wanted, error);
  if (failed(resolved))
    return emitError(loc) << error;
  target = *resolved;
  if (failed(checkKernel(target, machineOptions().target, options.kernel, loc)))
    return failure();
  // checkKernel drops machines that the asked-for kernel cannot serve, perhaps
  // the worst one, whose CPU is the baseline: resolve the baseline again.
  if (!target.isas.empty())
    target = *resolveTarget(target, error);
  target.modelName = llvm::sys::path::filename(options.input).str();
  target.producer = "bitnet-compile " BITNET_VERSION;
  result.cpu = target.cpu;
  for (ISA isa : target.isas)
    result.isas.push_back(stringifyISA(isa).str());
  return success();
}

/// The outputs appear at the very end, all at once.
FailureOr<CompileResult> Driver::run() {
  Location loc = FileLineColLoc::get(&context, options.input, 0, 0);
  if (failed(chooseTarget(loc)))
    return failure();
  if (failed(load()) || failed(claimOutputs()) || failed(lower()) ||
      failed(report()) || failed(emit()) || failed(check(outputs.commit())))
    return failure();
  return result;
}

FailureOr<CompileResult>
mlir::bitnet::compileModel(MLIRContext &context,
                           const CompileOptions &options) {
  return Driver(context, options).run();
}
