//===- Passes.h - passes that join loop nests ------------------*- C++ -*-===//
//
// On tensors: --bitnet-fuse-elementwise, --bitnet-separate-inits and
// --bitnet-lower-selects (stage 4a). On buffers: --bitnet-outline-layers,
// --bitnet-reuse-operands and --bitnet-fuse-rows (stage 4). lib/Pipelines adds
// them; Passes.td describes each.
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
