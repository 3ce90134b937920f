//===- Types.h - ONNX types as MLIR types -----------------------*- C++ -*-===//

#ifndef BITNET_LIB_IMPORT_ONNX_TYPES_H
#define BITNET_LIB_IMPORT_ONNX_TYPES_H

#include "mlir/IR/Types.h"
#include "llvm/Support/Error.h"

namespace onnx {
class TypeProto;
} // namespace onnx

namespace mlir::bitnet::onnximport {

/// The element type for a TensorProto.DataType, null for unknown enums.
Type getElementType(MLIRContext *context, int32_t dtype);

/// The type of a declared value: a tensor, or `!onnx.unknown` for everything
/// else (sequences, optionals, maps) and for undeclared element types.
llvm::Expected<Type> getValueType(MLIRContext *context,
                                  const ::onnx::TypeProto &proto);

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_TYPES_H
