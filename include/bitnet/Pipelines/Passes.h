//===- Passes.h - checks between stages -------------------------*- C++ -*-===//

#ifndef BITNET_PIPELINES_PASSES_H
#define BITNET_PIPELINES_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
#define GEN_PASS_DECL
#include "bitnet/Pipelines/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "bitnet/Pipelines/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_PIPELINES_PASSES_H
