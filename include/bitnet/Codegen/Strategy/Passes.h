//===- Passes.h - passes that decide how code is made ----------*- C++ -*-===//
//
// --bitnet-select-kernels writes #bitnet.lowering on each bitnet.matmul, in
// stage 4a. SelectKernels.h has the decision itself, which the driver asks as
// well.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_STRATEGY_PASSES_H
#define BITNET_CODEGEN_STRATEGY_PASSES_H

#include "bitnet/Codegen/Strategy/SelectKernels.h"

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Strategy/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_STRATEGY_PASSES_H
