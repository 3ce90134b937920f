//===- Backend.cpp - --target=hls: C++ in a folder ------------------------===//
//
// The output is C++ for high-level synthesis with golden vectors. Their
// reference is the CPU target on the same loops, which the tool bitnet-run
// evaluates.
//
//===----------------------------------------------------------------------===//

#include "OutputFolder.h"

#include "bitnet/Pipelines/Backend.h"
#include "bitnet/Target/HLSCpp/HLSCpp.h"

#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::bitnet;

/// An option that has no meaning for a folder of C++.
static std::string findWrongOption(const CompileOptions &options) {
  if (options.emit >= Stage::LLVM && options.emit != Stage::SO)
    return "--target=hls writes a folder of C++: --emit stops at loops or "
           "before";
  if (options.target.weights == WeightsPlacement::File)
    return "--target=hls writes weights as C++: --weights=file goes without it";
  const std::optional<KernelKind> kernel = options.partition.kernel.kind;
  if (kernel && *kernel != KernelKind::Scalar)
    return "--target=hls has products as loops: --kernel goes without it";
  return "";
}

static std::string nameOutput(StringRef stem, Stage emit) {
  return emit < Stage::LLVM ? "-" : (stem + "-hls").str();
}

/// C++ for HLS has fixed shapes and no 16-bit floats; products are the literal
/// nests, and each layer has a place of its own. The reference for the golden
/// vectors runs on this machine.
static void adjust(CompileOptions &options) {
  options.staticDims = true;
  if (options.frontend.floatWeights == FloatWeights::Lossless)
    options.frontend.floatWeights = FloatWeights::Keep;
  options.partition.kernel.kind = KernelKind::Scalar;
  options.partition.rollLayers = false;
  if (options.target.cpu.empty())
    options.target.cpu = "native";
}

static void populateLoops(OpPassManager &pm, const LoopsOptions &) {
  populateHLSLoopsPipeline(pm);
}

/// Writes the files of both forms of the module, `prepared` for HLS and
/// `reference` for the CPU.
static LogicalResult writeFolder(const BackendInput &input,
                                 OutputFolder &folder, ModuleOp prepared,
                                 ModuleOp reference) {
  return failure(failed(folder.write(prepared, reference, input.target)) ||
                 failed(folder.evaluate(prepared, input.options.runner)));
}

/// The module is copied: one copy becomes C++, the other one the reference.
static LogicalResult emit(BackendInput input) {
  OutputFolder folder(input.outputs, input.options.output);
  if (failed(folder.create(input.module->getLoc())))
    return failure();
  HLSOptions hls;
  hls.top = toIdentifier(llvm::sys::path::stem(input.options.input)) + "_top";
  OwningOpRef<ModuleOp> prepared = input.module.clone();
  if (failed(input.runner.passes("hls", *prepared, [&](OpPassManager &pm) {
        populateHLSPipeline(pm, hls);
      })))
    return failure();
  if (failed(input.runner.passes("cpu", input.module, [&](OpPassManager &pm) {
        populateCPUPipeline(pm, getCPUPipelineOptions(input.target));
      })))
    return failure();
  if (failed(input.runner.stage("files", [&] {
        return writeFolder(input, folder, *prepared, input.module);
      })))
    return failure();
  // Nothing may fail behind this, so it is no part of a stage.
  return folder.commit(input.module->getLoc());
}

namespace mlir::bitnet {
extern const Backend kHLSBackend;
const Backend kHLSBackend{"hls",
                          "HLS C++ in a folder",
                          /*numLastStages=*/3,
                          /*forMachines=*/false,
                          findWrongOption,
                          nameOutput,
                          adjust,
                          populateLoops,
                          emit};
} // namespace mlir::bitnet
