//===- Passes.h - products of floats ----------------------------*- C++ -*-===//

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
