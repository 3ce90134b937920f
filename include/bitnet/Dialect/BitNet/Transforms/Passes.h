//===- Passes.h - passes on the bitnet dialect ------------------*- C++ -*-===//
//
// Stages 2 and 3: --bitnet-quantize-linears, --bitnet-fold-empty,
// --bitnet-decompose-linear and --bitnet-pack-weights; --bitnet-verify-stage
// ends every stage.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/PackingPolicy.h"

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H
