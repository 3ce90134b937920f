//===- ONNX.h - the ONNX carrier dialect ------------------------*- C++ -*-===//

#ifndef BITNET_DIALECT_ONNX_IR_ONNX_H
#define BITNET_DIALECT_ONNX_IR_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "bitnet/Dialect/ONNX/IR/ONNXDialect.h.inc"
#define GET_TYPEDEF_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXTypes.h.inc"
#define GET_OP_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXOps.h.inc"

namespace mlir::bitnet::onnx {
/// Discardable attributes on `func.func` arguments and results.
inline constexpr llvm::StringLiteral kNameAttr = "onnx.name";
/// Array of dimension names ("" where the dimension is static or unnamed).
inline constexpr llvm::StringLiteral kDimsAttr = "onnx.dims";
/// Name of the params entry that lists the names of `bodies`.
inline constexpr llvm::StringLiteral kBodiesParam = "onnx.bodies";
} // namespace mlir::bitnet::onnx

#endif // BITNET_DIALECT_ONNX_IR_ONNX_H
