//===- Passes.h - passes that make code as decided -------------*- C++ -*-===//
//
// --bitnet-lower-matmul turns each bitnet.matmul on buffers into a call of the
// kernel, or the dispatch function, that #bitnet.lowering names.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_TRANSFORMS_PASSES_H
#define BITNET_CODEGEN_TRANSFORMS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_TRANSFORMS_PASSES_H
