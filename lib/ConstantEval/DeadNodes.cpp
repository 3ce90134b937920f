//===- DeadNodes.cpp - ONNX nodes and constants without users -------------===//

#include "bitnet/ConstantEval/DeadNodes.h"

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Gives back those memory blobs of `names` that no attribute in the module
/// names any more. An attribute may be nested in others, so that the walker
/// looks into all of them.
static void dropBlobs(Operation *module, llvm::StringSet<> names) {
  AttrTypeWalker walker;
  walker.addWalk([&](bitnet::BlobAttr blob) { names.erase(blob.getFile()); });
  module->walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });
  for (const auto &name : names)
    BitNetDialect::getBlobStore(module->getContext()).dropMemory(name.getKey());
}

/// Operations are visited from the last to the first, and inner ones before
/// those that contain them: when one is reached, its users are gone already if
/// they were dead. So one pass is enough. A blob of a dead constant may have
/// other readers, which dropBlobs looks for at the end, once for all of them.
void mlir::bitnet::eraseDeadNodes(Operation *root,
                                  function_ref<void(Value)> forget) {
  SmallVector<Operation *> order;
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<onnx::NodeOp, onnx::ConstantOp, bitnet::ConstantOp>(op))
      order.push_back(op);
  });
  llvm::StringSet<> names;
  for (Operation *op : llvm::reverse(order)) {
    if (!op->use_empty())
      continue;
    if (auto constant = dyn_cast<onnx::ConstantOp>(op))
      if (auto blob = dyn_cast<bitnet::BlobAttr>(constant.getValue());
          blob && BlobStore::isMemoryName(blob.getFile()))
        names.insert(blob.getFile());
    if (forget)
      op->walk([&](Operation *inner) {
        for (Value result : inner->getResults())
          forget(result);
      });
    op->erase();
  }
  auto module = root->getParentOfType<ModuleOp>();
  if (!names.empty())
    dropBlobs(module ? module.getOperation() : root, std::move(names));
}
