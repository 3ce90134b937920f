//===- Passes.h - from loops to the C++ subset ------------------*- C++ -*-===//
//
// Stage 5b, in order: --bitnet-prepare-top, --bitnet-fold-reinterpret-casts,
// --bitnet-annotate-hls and --bitnet-check-hls. populateHLSPipeline adds them.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TARGET_HLSCPP_PASSES_H
#define BITNET_TARGET_HLSCPP_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
#define GEN_PASS_DECL
#include "bitnet/Target/HLSCpp/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Target/HLSCpp/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_TARGET_HLSCPP_PASSES_H
