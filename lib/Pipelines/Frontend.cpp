//===- Frontend.cpp - stage 1: recognise, then lower the rest -------------===//

#include "StageCheck.h"
#include "bitnet/Conversion/ONNXToBitNet/Passes.h"
#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void bitnet::populateFrontendPipeline(OpPassManager &pm,
                                      const FrontendOptions &options) {
  ConvertONNXToBitNetOptions recognition;
  recognition.floatLinears = options.floatLinears;
  pm.addPass(createConvertONNXToBitNet(recognition));
  pm.addPass(createConvertONNXToLinalg());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addStageCheck(
      pm, "bitnet",
      {"bitnet", "linalg", "tensor", "arith", "math", "scf", "cf", "func"});
}
