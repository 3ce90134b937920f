//===- Dispatches.cpp - operations into a dispatch and out ----------------===//
//
// Operations are cloned into the body and erased outside, because the inits of
// products and empty tensors may have other users.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Partition/Dispatches.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Whether `operand` is a destination that becomes the argument of an init.
static bool isDestination(const DispatchParts &parts, OpOperand &operand) {
  auto op = dyn_cast<DestinationStyleOpInterface>(operand.getOwner());
  return op && op == parts.body.back() && op.isDpsInit(&operand);
}

/// Values that the body uses but does not define, in the order of their uses,
/// without those that inits stand for.
static llvm::SetVector<Value> getInputs(const DispatchParts &parts) {
  llvm::SetVector<Value> used;
  llvm::SmallPtrSet<Operation *, 8> body(llvm::from_range, parts.body);
  bool isInPlace = parts.reads == InitReads::InPlace;
  auto visit = [&](OpOperand *operand) {
    Value value = operand->get();
    if (body.contains(value.getDefiningOp()))
      return;
    bool isInit = isInPlace ? llvm::is_contained(parts.inits, value)
                            : isDestination(parts, *operand);
    if (!isInit)
      used.insert(value);
  };
  for (Operation *op : parts.body) {
    for (OpOperand &operand : op->getOpOperands())
      visit(&operand);
    visitUsedValuesDefinedAbove(op->getRegions(), visit);
  }
  return used;
}

/// Constants are copied into the body, which is cheaper than handing them in.
static bool isScalarConstant(Value value) {
  return value.getType().isIntOrIndexOrFloat() &&
         matchPattern(value, m_Constant());
}

/// Clones the operations to where `rewriter` stands, with `mapping` of what
/// they use, and yields their results.
static void fillBody(IRRewriter &rewriter, const DispatchParts &parts,
                     ValueRange inits, IRMapping &mapping) {
  for (Operation *op : parts.body)
    rewriter.clone(*op, mapping);
  if (parts.reads == InitReads::Apart) {
    Operation *last = &rewriter.getInsertionBlock()->back();
    cast<DestinationStyleOpInterface>(last).getDpsInitsMutable().assign(inits);
  }
  SmallVector<Value> results;
  for (Value result : parts.results)
    results.push_back(mapping.lookup(result));
  YieldOp::create(rewriter, parts.body.back()->getLoc(), results);
}

/// The dispatch of `inputs`, with the arguments of its body and no more.
static DispatchOp createEmpty(IRRewriter &rewriter, const DispatchParts &parts,
                              ValueRange inputs) {
  Operation *last = parts.body.back();
  rewriter.setInsertionPoint(last);
  auto dispatch = DispatchOp::create(
      rewriter, rewriter.getFusedLoc(parts.names),
      TypeRange(ValueRange(parts.results)), parts.kind, inputs, parts.inits);
  SmallVector<Location> locations(dispatch->getNumOperands(), last->getLoc());
  rewriter.createBlock(&dispatch.getBody(), {}, dispatch->getOperandTypes(),
                       locations);
  return dispatch;
}

DispatchOp bitnet::formDispatch(IRRewriter &rewriter,
                                const DispatchParts &parts) {
  SmallVector<Value> constants, inputs;
  for (Value value : getInputs(parts))
    (isScalarConstant(value) ? constants : inputs).push_back(value);
  DispatchOp dispatch = createEmpty(rewriter, parts, inputs);
  ArrayRef<BlockArgument> arguments = dispatch.getBody().getArguments();
  IRMapping mapping;
  for (Value constant : constants)
    rewriter.clone(*constant.getDefiningOp(), mapping);
  if (parts.reads == InitReads::InPlace)
    mapping.map(parts.inits, arguments.drop_front(inputs.size()));
  mapping.map(inputs, arguments.take_front(inputs.size()));
  fillBody(rewriter, parts, ValueRange(arguments.drop_front(inputs.size())),
           mapping);
  for (auto [old, fresh] :
       llvm::zip_equal(parts.results, dispatch.getResults()))
    rewriter.replaceAllUsesWith(old, fresh);
  for (Operation *op : llvm::reverse(parts.body))
    if (op->use_empty())
      rewriter.eraseOp(op);
  return dispatch;
}

void bitnet::inlineDispatch(DispatchOp dispatch) {
  IRRewriter rewriter(dispatch);
  rewriter.eraseOp(dispatch.getYield());
  rewriter.inlineBlockBefore(&dispatch.getBody().front(), dispatch,
                             dispatch->getOperands());
  rewriter.eraseOp(dispatch);
}
