//===- Passes.h - tensors to units of work ---------------------*- C++ -*-===//

#ifndef BITNET_CODEGEN_PARTITION_PASSES_H
#define BITNET_CODEGEN_PARTITION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_PARTITION_PASSES_H
