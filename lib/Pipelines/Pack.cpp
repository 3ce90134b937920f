//===- Pack.cpp - stage 3: packed weights ---------------------------------===//

#include "StageCheck.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void bitnet::populatePackPipeline(OpPassManager &pm, const PackOptions &) {
  pm.addPass(createBitNetPackWeights());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addStageCheck(
      pm, "packed",
      {"bitnet", "linalg", "tensor", "arith", "math", "scf", "cf", "func"});
}
