//===- StraightThrough.h - residues of training in graphs -------*- C++ -*-===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_STRAIGHTTHROUGH_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_STRAIGHTTHROUGH_H

#include "mlir/IR/Operation.h"

namespace mlir::bitnet {

/// Replaces `x + (q - x)`, q quantized, by q everywhere below `root`: in exact
/// arithmetic they are equal, and in floats the residue only adds noise that
/// hides ternary weights. Emits a remark that says how many there were; false
/// when there was none.
bool foldStraightThrough(Operation *root);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_STRAIGHTTHROUGH_H
