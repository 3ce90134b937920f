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
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#define GET_ATTRDEF_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXAttrs.h.inc"
// It names the attributes.
#include "bitnet/Dialect/ONNX/IR/ONNXDialect.h.inc"
#define GET_TYPEDEF_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXTypes.h.inc"
#define GET_OP_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXOps.h.inc"

namespace mlir::bitnet::onnx {
/// Where a ValueAttr stands on arguments and results of a function.
inline constexpr llvm::StringLiteral kValueAttr =
    ONNXDialect::ValueAttrHelper::getNameStr();
/// Type of a result as the file declares it: a hint, not what is computed.
inline constexpr llvm::StringLiteral kDeclaredAttr =
    ONNXDialect::DeclaredAttrHelper::getNameStr();
/// Name of the params entry that lists the names of `bodies`.
inline constexpr llvm::StringLiteral kBodiesParam = "onnx.bodies";
/// Domain of operators that no file holds: what a rewrite leaves behind where
/// ONNX has no operator that checks as much.
inline constexpr llvm::StringLiteral kInternalDomain = "bitnet.internal";
/// `AddInto(x, v)`: x + v where v does not change the shape of x. With `axis`,
/// v has one element per element of that axis; otherwise v broadcasts to x.
inline constexpr llvm::StringLiteral kAddInto = "AddInto";
/// Name of the params entry with the operator of the file that an internal one
/// stands for: errors name that.
inline constexpr llvm::StringLiteral kOperatorParam = "operator";

/// What a ValueAttr says of an argument or result; without one, nothing.
struct ValueInfo {
  StringAttr name; ///< may be null, like the others
  Type element;    ///< with its ONNX sign
  ArrayAttr dims;  ///< names, as many as the file declares dims

  static ValueInfo ofArgument(FunctionOpInterface function, unsigned index);
  static ValueInfo ofResult(FunctionOpInterface function, unsigned index);
  /// Reads the one among `attributes`, which may be null.
  static ValueInfo find(DictionaryAttr attributes);

  /// The name, "" if it has none.
  StringRef getName() const { return name ? name.getValue() : StringRef(); }
  /// The name of dim `axis`, "" if it has none.
  StringRef getDimName(size_t axis) const;
};

/// The element type that TensorProto.DataType `dtype` names; null when it names
/// none.
Type getElementType(MLIRContext *context, int64_t dtype);

/// The TensorProto.DataType of `element` (with its ONNX sign), 0 for none.
int64_t getDataType(Type element);
} // namespace mlir::bitnet::onnx

#endif // BITNET_DIALECT_ONNX_IR_ONNX_H
