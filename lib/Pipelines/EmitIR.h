//===- EmitIR.h - writes IR and the bytes it names --------------*- C++ -*-===//

#ifndef BITNET_LIB_PIPELINES_EMITIR_H
#define BITNET_LIB_PIPELINES_EMITIR_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {
/// Writes `module` as text to `path` ("-": standard output). Blobs that live
/// in memory go to `<path>.blobs` first and are named there, so that the text
/// can be parsed again.
LogicalResult emitIR(ModuleOp module, llvm::StringRef path);
} // namespace mlir::bitnet

#endif // BITNET_LIB_PIPELINES_EMITIR_H
