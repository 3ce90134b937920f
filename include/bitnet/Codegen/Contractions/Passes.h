//===- Passes.h - products of floats ----------------------------*- C++ -*-===//
//
// Passes that make products of floats (attention, float layers, the head) fast:
// --bitnet-fold-operand-copies and --bitnet-form-products on tensors, in stage
// 4a, and --bitnet-lower-contractions on buffers, in stage 4. lib/Pipelines
// adds them.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_CONTRACTIONS_PASSES_H
#define BITNET_CODEGEN_CONTRACTIONS_PASSES_H

#include "bitnet/Codegen/Contractions/RegisterTile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Contractions/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CONTRACTIONS_PASSES_H
