//===- Quantize.cpp - stage 2: ternary weights, int8 activations ----------===//

#include "StageCheck.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void bitnet::populateQuantizePipeline(OpPassManager &pm,
                                      const QuantizeOptions &options) {
  if (options.method) {
    BitNetQuantizeLinearsOptions quantize;
    quantize.method = *options.method;
    for (const std::string &pattern : options.include)
      quantize.include.push_back(pattern);
    for (const std::string &pattern : options.exclude)
      quantize.exclude.push_back(pattern);
    pm.addPass(createBitNetQuantizeLinears(quantize));
  }
  pm.addPass(createBitNetDecomposeLinear());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addStageCheck(
      pm, "quantized",
      {"bitnet", "linalg", "tensor", "arith", "math", "scf", "cf", "func"});
}
