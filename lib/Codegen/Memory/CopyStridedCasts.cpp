//===- CopyStridedCasts.cpp - --bitnet-copy-strided-casts -----------------===//
//
// --bitnet-copy-strided-casts: where bufferization hands a strided view to a
// reader that wants a dense buffer, it makes a memref.cast, whose check lets
// run-time strides pass. Such a cast becomes a copy.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Memory/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETCOPYSTRIDEDCASTS
#include "bitnet/Codegen/Memory/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// The alignment in bytes that all buffers of one-shot-bufferize have.
static constexpr int64_t kAlignment = 64;

/// Whether the elements of `type` begin at its base and lie one after the
/// other, whatever its run-time sizes and strides are.
static bool isDense(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || offset != 0)
    return false;
  int64_t step = 1;
  for (auto [extent, stride] :
       llvm::reverse(llvm::zip_equal(type.getShape(), strides))) {
    if (extent == 1)
      continue;
    if (ShapedType::isDynamic(step) || stride != step)
      return false;
    step = ShapedType::isDynamic(extent) ? extent : step * extent;
  }
  return true;
}

/// The cast's result is a dense buffer, its source need not be one.
static bool losesStrides(memref::CastOp cast) {
  auto from = dyn_cast<MemRefType>(cast.getSource().getType());
  auto to = dyn_cast<MemRefType>(cast.getType());
  return from && to && to.getLayout().isIdentity() &&
         !from.getLayout().isIdentity() && !isDense(from);
}

/// A dense buffer of the cast's type, filled in front of the first reader.
static void replaceByCopy(memref::CastOp cast) {
  ImplicitLocOpBuilder b(cast.getLoc(), cast);
  auto type = ::mlir::cast<MemRefType>(cast.getType());
  SmallVector<Value> sizes;
  for (auto [axis, extent] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(extent))
      sizes.push_back(
          memref::DimOp::create(b, cast.getSource(), int64_t(axis)));
  Value dense =
      memref::AllocOp::create(b, type, sizes, b.getI64IntegerAttr(kAlignment));
  memref::CopyOp::create(b, cast.getSource(), dense);
  cast.replaceAllUsesWith(dense);
  cast.erase();
}

namespace {
struct CopyStridedCasts
    : bitnet::impl::BitNetCopyStridedCastsBase<CopyStridedCasts> {
  void runOnOperation() override {
    getOperation()->walk([](memref::CastOp cast) {
      if (losesStrides(cast))
        replaceByCopy(cast);
    });
  }
};
} // namespace
