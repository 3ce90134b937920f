//===- DeadNodes.h - ONNX nodes and constants without users -----*- C++ -*-===//

#ifndef BITNET_CONSTANTEVAL_DEADNODES_H
#define BITNET_CONSTANTEVAL_DEADNODES_H

#include "mlir/IR/Operation.h"

namespace mlir::bitnet {

/// ONNX nodes have no side effects: those of `root` without users go, and so do
/// constants. `forget` is told each of their results before.
void eraseDeadNodes(Operation *root,
                    function_ref<void(Value)> forget = nullptr);

} // namespace mlir::bitnet

#endif // BITNET_CONSTANTEVAL_DEADNODES_H
