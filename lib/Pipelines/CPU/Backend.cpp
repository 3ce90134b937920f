//===- Backend.cpp - --target=cpu: a shared library -----------------------===//
//
// The machines that the code is for come from --isa, --mcpu and --mattr; the
// output is a shared library, or what one is made from.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Backend.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Every combination that has a meaning for some backend has one for this.
static std::string findWrongOption(const CompileOptions &) { return ""; }

/// The model's name with the ending of the stage (model.mlir). Text of a stage
/// goes to standard output.
static std::string nameOutput(StringRef stem, Stage emit) {
  switch (emit) {
  case Stage::SO:
    return (stem + ".so").str();
  case Stage::Obj:
    return (stem + ".o").str();
  case Stage::Asm:
    return (stem + ".s").str();
  case Stage::LLVM:
    return (stem + ".ll").str();
  default:
    return "-";
  }
}

static void adjust(CompileOptions &) {}

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

static LogicalResult emit(BackendInput input) {
  if (failed(input.runner.passes("cpu", input.module, [&](OpPassManager &pm) {
        populateCPUPipeline(pm, getCPUPipelineOptions(input.target));
      })))
    return failure();
  return input.runner.stage("link", [&] {
    return emitCPU(input.module, input.target, outputKind(input.options.emit),
                   input.outputs, input.options.output);
  });
}

namespace mlir::bitnet {
extern const Backend kCPUBackend;
const Backend kCPUBackend{"cpu",
                          "shared library (default)",
                          /*numLastStages=*/2,
                          /*forMachines=*/true,
                          findWrongOption,
                          nameOutput,
                          adjust,
                          populateLoopsPipeline,
                          emit};
} // namespace mlir::bitnet
