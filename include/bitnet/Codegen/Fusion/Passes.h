//===- Passes.h - passes that join loop nests ------------------*- C++ -*-===//

#ifndef BITNET_CODEGEN_FUSION_PASSES_H
#define BITNET_CODEGEN_FUSION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_FUSION_PASSES_H
