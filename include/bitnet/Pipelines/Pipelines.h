//===- Pipelines.h - a builder and an options struct per stage --*- C++ -*-===//
//
// import -> frontend -> quantize -> pack -> partition -> loops -> cpu -> link
//                                                     -> loops -> hls -> folder
// Hardware forks from the dispatches of stage 4a. Each builder appends the
// passes of one stage and ends with a check of the dialects that may leave it
// (docs/Architecture.md, table of stages).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_PIPELINES_PIPELINES_H
#define BITNET_PIPELINES_PIPELINES_H

#include "bitnet/Codegen/Strategy/SelectKernels.h"
#include "bitnet/Conversion/ONNXToBitNet/FloatWeights.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/PackingPolicy.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir {
class OpPassManager;
namespace bitnet {

/// Name patterns of layers ("model.layers.*"); empty include means all.
struct LayerPatterns {
  std::vector<std::string> include, exclude;
};

/// Stage 1: ONNX to bitnet, linalg, tensor, arith, math, scf, cf.
struct FrontendOptions {
  /// Keep float layers as bitnet.linear so that stage 2 can quantize them.
  bool floatLinears = false;
  LayerPatterns linears;
  /// How other float layers store their weights (w_c7).
  FloatWeights floatWeights = FloatWeights::Lossless;
  LayerPatterns stored;
  /// Outputs must have the shapes and types that the file declares.
  bool strictShapes = false;
};

/// Stage 2: ternary weights and int8 activations.
struct QuantizeOptions {
  /// How float layers become ternary; unset leaves them float (w_c6).
  std::optional<WeightMethod> method;
  LayerPatterns layers;
};

/// Stage 3: packed weights.
struct PackOptions {
  /// Bits per weight; without a wish, decided for each layer by its cost.
  PackingChoice packing;
  /// The packings that the target has a kernel of its own for.
  llvm::SmallVector<PackingKind> fastPackings;
};

/// The machine, or the machines, that the code is for.
struct MachineOptions {
  TargetInfo target;
  /// Machines, worst to best, instead of `target`.
  std::vector<ISA> isas;
};

/// Stage 4a: dispatches on tensors.
struct PartitionOptions {
  MachineOptions machines;
  /// Code form of ternary matmuls.
  KernelChoice kernel;
  /// Layers that differ in their constants only become a loop. Hardware has a
  /// place for each layer instead.
  bool rollLayers = true;
};

/// Stage 4 of the CPU: loop nests over buffers. Hardware has a stage 4 without
/// options.
struct LoopsOptions {
  MachineOptions machines;
};

/// Stage 5b: the C++ subset that lib/Target/HLSCpp prints.
struct HLSOptions {
  /// C identifier of the top function.
  std::string top = "model_top";
};

/// One builder per stage; the driver and the --bitnet-<stage>-pipeline options
/// of bitnet-opt both call it. A builder adds passes to run on a ModuleOp.
void populateFrontendPipeline(OpPassManager &pm,
                              const FrontendOptions &options);
void populateQuantizePipeline(OpPassManager &pm,
                              const QuantizeOptions &options);
void populatePackPipeline(OpPassManager &pm, const PackOptions &options);
void populatePartitionPipeline(OpPassManager &pm,
                               const PartitionOptions &options);
void populateLoopsPipeline(OpPassManager &pm, const LoopsOptions &options);
void populateHLSLoopsPipeline(OpPassManager &pm);
void populateHLSPipeline(OpPassManager &pm, const HLSOptions &options);

/// The two halves of bufferization, which the stages 4 of backends share:
/// dispatches to buffers that are never freed, and functions of layers; then
/// each buffer lives from its first use to its last one.
void populateBufferizePipeline(OpPassManager &pm);
void populateDeallocatePipeline(OpPassManager &pm);

} // namespace bitnet
} // namespace mlir

#endif // BITNET_PIPELINES_PIPELINES_H
