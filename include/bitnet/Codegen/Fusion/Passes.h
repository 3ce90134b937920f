//===- Passes.h - passes that join loop nests ------------------*- C++ -*-===//
//
// Three passes work on tensors (stage 4a): --bitnet-fuse-elementwise,
// --bitnet-separate-inits and --bitnet-lower-selects. On buffers (stage 4),
// --bitnet-outline-layers and --bitnet-lower-rows turn dispatches into loops,
// --bitnet-inline-dispatches into what is in them. lib/Pipelines adds them;
// Passes.td describes each.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_FUSION_PASSES_H
#define BITNET_CODEGEN_FUSION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
/// Option structs and create functions of the passes, and their registration.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_FUSION_PASSES_H
