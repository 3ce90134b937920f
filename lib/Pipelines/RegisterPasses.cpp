//===- RegisterPasses.cpp - passes known to bitnet-opt --------------------===//

#include "bitnet/Pipelines/Register.h"

#include "mlir/Transforms/Passes.h"

void mlir::bitnet::registerAllPasses() { mlir::registerTransformsPasses(); }
