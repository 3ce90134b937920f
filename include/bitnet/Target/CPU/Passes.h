//===- Passes.h - from loops to the model ABI -------------------*- C++ -*-===//
//
// Stage 5a. populateCPUPipeline (CPU.h) adds them in the order that they need.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TARGET_CPU_PASSES_H
#define BITNET_TARGET_CPU_PASSES_H

#include "bitnet/Codegen/Strategy/ISATable.h"
#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
#define GEN_PASS_DECL
#include "bitnet/Target/CPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_TARGET_CPU_PASSES_H
