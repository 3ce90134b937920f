//===- RegisterPasses.cpp - passes known to bitnet-opt --------------------===//
//
// bitnet-opt finds passes by the names that are registered here; the driver
// creates its passes itself.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Contractions/Passes.h"
#include "bitnet/Codegen/Floats/Passes.h"
#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Loops/Passes.h"
#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Codegen/Partition/Passes.h"
#include "bitnet/Codegen/Strategy/Passes.h"
#include "bitnet/Codegen/Transforms/Passes.h"
#include "bitnet/ConstantEval/Passes.h"
#include "bitnet/Conversion/BitNetToLinalg/Passes.h"
#include "bitnet/Conversion/ONNXToBitNet/Passes.h"
#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Pipelines/HostConstants.h"
#include "bitnet/Pipelines/Passes.h"
#include "bitnet/Pipelines/Register.h"
#include "bitnet/Target/CPU/CPU.h"
#include "bitnet/Target/CPU/Passes.h"
#include "bitnet/Target/HLSCpp/Passes.h"

#include "mlir/InitAllPasses.h"

void mlir::bitnet::registerAllPasses() {
  mlir::registerAllPasses();
  registerBitNetTransformsPasses();
  registerBitNetToLinalgPasses();
  registerBitNetFloatsPasses();
  registerBitNetFusionPasses();
  registerBitNetPartitionPasses();
  registerBitNetLoopsPasses();
  registerBitNetMemoryPasses();
  registerPass([] {
    return createBitNetEvaluateConstants(BitNetEvaluateConstantsOptions(),
                                         createHostConstantRunner());
  });
  registerONNXToBitNetPasses();
  registerONNXToLinalgPasses();
  registerBitNetPipelinesPasses();
  registerBitNetStrategyPasses();
  registerBitNetCodegenPasses();
  registerBitNetContractionsPasses();
  registerTargetCPUPasses();
  registerCPUPipelines();
  registerTargetHLSCppPasses();
}
