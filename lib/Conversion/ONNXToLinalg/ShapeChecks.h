//===- ShapeChecks.h - checks of extents before anything runs ---*- C++ -*-===//
//
// What an assert has checked is used from there on: types become static, and
// rewrites carry that to operations in front of the assert, which would read as
// if it held. So a check of the inputs' extents comes before all of them.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_SHAPECHECKS_H
#define BITNET_CONVERSION_ONNXTOLINALG_SHAPECHECKS_H

#include "mlir/IR/Block.h"
#include "mlir/IR/OpDefinition.h"

namespace mlir::bitnet {

/// Whether `value` is computed from constants and from extents of arguments of
/// the function alone.
bool isFromInputShapes(Value value);
bool isFromInputShapes(OpFoldResult value);

/// Moves the asserts of `block`, the function's body or a branch, that only
/// need those to its beginning.
void hoistShapeChecks(Block &block);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_SHAPECHECKS_H
