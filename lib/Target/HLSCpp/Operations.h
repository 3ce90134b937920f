//===- Operations.h - what the C++ printer can print ------------*- C++ -*-===//

#ifndef BITNET_LIB_TARGET_HLSCPP_OPERATIONS_H
#define BITNET_LIB_TARGET_HLSCPP_OPERATIONS_H

#include "mlir/IR/Operation.h"

#include <optional>
#include <string>

namespace mlir::bitnet {

/// "int8_t", "float", "bool"; an index is an "int". Empty: no such type.
StringRef cppType(Type type);
/// The unsigned type of the same width.
StringRef cppUnsignedType(Type type);

/// The expression that `op` (arith or math, one result) stands for over the
/// expressions of its operands, or nothing when the printer has no form for it.
std::optional<std::string> printExpression(Operation *op,
                                           ArrayRef<std::string> operands);

/// The literal of an arith.constant.
std::optional<std::string> printLiteral(TypedAttr value);

/// Why the printer cannot print `op`; empty when it can.
std::string unsupportedReason(Operation *op);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_HLSCPP_OPERATIONS_H
