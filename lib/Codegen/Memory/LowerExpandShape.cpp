//===- LowerExpandShape.cpp - --bitnet-lower-expand-shape -----------------===//
//
// --bitnet-lower-expand-shape: memref.expand_shape with run-time extents
// becomes a reinterpret_cast with computed strides, which later passes and LLVM
// understand.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWEREXPANDSHAPE
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// Strides of the expanded axes: each group's innermost axis keeps the source
/// stride, the others step over what lies inside them.
static SmallVector<OpFoldResult> getStrides(OpBuilder &b,
                                            memref::ExpandShapeOp op,
                                            ArrayRef<OpFoldResult> source,
                                            ArrayRef<OpFoldResult> sizes) {
  AffineExpr x, y;
  bindSymbols(b.getContext(), x, y);
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  for (auto [i, group] : llvm::enumerate(op.getReassociationIndices())) {
    OpFoldResult stride = source[i];
    for (int64_t axis : llvm::reverse(group)) {
      strides[axis] = stride;
      stride = affine::makeComposedFoldedAffineApply(b, op.getLoc(), x * y,
                                                     {stride, sizes[axis]});
    }
  }
  return strides;
}

namespace {
struct LowerExpandShape
    : bitnet::impl::BitNetLowerExpandShapeBase<LowerExpandShape> {
  void runOnOperation() override {
    getOperation()->walk([](memref::ExpandShapeOp op) {
      // A source of rank 0 has units only, which upstream lowers.
      if (op.getSrcType().getRank() == 0)
        return;
      OpBuilder b(op);
      auto source =
          memref::ExtractStridedMetadataOp::create(b, op.getLoc(), op.getSrc());
      SmallVector<OpFoldResult> sizes =
          getMixedValues(op.getStaticOutputShape(), op.getOutputShape(), b);
      SmallVector<OpFoldResult> strides =
          getStrides(b, op, source.getConstifiedMixedStrides(), sizes);
      auto cast = memref::ReinterpretCastOp::create(
          b, op.getLoc(), op.getResultType(), source.getBaseBuffer(),
          source.getConstifiedMixedOffset(), sizes, strides);
      op.replaceAllUsesWith(cast.getResult());
      op.erase();
    });
  }
};
} // namespace
