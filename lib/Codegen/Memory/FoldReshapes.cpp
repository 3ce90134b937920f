//===- FoldReshapes.cpp - a buffer in its own shape is the buffer ---------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFOLDRESHAPES
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// Whether `size` is the extent of dimension `dim` of `buffer`.
static bool isExtent(OpFoldResult size, Value buffer, int64_t dim) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(dim))
    return isConstantIntValue(size, type.getDimSize(dim));
  auto extent = dyn_cast<Value>(size);
  auto op = extent ? extent.getDefiningOp<memref::DimOp>() : memref::DimOp();
  return op && op.getSource() == buffer && op.getConstantIndex() == dim;
}

/// Upstream folds the pair where at most one extent of each group is dynamic:
/// others might be distributed anew.
static Value getOriginal(memref::ExpandShapeOp expand) {
  auto collapse = expand.getSrc().getDefiningOp<memref::CollapseShapeOp>();
  if (!collapse || collapse.getSrcType() != expand.getResultType() ||
      collapse.getReassociationIndices() != expand.getReassociationIndices())
    return Value();
  for (auto [dim, size] : llvm::enumerate(expand.getMixedOutputShape()))
    if (!isExtent(size, collapse.getSrc(), dim))
      return Value();
  return collapse.getSrc();
}

namespace {
struct FoldReshapes
    : public bitnet::impl::BitNetFoldReshapesBase<FoldReshapes> {
  void runOnOperation() override {
    getOperation().walk([](memref::ExpandShapeOp expand) {
      Value original = getOriginal(expand);
      if (!original)
        return;
      expand.replaceAllUsesWith(original);
      expand.erase();
    });
  }
};
} // namespace
