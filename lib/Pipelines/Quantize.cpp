//===- Quantize.cpp - stage 2: ternary weights, int8 activations ----------===//
//
// Float layers become ternary on request only (w_c6); then every layer is taken
// apart into quantizer, product and rescaling.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void bitnet::populateQuantizePipeline(OpPassManager &pm,
                                      const QuantizeOptions &options) {
  if (options.method) {
    BitNetQuantizeLinearsOptions quantize;
    quantize.method = *options.method;
    llvm::append_range(quantize.include, options.layers.include);
    llvm::append_range(quantize.exclude, options.layers.exclude);
    pm.addPass(createBitNetQuantizeLinears(quantize));
  }
  pm.addPass(createBitNetFoldEmpty());
  pm.addPass(createBitNetDecomposeLinear());
  // Rows of a layer collapse axes, of which one may be known to be empty.
  pm.addPass(createBitNetFoldEmpty());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addCommonStageCheck(
      pm, Stage::Quantized,
      {ConstantOp::getOperationName(), MatMulOp::getOperationName(),
       ProbeOp::getOperationName(), QuantizeActivationsOp::getOperationName(),
       PackOp::getOperationName(), UnpackOp::getOperationName(),
       QuantizeWeightsOp::getOperationName(), RescaleOp::getOperationName(),
       "linalg", "tensor"});
}
