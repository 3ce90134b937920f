//===- DeadNodes.cpp - ONNX nodes and constants without users -------------===//

#include "bitnet/ConstantEval/DeadNodes.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

using namespace mlir;
using namespace mlir::bitnet;

void mlir::bitnet::eraseDeadNodes(Operation *root,
                                  function_ref<void(Value)> forget) {
  SmallVector<Operation *> order;
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<onnx::NodeOp, onnx::ConstantOp, bitnet::ConstantOp>(op))
      order.push_back(op);
  });
  for (Operation *op : llvm::reverse(order)) {
    if (!op->use_empty())
      continue;
    if (forget)
      op->walk([&](Operation *inner) {
        for (Value result : inner->getResults())
          forget(result);
      });
    op->erase();
  }
}
