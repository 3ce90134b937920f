//===- ConstantNodes.h - nodes that read constants alone --------*- C++ -*-===//

#ifndef BITNET_LIB_CONSTANTEVAL_CONSTANTNODES_H
#define BITNET_LIB_CONSTANTEVAL_CONSTANTNODES_H

#include "bitnet/ConstantEval/ConstantRunner.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ADT/SetVector.h"

namespace mlir::bitnet {

/// The constant nodes of one function: every input, and everything that their
/// bodies read, is an onnx.constant or comes from a constant node.
class ConstantNodes {
public:
  /// Nodes that have neither stream nor lowering are left out when there is a
  /// runner.
  ConstantNodes(Operation *function, const ConstantRunner *runner);

  bool contains(Operation *op) const { return nodes.contains(op); }
  /// In an order in which operands come first.
  ArrayRef<Operation *> getNodes() const { return nodes.getArrayRef(); }

private:
  bool isConstant(onnx::NodeOp node, const ConstantRunner *runner) const;

  llvm::SetVector<Operation *> nodes;
};

/// The initializers that `value` is computed of; some of them when there are
/// very many.
SmallVector<onnx::ConstantOp> findSources(Value value);

/// Bytes of an initializer.
uint64_t getBytes(onnx::ConstantOp constant);

/// Whether operands 0 and 1 of `node` are the factors of a product.
bool isProduct(onnx::NodeOp node);

/// Whether constant nodes take `value` to an operand of a product, where it may
/// be the weights of a layer.
bool leadsToProduct(Value value, const ConstantNodes &nodes);

/// Whether `node` takes an initializer to products and tables that read it
/// through the node, so that nothing runs for it in a call.
bool isReadInPlace(onnx::NodeOp node);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONSTANTEVAL_CONSTANTNODES_H
