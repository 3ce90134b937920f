//===- BufferizeDispatch.cpp - dispatches under one-shot bufferize --------===//
//
// Seen from outside, a dispatch reads its inputs and writes its inits in place.
// Inside, the arguments are values of their own, of which those of inits may be
// written and those of inputs may not. The analysis of one side never looks at
// the other.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bufferization;

/// The operand that `value`, a result or an argument of the body, stands for.
static OpOperand &getTied(DispatchOp dispatch, Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return dispatch.getOperandOf(argument);
  return *dispatch.getTiedOpOperand(cast<OpResult>(value));
}

/// `operand` as it is after bufferization: its buffer, or a scalar.
static FailureOr<Value> getNewOperand(RewriterBase &rewriter, Value operand,
                                      const BufferizationOptions &options,
                                      BufferizationState &state) {
  if (!isa<TensorType>(operand.getType()))
    return operand;
  return getBuffer(rewriter, operand, options, state);
}

/// Moves the body of `from` to `to`, whose operands are buffers.
static void moveBody(RewriterBase &rewriter, DispatchOp from, DispatchOp to) {
  SmallVector<Location> locations;
  for (BlockArgument argument : from.getBody().getArguments())
    locations.push_back(argument.getLoc());
  Block *body =
      rewriter.createBlock(&to.getBody(), {}, to->getOperandTypes(), locations);
  SmallVector<Value> arguments;
  for (auto [old, fresh] :
       llvm::zip_equal(from.getBody().getArguments(), body->getArguments()))
    arguments.push_back(
        old.getType() == fresh.getType()
            ? Value(fresh)
            : ToTensorOp::create(rewriter, old.getLoc(), old.getType(), fresh)
                  .getResult());
  rewriter.mergeBlocks(&from.getBody().front(), body, arguments);
}

namespace {

/// A result is the buffer of its init (they are equivalent).
struct DispatchModel
    : public BufferizableOpInterface::ExternalModel<DispatchModel, DispatchOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    auto dispatch = cast<DispatchOp>(op);
    return !dispatch.isDpsInit(&operand) ||
           state.isValueRead(dispatch.getArgument(operand));
  }

  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &) const {
    return cast<DispatchOp>(op).isDpsInit(&operand);
  }

  /// Where one nest reads an input and writes an init along the same indices,
  /// both may be the same memory, also if the nest is computed in parts.
  bool bufferizesToElementwiseAccess(Operation *op, const AnalysisState &,
                                     ArrayRef<OpOperand *> operands) const {
    auto dispatch = cast<DispatchOp>(op);
    llvm::SmallPtrSet<Operation *, 1> nests;
    for (OpOperand *operand : operands) {
      BlockArgument argument = dispatch.getArgument(*operand);
      // What has no use any more says nothing of indices.
      if (argument.use_empty())
        return false;
      for (OpOperand &use : argument.getUses()) {
        auto nest = dyn_cast<linalg::LinalgOp>(use.getOwner());
        if (!nest || nest.getNumParallelLoops() != nest.getNumLoops() ||
            !nest.getMatchingIndexingMap(&use).isIdentity())
          return false;
        nests.insert(nest);
      }
    }
    return nests.size() == 1;
  }

  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &) const {
    auto dispatch = cast<DispatchOp>(op);
    if (!dispatch.isDpsInit(&operand))
      return {};
    return {{dispatch.getTiedOpResult(&operand), BufferRelation::Equivalent}};
  }

  bool isWritable(Operation *op, Value value, const AnalysisState &) const {
    auto dispatch = cast<DispatchOp>(op);
    return dispatch.isDpsInit(&getTied(dispatch, value));
  }

  FailureOr<BufferLikeType>
  getBufferType(Operation *op, Value value, const BufferizationOptions &options,
                const BufferizationState &state,
                SmallVector<Value> &invocationStack) const {
    return bufferization::getBufferType(
        getTied(cast<DispatchOp>(op), value).get(), options, state,
        invocationStack);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto dispatch = cast<DispatchOp>(op);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> fresh = getNewOperand(rewriter, operand, options, state);
      if (failed(fresh))
        return failure();
      operands.push_back(*fresh);
    }
    size_t numInputs = dispatch.getInputs().size();
    ArrayRef<Value> all(operands);
    auto fresh = DispatchOp::create(
        rewriter, op->getLoc(), TypeRange(), dispatch.getKind(),
        all.take_front(numInputs), all.drop_front(numInputs));
    {
      OpBuilder::InsertionGuard guard(rewriter);
      moveBody(rewriter, dispatch, fresh);
    }
    replaceOpWithBufferizedValues(rewriter, op, fresh.getInits());
    return success();
  }
};

/// Leaves the results in the inits. They mostly are there already; the copy of
/// a buffer to itself folds.
struct YieldModel
    : public BufferizableOpInterface::ExternalModel<YieldModel, YieldOp> {
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
    auto yield = cast<YieldOp>(op);
    auto arguments =
        op->getBlock()->getArguments().take_back(yield.getValues().size());
    for (auto [value, argument] :
         llvm::zip_equal(yield.getValues(), arguments)) {
      FailureOr<Value> from = getBuffer(rewriter, value, options, state);
      FailureOr<Value> to = getBuffer(rewriter, argument, options, state);
      if (failed(from) || failed(to) ||
          failed(options.createMemCpy(rewriter, op->getLoc(), *from, *to)))
        return failure();
    }
    rewriter.replaceOpWithNewOp<YieldOp>(op, ValueRange());
    return success();
  }
};

} // namespace

void mlir::bitnet::registerDispatchBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, BitNetDialect *) {
    DispatchOp::attachInterface<DispatchModel>(*context);
    YieldOp::attachInterface<YieldModel>(*context);
  });
}
