//===- Passes.h - checks between stages -------------------------*- C++ -*-===//
//
// --bitnet-fold-dims, which belongs to no stage: it fixes dims of the inputs of
// an imported graph (--dim), in front of stage 1.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_PIPELINES_PASSES_H
#define BITNET_PIPELINES_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
/// Option structs and create functions of the passes, and their registration.
#define GEN_PASS_DECL
#include "bitnet/Pipelines/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "bitnet/Pipelines/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_PIPELINES_PASSES_H
