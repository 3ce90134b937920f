//===- RegisterPipelines.cpp - stages as bitnet-opt pipelines -------------===//
//
// bitnet-opt, and so the tests of one stage, find the pipelines that are
// registered here.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Pipelines/Register.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace mlir::bitnet;

/// A stage with its default options under `--bitnet-<stage>-pipeline`.
template <typename Options>
static void registerStage(StringRef name, StringRef summary,
                          void (*populate)(OpPassManager &, const Options &)) {
  PassPipelineRegistration<>(name, summary, [populate](OpPassManager &pm) {
    populate(pm, Options());
  });
}

void mlir::bitnet::registerAllPipelines() {
  registerStage("bitnet-frontend-pipeline",
                "Stage 1: recognise ternary layers, lower ONNX to linalg",
                populateFrontendPipeline);
  registerStage("bitnet-quantize-pipeline",
                "Stage 2: layers to quantize, exact matmul, rescale",
                populateQuantizePipeline);
  registerStage("bitnet-pack-pipeline", "Stage 3: pack ternary weights",
                populatePackPipeline);
  registerStage("bitnet-partition-pipeline",
                "Stage 4a: units of work on tensors, portable kernels",
                populatePartitionPipeline);
  registerStage("bitnet-loops-pipeline", "Stage 4: loop nests over buffers",
                populateLoopsPipeline);
  PassPipelineRegistration<>("bitnet-hls-loops-pipeline",
                             "Stage 4 of --target=hls: scalar loop nests",
                             populateHLSLoopsPipeline);
  registerStage("bitnet-hls-pipeline",
                "Stage 5b: static loops to the C++ subset of --target=hls",
                populateHLSPipeline);
}
