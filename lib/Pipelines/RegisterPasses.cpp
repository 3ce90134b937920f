//===- RegisterPasses.cpp - passes known to bitnet-opt --------------------===//

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Pipelines/Passes.h"
#include "bitnet/Pipelines/Register.h"

#include "mlir/InitAllPasses.h"

void mlir::bitnet::registerAllPasses() {
  mlir::registerAllPasses();
  registerBitNetMemoryPasses();
  registerONNXToLinalgPasses();
  registerBitNetPipelinesPasses();
}
