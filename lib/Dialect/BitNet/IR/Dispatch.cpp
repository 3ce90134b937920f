//===- Dispatch.cpp - bitnet.dispatch and bitnet.yield --------------------===//
//
// bitnet.dispatch: an isolated MLIR region on tensors or buffers whose results
// are its inits. docs/Rationale.md says why it is an operation of its own.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

using namespace mlir;
using namespace mlir::bitnet;

using Effects =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

MutableOperandRange DispatchOp::getDpsInitsMutable() {
  return getInitsMutable();
}

/// A dispatch on tensors has no effects. On buffers, effects on buffers that
/// the body allocates itself are not visible outside.
void DispatchOp::getEffects(Effects &effects) {
  auto add = [&](MutableOperandRange operands, MemoryEffects::Effect *effect) {
    for (OpOperand &operand : operands)
      if (isa<BaseMemRefType>(operand.get().getType()))
        effects.emplace_back(effect, &operand);
  };
  add(getInputsMutable(), MemoryEffects::Read::get());
  add(getInitsMutable(), MemoryEffects::Read::get());
  add(getInitsMutable(), MemoryEffects::Write::get());
}

/// The terminator of the body's only basic block.
YieldOp DispatchOp::getYield() {
  return cast<YieldOp>(getBody().front().getTerminator());
}

/// The body sees its operands as arguments and nothing else.
static LogicalResult verifyArguments(DispatchOp op) {
  TypeRange expected = op->getOperandTypes();
  Block &body = op.getBody().front();
  if (body.getNumArguments() != expected.size())
    return op.emitOpError("expects one argument of the body for each of its ")
           << expected.size() << " operands, got " << body.getNumArguments();
  for (auto [index, types] :
       llvm::enumerate(llvm::zip_equal(body.getArgumentTypes(), expected)))
    if (std::get<0>(types) != std::get<1>(types))
      return op.emitOpError("argument ")
             << index << " of the body is " << std::get<0>(types)
             << " but its operand " << std::get<1>(types);
  return success();
}

/// Results come in the order of `outs`. One that is the argument of another
/// would make two buffers change places.
static LogicalResult verifyYield(DispatchOp op) {
  auto yield = dyn_cast<YieldOp>(op.getBody().front().getTerminator());
  if (!yield)
    return op.emitOpError("expects its body to end in bitnet.yield");
  if (yield.getValues().getTypes() != op.getResultTypes())
    return op.emitOpError("yields ")
           << yield.getValues().getTypes() << " but has results of types "
           << op.getResultTypes();
  auto arguments = op.getBody().getArguments().take_back(op.getInits().size());
  for (auto [index, value] : llvm::enumerate(yield.getValues()))
    if (auto argument = dyn_cast<BlockArgument>(value);
        argument && argument != arguments[index])
      return op.emitOpError("yields the argument of another operand as result ")
             << index;
  return success();
}

/// Before bufferization all operands are tensors, afterwards all are buffers.
LogicalResult DispatchOp::verify() {
  auto isMemory = llvm::IsaPred<RankedTensorType, BaseMemRefType>;
  auto isBuffer = llvm::IsaPred<BaseMemRefType>;
  SmallVector<Type> shaped;
  llvm::copy_if(getOperandTypes(), std::back_inserter(shaped), isMemory);
  if (llvm::any_of(shaped, isBuffer) && !llvm::all_of(shaped, isBuffer))
    return emitOpError("expects tensors or memrefs, not both");
  if (failed(verifyArguments(*this)))
    return failure();
  return verifyYield(*this);
}
