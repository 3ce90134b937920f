//===- ConstantNodes.cpp - nodes that read constants alone ----------------===//

#include "ConstantNodes.h"

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"
#include "bitnet/Dialect/ONNX/IR/Schema.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::bitnet;

ConstantNodes::ConstantNodes(Operation *function,
                             const ConstantRunner *runner) {
  // Bodies come before the nodes that have them.
  function->walk([&](onnx::NodeOp node) {
    if (isConstant(node, runner))
      nodes.insert(node);
  });
}

/// With a runner, a node must be computable in one of two ways: by a stream, or
/// by its lowering. A node with bodies is constant when all nodes in its bodies
/// are, and all that they read from outside. So a Loop is not constant if its
/// body reads an argument, because an argument has no defining operation. A
/// malformed node stays for its lowering to report.
bool ConstantNodes::isConstant(onnx::NodeOp node,
                               const ConstantRunner *runner) const {
  auto isKnown = [&](Value value) {
    Operation *op = value.getDefiningOp();
    return op && (isa<onnx::ConstantOp>(op) || nodes.contains(op));
  };
  if (onnx::findMalformation(node) || !llvm::all_of(node.getInputs(), isKnown))
    return false;
  if (runner && !ConstantFolder::hasStream(node) &&
      !runner->hasLowering(node.getDomain(), node.getOp(), node.getVersion()))
    return false;
  if (node.getBodies().empty())
    return !node.getInputs().empty();
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(node.getBodies(), captured);
  WalkResult bodies = node->walk([&](onnx::NodeOp inner) {
    return inner == node || nodes.contains(inner) ? WalkResult::advance()
                                                  : WalkResult::interrupt();
  });
  return !bodies.wasInterrupted() && llvm::all_of(captured, isKnown);
}

/// 0 for what has no static number of bytes, such as strings: it then gives no
/// credit to the values that are computed of it.
uint64_t mlir::bitnet::getBytes(onnx::ConstantOp constant) {
  if (auto blob = dyn_cast<bitnet::BlobAttr>(constant.getValue()))
    return blob.getLength();
  auto type = dyn_cast<RankedTensorType>(constant.getType());
  FailureOr<uint64_t> bytes = failure();
  if (type && type.hasStaticShape() && type.getElementType().isIntOrFloat())
    bytes = getStorageBytes(type);
  return succeeded(bytes) ? *bytes : 0;
}

/// Operands that nested nodes read from outside count, too. The limit bounds
/// the time for graphs in which each value depends on all before it; sources
/// that are missed only make the permitted size of a value smaller.
SmallVector<onnx::ConstantOp> mlir::bitnet::findSources(Value value) {
  constexpr size_t kMost = 4096;
  SmallVector<onnx::ConstantOp> sources;
  llvm::SetVector<Operation *> seen;
  seen.insert(value.getDefiningOp());
  for (size_t i = 0; i < seen.size() && seen.size() < kMost; ++i) {
    Operation *op = seen[i];
    if (auto constant = dyn_cast<onnx::ConstantOp>(op)) {
      sources.push_back(constant);
      continue;
    }
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (Operation *def = operand.getDefiningOp())
          if (!op->isProperAncestor(def))
            seen.insert(def);
    });
  }
  return sources;
}

/// The domain is not asked: some of the operators are of com.microsoft, and
/// none of these names means something else in another domain.
bool mlir::bitnet::isProduct(onnx::NodeOp node) {
  return llvm::is_contained({"MatMul", "Gemm", "Conv", "ConvTranspose",
                             "Einsum", "FusedMatMul", "MatMulInteger",
                             "ConvInteger", "MatMulNBits"},
                            node.getOp());
}

/// Values are followed forward through constant nodes, to the first other node
/// of each path. The limit is far above the length of such a path in a model; a
/// value that fans out wider is treated as if it led to no product.
bool mlir::bitnet::leadsToProduct(Value value, const ConstantNodes &nodes) {
  constexpr size_t kMost = 256;
  llvm::SetVector<Value> seen;
  seen.insert(value);
  for (size_t i = 0; i < seen.size() && seen.size() < kMost; ++i)
    for (Operation *user : seen[i].getUsers()) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      if (!node)
        continue;
      if (nodes.contains(node))
        seen.insert(node.getOutputs().begin(), node.getOutputs().end());
      else if (isProduct(node))
        return true;
    }
  return false;
}

/// A cast between floats, or a transposition of a matrix.
static bool isView(onnx::NodeOp node) {
  if (!node.getDomain().empty() || node.getInputs().size() != 1)
    return false;
  if (node.getOp() == "Cast")
    return isa_and_nonnull<FloatType>(
        getElementType(node.getContext(), getInt(node, "to", 0)));
  auto perm = getInts(node, "perm");
  return node.getOp() == "Transpose" &&
         (!perm || *perm == SmallVector<int64_t>{1, 0});
}

/// Whether the reader of `use` takes the weights from where the initializer is:
/// a product its second operand, Gather its table, or a view whose own readers
/// all do.
static bool readsInPlace(OpOperand &use) {
  auto node = dyn_cast<onnx::NodeOp>(use.getOwner());
  if (!node)
    return false;
  if (isView(node))
    return isReadInPlace(node);
  unsigned slot = node.getOp() == "Gather" ? 0 : 1;
  return (isProduct(node) || node.getOp() == "Gather") &&
         slot < node.getNumSlots() && node.getSlot(slot) == use.get();
}

/// The node reads a matrix of floats in a blob, or another view of one. All
/// users have to read in place; if one did not, the node would run in each call
/// for it.
bool mlir::bitnet::isReadInPlace(onnx::NodeOp node) {
  if (!isView(node))
    return false;
  Operation *source = node.getInputs()[0].getDefiningOp();
  auto before = dyn_cast_or_null<onnx::NodeOp>(source);
  auto constant = dyn_cast_or_null<onnx::ConstantOp>(source);
  auto type = constant ? dyn_cast<RankedTensorType>(constant.getType())
                       : RankedTensorType();
  bool isMatrix = type && type.getRank() == 2 &&
                  isa<FloatType>(type.getElementType()) &&
                  isa<bitnet::BlobAttr>(constant.getValue());
  return (isMatrix || (before && isView(before))) &&
         llvm::all_of(node->getUses(), readsInPlace);
}
