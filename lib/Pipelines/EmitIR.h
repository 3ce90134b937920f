//===- EmitIR.h - writes IR and the bytes it names --------------*- C++ -*-===//
//
// The output of --emit=onnx to --emit=loops.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_PIPELINES_EMITIR_H
#define BITNET_LIB_PIPELINES_EMITIR_H

#include "bitnet/Support/OutputSet.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {
/// Adds `module` as text to `outputs` under the name `path`. Blobs that live in
/// memory go to `<path>.blobs` and are named there, so that the text can be
/// parsed again.
LogicalResult emitIR(ModuleOp module, OutputSet &outputs, llvm::StringRef path);
} // namespace mlir::bitnet

#endif // BITNET_LIB_PIPELINES_EMITIR_H
