//===- Passes.h - loop nests over buffers -----------------------*- C++ -*-===//
//
// --bitnet-vectorize-nests makes vector loops of what is still linalg on
// buffers, --bitnet-outline-parallel makes tasks of parallel loops. Both run in
// stage 4.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_LOOPS_PASSES_H
#define BITNET_CODEGEN_LOOPS_PASSES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Loops/Passes.h.inc"

/// Unit attribute of a call of a function over a range that stays a call: too
/// little work for several threads.
inline constexpr llvm::StringLiteral kSerialCallAttr =
    BitNetDialect::SerialAttrHelper::getNameStr();
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_LOOPS_PASSES_H
