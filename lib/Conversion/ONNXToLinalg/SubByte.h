//===- SubByte.h - constants of 2- and 4-bit integers -----------*- C++ -*-===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_SUBBYTE_H
#define BITNET_CONVERSION_ONNXTOLINALG_SUBBYTE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::bitnet {

/// Whether elements of `type` share bytes in ONNX files (bool does not).
bool isSubByte(Type type);

/// A tensor of `type` (signless, sub-byte) from a flat tensor of the bytes an
/// ONNX file holds: row-major, low bits first.
Value unpackSubByte(OpBuilder &b, Location loc, Value bytes,
                    RankedTensorType type);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_SUBBYTE_H
