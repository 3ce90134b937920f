//===- Passes.h - recognition passes ----------------------------*- C++ -*-===//

#ifndef BITNET_CONVERSION_ONNXTOBITNET_PASSES_H
#define BITNET_CONVERSION_ONNXTOBITNET_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Conversion/ONNXToBitNet/Passes.h.inc"

/// Module attribute: one dictionary per layer with constant weights, {name,
/// weight, kind, reason, n, k, granularity, act, bytes_before}.
inline constexpr llvm::StringLiteral kLayersAttr = "bitnet.layers";
} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOBITNET_PASSES_H
