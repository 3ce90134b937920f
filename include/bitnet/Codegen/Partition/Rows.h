//===- Rows.h - the rows that a nest goes over ------------------*- C++ -*-===//
//
// A nest goes over rows when its outer loops are parallel and each of its
// operands is either divided by them, in order, or the same for all rows.
// --bitnet-form-rows asks this of nests on tensors, --bitnet-lower-rows of the
// same nests on buffers.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_PARTITION_ROWS_H
#define BITNET_CODEGEN_PARTITION_ROWS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::bitnet {

/// Whether each row has a part of its own of `operand`, whose leading
/// dimensions are then the rows; if not, the operand is the same for all rows.
/// Its owner must have at least one row loop.
bool isDividedByRows(OpOperand &operand);

/// The largest number of outer loops of `nest` that are rows of every operand;
/// 0: the nest does not go over rows.
unsigned getNumRowLoops(linalg::LinalgOp nest);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_PARTITION_ROWS_H
