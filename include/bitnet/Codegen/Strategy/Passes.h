//===- Passes.h - passes that decide how code is made ----------*- C++ -*-===//

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
