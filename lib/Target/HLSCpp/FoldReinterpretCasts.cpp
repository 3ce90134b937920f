//===- FoldReinterpretCasts.cpp - --bitnet-fold-reinterpret-casts ---------===//
//
// --bitnet-fold-reinterpret-casts: C++ has no view of an array with other
// extents, so loads and stores through a reinterpret_cast index the buffer
// itself, where each index of the view moves along one dimension of it.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/HLSCpp/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETFOLDREINTERPRETCASTS
#include "bitnet/Target/HLSCpp/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

namespace {
/// Index of one dim of the buffer: offset + sum of factor * index of the view.
struct DimSum {
  int64_t offset = 0;
  SmallVector<std::pair<int64_t, unsigned>> terms; ///< (factor, view dim)
};
} // namespace

/// The dim of the buffer that a step of `stride` moves along: the outermost
/// whose stride divides it.
static std::optional<unsigned> findDim(ArrayRef<int64_t> strides,
                                       int64_t stride) {
  for (auto [dim, candidate] : llvm::enumerate(strides))
    if (candidate <= stride && stride % candidate == 0)
      return dim;
  return std::nullopt;
}

/// How the view's indices make the buffer's; nothing when a dim could overflow.
static std::optional<SmallVector<DimSum>> decompose(MemRefType buffer,
                                                    MemRefType view) {
  SmallVector<int64_t> strides, viewStrides;
  int64_t offset, viewOffset;
  if (!buffer.hasStaticShape() || !view.hasStaticShape() ||
      !buffer.getLayout().isIdentity() ||
      failed(buffer.getStridesAndOffset(strides, offset)) ||
      failed(view.getStridesAndOffset(viewStrides, viewOffset)) ||
      ShapedType::isDynamic(viewOffset) ||
      ShapedType::isDynamicShape(viewStrides))
    return std::nullopt;
  SmallVector<DimSum> sums(buffer.getRank());
  SmallVector<int64_t> highest(buffer.getRank(), 0);
  for (int64_t dim = 0; dim < buffer.getRank(); ++dim) {
    highest[dim] = sums[dim].offset = viewOffset / strides[dim];
    viewOffset %= strides[dim];
  }
  for (int64_t dim = 0; dim < view.getRank(); ++dim) {
    if (view.getDimSize(dim) == 1)
      continue;
    // A step of the view is a whole number of steps in one dimension of the
    // buffer.
    std::optional<unsigned> target = findDim(strides, viewStrides[dim]);
    if (!target)
      return std::nullopt;
    int64_t factor = viewStrides[dim] / strides[*target];
    sums[*target].terms.push_back({factor, unsigned(dim)});
    highest[*target] += factor * (view.getDimSize(dim) - 1);
  }
  for (int64_t dim = 0; dim < buffer.getRank(); ++dim)
    // The largest index must stay inside its dimension.
    if (highest[dim] >= buffer.getDimSize(dim))
      return std::nullopt;
  return sums;
}

/// The buffer's indices for an access of the view at `indices`.
static SmallVector<Value> makeIndices(Operation *op, ArrayRef<DimSum> sums,
                                      ValueRange indices) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  auto constant = [&](int64_t v) -> Value {
    return arith::ConstantIndexOp::create(b, loc, v);
  };
  SmallVector<Value> result;
  for (const DimSum &sum : sums) {
    Value index = constant(sum.offset);
    for (auto [factor, dim] : sum.terms) {
      Value scaled = indices[dim];
      if (factor != 1)
        scaled = arith::MulIOp::create(b, loc, scaled, constant(factor));
      index = arith::AddIOp::create(b, loc, index, scaled);
    }
    result.push_back(index);
  }
  return result;
}

/// Leaves the cast alone where some index could overflow into the next
/// dimension; --bitnet-check-hls then reports it.
static void fold(memref::ReinterpretCastOp cast) {
  Value buffer = cast.getSource();
  auto type = dyn_cast<MemRefType>(buffer.getType());
  std::optional<SmallVector<DimSum>> sums;
  if (type)
    sums = decompose(type, cast.getType());
  if (!sums)
    return;
  for (Operation *user : llvm::make_early_inc_range(cast->getUsers())) {
    OpBuilder b(user);
    if (auto load = dyn_cast<memref::LoadOp>(user)) {
      auto indices = makeIndices(load, *sums, load.getIndices());
      load.replaceAllUsesWith(
          memref::LoadOp::create(b, load.getLoc(), buffer, indices)
              .getResult());
      load.erase();
    } else if (auto store = dyn_cast<memref::StoreOp>(user);
               store && store.getMemRef() == cast.getResult()) {
      auto indices = makeIndices(store, *sums, store.getIndices());
      memref::StoreOp::create(b, store.getLoc(), store.getValueToStore(),
                              buffer, indices);
      store.erase();
    }
  }
  if (cast->use_empty())
    cast.erase();
}

namespace {
struct FoldReinterpretCasts
    : public bitnet::impl::BitNetFoldReinterpretCastsBase<
          FoldReinterpretCasts> {
  void runOnOperation() override {
    // Inner views are folded first, so that their users then reach the outer
    // ones.
    SmallVector<memref::ReinterpretCastOp> casts;
    getOperation()->walk(
        [&](memref::ReinterpretCastOp op) { casts.push_back(op); });
    for (memref::ReinterpretCastOp op : llvm::reverse(casts))
      fold(op);
  }
};
} // namespace
