//===- Passes.h - from tensors to buffers -----------------------*- C++ -*-===//
//
// One-shot bufferization with what it must know of our operations, the passes
// that decide when a buffer lives and where (--bitnet-shorten-lifetimes,
// --bitnet-plan-buffers), and those that give constants a place in the weights.
// The attributes below are how they talk to lib/Target/CPU.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_MEMORY_PASSES_H
#define BITNET_CODEGEN_MEMORY_PASSES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Pass/Pass.h"

namespace mlir {
class DialectRegistry;
class ModuleOp;
namespace bitnet {
#define GEN_PASS_DECL
#include "bitnet/Codegen/Memory/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Memory/Passes.h.inc"

/// How one-shot bufferization treats bitnet.matmul, bitnet.constant and
/// bitnet.probe.
void registerBitNetBufferization(DialectRegistry &registry);
/// The same for bitnet.dispatch and its bitnet.yield.
void registerDispatchBufferization(DialectRegistry &registry);

/// Unit attribute of the argument of @main that is the model's weights.
inline constexpr llvm::StringLiteral kWeightsArgAttr =
    BitNetDialect::WeightsAttrHelper::getNameStr();
/// Module attributes: [[value, offset], ...] and the total size in bytes.
inline constexpr llvm::StringLiteral kWeightsAttr =
    BitNetDialect::WeightEntriesAttrHelper::getNameStr();
inline constexpr llvm::StringLiteral kWeightsSizeAttr =
    BitNetDialect::WeightsSizeAttrHelper::getNameStr();
/// The function that bitnet-fold-output-shapes makes.
inline constexpr llvm::StringLiteral kShapesFunction = "bitnet_shapes";
/// Attribute of a memref.alloc: its slot (bitnet-plan-buffers).
inline constexpr llvm::StringLiteral kSlotAttr =
    BitNetDialect::SlotAttrHelper::getNameStr();
/// Attribute of such a memref.alloc: the number of the output that the buffer
/// is.
inline constexpr llvm::StringLiteral kResultAttr =
    BitNetDialect::ResultAttrHelper::getNameStr();
} // namespace bitnet
} // namespace mlir

#endif // BITNET_CODEGEN_MEMORY_PASSES_H
