//===- ReuseOperands.cpp - elementwise results in place -------------------===//

#include "bitnet/Codegen/Partition/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETREUSEOPERANDS
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Whether `op` gives the elements of its first operand in another shape.
static bool isReshape(Operation *op) {
  return isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                         tensor::CastOp>(op);
}

static Value getRoot(Value value) {
  while (isReshape(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// `root` and what shows its elements in other shapes.
static SmallVector<Value> getShapes(Value root) {
  SmallVector<Value> shapes{root};
  for (size_t i = 0; i < shapes.size(); ++i)
    for (Operation *user : shapes[i].getUsers())
      if (isReshape(user))
        shapes.push_back(user->getResult(0));
  return shapes;
}

/// Whether the memory of `root` is new in `block`: what the model is given and
/// constants are not to be written, and what another block made is read there.
static bool isMadeIn(Block *block, Value root) {
  if (auto argument = dyn_cast<BlockArgument>(root))
    return argument.getOwner() == block &&
           isa<scf::ForOp>(block->getParentOp());
  Operation *op = root.getDefiningOp();
  return op->getBlock() == block &&
         isa<linalg::LinalgOp, MatMulOp, scf::ForOp>(op);
}

/// Whether nobody reads `root` behind `op`.
static bool isReadBefore(Value root, Operation *op) {
  return llvm::all_of(getShapes(root), [&](Value shape) {
    return llvm::all_of(shape.getUsers(), [&](Operation *user) {
      Operation *inBlock = op->getBlock()->findAncestorOpInBlock(*user);
      return inBlock == op || (inBlock && inBlock->isBeforeInBlock(op));
    });
  });
}

/// Whether `nest` reads of `root` only the element that it writes.
static bool readsInPlace(linalg::GenericOp nest, Value root, Value operand) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(nest.getRegion(), captured);
  bool loads = llvm::any_of(captured, [&](Value v) {
    return isa<RankedTensorType>(v.getType()) && getRoot(v) == root;
  });
  return !loads && llvm::all_of(nest.getDpsInputOperands(), [&](OpOperand *in) {
    if (getRoot(in->get()) != root)
      return true;
    return in->get() == operand && nest.getMatchingIndexingMap(in).isIdentity();
  });
}

/// An input whose memory may hold the result of `nest`, or null.
static Value findReusable(linalg::GenericOp nest) {
  OpOperand &init = nest.getDpsInitsMutable()[0];
  for (OpOperand *input : nest.getDpsInputOperands()) {
    Value value = input->get();
    if (value.getType() != init.get().getType() ||
        !nest.getMatchingIndexingMap(input).isIdentity())
      continue;
    Value root = getRoot(value);
    // Nests over rows of a buffer in two shapes are not fused. What a loop
    // carries stays in its place all the same: the loop needs no other buffer.
    if (value != root && !isa<BlockArgument>(root))
      continue;
    if (isMadeIn(nest->getBlock(), root) && readsInPlace(nest, root, value) &&
        isReadBefore(root, nest))
      return value;
  }
  return Value();
}

/// Whether `nest` fills a tensor of its own element by element, and no more.
static bool isElementwise(linalg::GenericOp nest) {
  if (!nest.hasPureTensorSemantics() || nest.getNumDpsInits() != 1 ||
      nest.getNumParallelLoops() != nest.getNumLoops())
    return false;
  OpOperand &init = nest.getDpsInitsMutable()[0];
  return nest.getMatchingIndexingMap(&init).isIdentity() &&
         init.get().getDefiningOp<tensor::EmptyOp>() &&
         !nest.payloadUsesValueFromOperand(&init);
}

namespace {
struct ReuseOperands
    : public bitnet::impl::BitNetReuseOperandsBase<ReuseOperands> {
  void runOnOperation() override {
    getOperation().walk([&](linalg::GenericOp nest) {
      if (!isElementwise(nest))
        return;
      Value operand = findReusable(nest);
      if (!operand)
        return;
      nest.getDpsInitsMutable()[0].set(operand);
      ++numReused;
    });
  }
};
} // namespace
