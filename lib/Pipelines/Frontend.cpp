//===- Frontend.cpp - stage 1: recognise, then lower the rest -------------===//
//
// Recognition comes first, while weights and quantizers are still nodes of
// ONNX; then every other node is lowered.
//
//===----------------------------------------------------------------------===//

#include "bitnet/ConstantEval/Passes.h"
#include "bitnet/Conversion/ONNXToBitNet/Passes.h"
#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Pipelines/HostConstants.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void bitnet::populateFrontendPipeline(OpPassManager &pm,
                                      const FrontendOptions &options) {
  ConvertONNXToBitNetOptions recognition;
  recognition.floatLinears = options.floatLinears;
  llvm::append_range(recognition.linearsInclude, options.linears.include);
  llvm::append_range(recognition.linearsExclude, options.linears.exclude);
  recognition.floatWeights = options.floatWeights;
  llvm::append_range(recognition.weightsInclude, options.stored.include);
  llvm::append_range(recognition.weightsExclude, options.stored.exclude);
  // What weights are made of is known before recognition looks at them; it
  // reads most of it as streams. What is constant still is no weight.
  auto runner = createHostConstantRunner();
  BitNetEvaluateConstantsOptions weights, rest;
  rest.remaining = true;
  pm.addPass(createBitNetEvaluateConstants(weights, runner));
  pm.addPass(createConvertONNXToBitNet(recognition));
  pm.addPass(createBitNetEvaluateConstants(rest, runner));
  ConvertONNXToLinalgOptions lowering;
  lowering.strictShapes = options.strictShapes;
  pm.addPass(createConvertONNXToLinalg(lowering));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addCommonStageCheck(pm, Stage::BitNet,
                      {ConstantOp::getOperationName(),
                       LinearOp::getOperationName(), "linalg", "tensor"});
}
