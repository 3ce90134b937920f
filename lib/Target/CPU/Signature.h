//===- Signature.h - names and types of inputs and outputs ------*- C++ -*-===//
//
// Argument attributes of @main do not survive the conversion to LLVM (a memref
// becomes several arguments), so they are kept in a module attribute.
//
// --bitnet-generate-entry keeps the signature; emitCPU reads it for the
// description of the model.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_SIGNATURE_H
#define BITNET_LIB_TARGET_CPU_SIGNATURE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// Unit attribute of an argument of @main: an input that the model updates in
/// place. An output that returns it is the same memory.
inline constexpr llvm::StringLiteral kInPlaceAttr =
    BitNetDialect::InPlaceAttrHelper::getNameStr();
/// String attribute of an argument of @main, its name: a state, which the
/// session keeps and no caller passes. Its shape is static.
inline constexpr llvm::StringLiteral kStateAttr =
    BitNetDialect::StateAttrHelper::getNameStr();

/// Where an argument of @main or @bitnet_shapes comes from, by its attributes.
enum class ArgumentKind { Weights, Input, State };
ArgumentKind getArgumentKind(func::FuncOp function, unsigned argument);

/// The offset of a state of `type` behind `end` bytes of other states; `end`
/// moves on.
uint64_t placeState(MemRefType type, uint64_t &end);

/// One input, output or state, as in bitnet_value_desc. A dynamic dim is -1, a
/// dim without a name "".
struct ValueSignature {
  std::string name;
  int32_t dtype = 0;
  std::vector<int64_t> dims;
  std::vector<std::string> dimNames;
  /// Of what is in place: bitnet_value_desc.alias.
  std::optional<int32_t> alias;
  /// Of a state, in the state of a session.
  uint64_t offset = 0;
};

struct ModelSignature {
  std::vector<ValueSignature> inputs, outputs, states;
  /// Of all states together.
  uint64_t stateBytes = 0;
};

/// The attribute for `main`, whose context and status come first.
FailureOr<DictionaryAttr> buildSignature(func::FuncOp main);

/// Reads the attribute back; failure (with a diagnostic) when it is missing.
FailureOr<ModelSignature> readSignature(ModuleOp module);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_SIGNATURE_H
