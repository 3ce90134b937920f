//===- Effects.h - what operations do to buffers ---------------*- C++ -*-===//

#ifndef LIB_BITNET_CODEGEN_FUSION_EFFECTS_H
#define LIB_BITNET_CODEGEN_FUSION_EFFECTS_H

#include "mlir/Analysis/AliasAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace mlir::bitnet {

/// The function of this module that `call` distributes over threads, or null.
func::FuncOp getParallelCallee(func::CallOp call);

/// The buffer that `value` is a view of, or `value`.
Value getViewedBuffer(Value value);

/// Whether `op` may write to one of `values`.
bool mayWriteTo(Operation *op, llvm::ArrayRef<Value> values,
                AliasAnalysis &aliases);

/// Whether the order of the two matters: one may write what the other uses.
bool mayConflict(Operation *a, Operation *b, AliasAnalysis &aliases);

} // namespace mlir::bitnet

#endif // LIB_BITNET_CODEGEN_FUSION_EFFECTS_H
