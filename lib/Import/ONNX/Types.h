//===- Types.h - ONNX types as MLIR types -----------------------*- C++ -*-===//
//
// Types that a file declares; the IR's own types come from the lowerings.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_IMPORT_ONNX_TYPES_H
#define BITNET_LIB_IMPORT_ONNX_TYPES_H

#include "mlir/IR/Types.h"
#include "llvm/Support/Error.h"

#include <optional>

namespace onnx {
class TensorShapeProto_Dimension;
class TypeProto;
} // namespace onnx

namespace mlir::bitnet::onnximport {

/// The extent of a dimension, if it is static. -1 is how some exporters write
/// an unknown one; a name made of digits ("32") is how transformers' exporter
/// writes a known one.
std::optional<int64_t> getExtent(const ::onnx::TensorShapeProto_Dimension &dim);

/// The type of a declared value: a tensor, or `!onnx.unknown` for everything
/// else (sequences, optionals, maps) and for undeclared element types.
llvm::Expected<Type> getValueType(MLIRContext *context,
                                  const ::onnx::TypeProto &proto);

} // namespace mlir::bitnet::onnximport

#endif // BITNET_LIB_IMPORT_ONNX_TYPES_H
