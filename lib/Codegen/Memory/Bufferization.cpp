//===- Bufferization.cpp - bitnet operations under one-shot bufferize -----===//
//
// What one-shot bufferization must know of bitnet.matmul, bitnet.constant and
// bitnet.probe: which operands are read, which are written, and what the
// operation becomes on buffers.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bufferization;

namespace {

/// Overwrites its init: the init's old contents are never read. The other
/// operands are only read.
struct MatMulModel
    : public DstBufferizableOpInterfaceExternalModel<MatMulModel, MatMulOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    auto matmul = cast<MatMulOp>(op);
    OperationState newState(op->getLoc(), MatMulOp::getOperationName(), buffers,
                            TypeRange(), op->getAttrs());
    newState.propertiesAttr = matmul->getPropertiesAsAttribute();
    rewriter.create(newState);
    replaceOpWithBufferizedValues(rewriter, op, buffers.back());
    return success();
  }
};

/// A constant, or one that a table gives: stays what it is, of memref type;
/// nobody may write to it.
template <typename Op>
struct ConstantModel
    : public BufferizableOpInterface::ExternalModel<ConstantModel<Op>, Op> {
  bool isWritable(Operation *, Value, const AnalysisState &) const {
    return false;
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &,
                          BufferizationState &) const {
    auto tensor = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!tensor)
      return success();
    Operation *buffer = rewriter.clone(*op);
    buffer->getResult(0).setType(
        MemRefType::get(tensor.getShape(), tensor.getElementType()));
    replaceOpWithBufferizedValues(rewriter, op, buffer->getResults());
    return success();
  }
};

/// Reads its value and changes nothing; it may see the buffer itself.
struct ProbeModel
    : public BufferizableOpInterface::ExternalModel<ProbeModel, ProbeOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *, OpOperand &,
                                      const AnalysisState &) const {
    return {};
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto probe = cast<ProbeOp>(op);
    FailureOr<Value> buffer =
        getBuffer(rewriter, probe.getValue(), options, state);
    if (failed(buffer))
      return failure();
    replaceOpWithNewBufferizedOp<ProbeOp>(rewriter, op, probe.getNameAttr(),
                                          *buffer, probe.getTableAttr(),
                                          probe.getIndex());
    return success();
  }
};

} // namespace

void mlir::bitnet::registerBitNetBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, BitNetDialect *) {
    MatMulOp::attachInterface<MatMulModel>(*context);
    ConstantOp::attachInterface<ConstantModel<ConstantOp>>(*context);
    ConstantTableOp::attachInterface<ConstantModel<ConstantTableOp>>(*context);
    ProbeOp::attachInterface<ProbeModel>(*context);
  });
}
