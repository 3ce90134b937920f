//===- Pack.cpp - stage 3: packed weights ---------------------------------===//
//
// After this stage every product with constant ternary weights has packed
// bytes.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void bitnet::populatePackPipeline(OpPassManager &pm,
                                  const PackOptions &options) {
  BitNetPackWeightsOptions pack;
  pack.packing = options.packing;
  pack.fastPackings = options.fastPackings;
  pm.addPass(createBitNetPackWeights(pack));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addCommonStageCheck(
      pm, Stage::Packed,
      {ConstantOp::getOperationName(), MatMulOp::getOperationName(),
       ProbeOp::getOperationName(), QuantizeActivationsOp::getOperationName(),
       PackOp::getOperationName(), UnpackOp::getOperationName(),
       RescaleOp::getOperationName(), "linalg", "tensor"});
}
