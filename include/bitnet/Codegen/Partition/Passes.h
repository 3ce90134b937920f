//===- Passes.h - tensors to dispatches -------------------------*- C++ -*-===//
//
// --bitnet-form-layers puts each packed bitnet.matmul and the nest that reads
// its accumulators into one bitnet.dispatch; --bitnet-join-layers makes one
// dispatch of the layers that read the same activations, --bitnet-form-rows of
// nests over the same rows. All run in stage 4a, on tensors.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_PARTITION_PASSES_H
#define BITNET_CODEGEN_PARTITION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
/// Option structs and create functions of the passes, and their registration.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_PARTITION_PASSES_H
