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
  /// With `strictShapes`, outputs that are not what the file declares are
  /// errors.
  GraphConverter(func::FuncOp func, const OpRegistry &registry,
                 bool strictShapes);
  LogicalResult run();

private:
  void reportUnsupported();
  LogicalResult convertArguments(Block &from, Block &to);
  void nameExtents();
  LogicalResult convertBlock(Block &block);
  FailureOr<SmallVector<ConvertedValue>> convertRegion(Region &region);
  LogicalResult convertOp(Operation &op);
  LogicalResult convertNode(onnx::NodeOp node);
  LogicalResult convertConstant(onnx::ConstantOp op);
  LogicalResult convertLinear(LinearOp op);
  /// Checks the axis of x that the weights of the new layer `op` fix, before
  /// anything else runs where its extent follows from the inputs' shapes.
  /// `bitnet-decompose-linear` checks the other extents.
  void pinChannels(LinearOp op);
  LogicalResult convertReturn(func::ReturnOp op);
  LogicalResult checkOutput(unsigned index, Value old);
  /// Whether all that `op` and its bodies read from outside has been converted.
  bool hasValues(Operation &op);
  Value mapped(Value old) { return state.converted.lookup(old).value; }

  func::FuncOp func;
  const OpRegistry &registry;
  bool strictShapes;
  unsigned numErrors = 0;
  OpBuilder b;
  GraphState state;
  DenseSet<Operation *> live; // ops some output depends on
};

/// Erases operations without uses or effects.
void eraseDeadOps(Block &block);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_GRAPHCONVERTER_H
