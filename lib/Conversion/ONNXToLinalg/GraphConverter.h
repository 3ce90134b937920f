//===- GraphConverter.h - one walk over @main -------------------*- C++ -*-===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_GRAPHCONVERTER_H
#define BITNET_CONVERSION_ONNXTOLINALG_GRAPHCONVERTER_H

#include "NodeLowering.h"
#include "OpRegistry.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::bitnet {

/// Rewrites the body of one function from onnx to linalg.
class GraphConverter {
public:
  GraphConverter(func::FuncOp func, const OpRegistry &registry);
  LogicalResult run();

private:
  LogicalResult reportUnsupported();
  LogicalResult convertArguments(Block &from, Block &to);
  void nameExtents();
  LogicalResult convertBlock(Block &block);
  FailureOr<SmallVector<ConvertedValue>> convertRegion(Region &region);
  LogicalResult convertOp(Operation &op);
  LogicalResult convertNode(onnx::NodeOp node);
  LogicalResult convertConstant(onnx::ConstantOp op);
  LogicalResult convertLinear(LinearOp op);
  LogicalResult convertReturn(func::ReturnOp op);
  FailureOr<Value> convertOutput(unsigned index, Value v, Type declared);
  Value mapped(Value old) { return state.converted.lookup(old).value; }

  func::FuncOp func;
  const OpRegistry &registry;
  OpBuilder b;
  GraphState state;
  DenseSet<Operation *> live; // ops some output depends on
};

/// Erases ops without uses or effects.
void eraseDeadOps(Block &block);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_GRAPHCONVERTER_H
