//===- ExpandStridedCopies.cpp - memref.copy to loops ---------------------===//
//
// --bitnet-expand-strided-copies: a memref.copy that is no memcpy becomes
// loops. Upstream would call a function of its runner's library.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Utils/MemRefUtils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETEXPANDSTRIDEDCOPIES
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// Whether upstream makes a memcpy of a copy from or to `type`.
static bool isContiguous(MemRefType type) {
  return type.getLayout().isIdentity() ||
         (type.hasStaticShape() && type.getNumElements() > 0 &&
          memref::isStaticShapeAndContiguousRowMajor(type));
}

/// Makes loops with one load and one store per element.
static void expandCopy(memref::CopyOp copy) {
  OpBuilder builder(copy);
  Location loc = copy.getLoc();
  Value source = copy.getSource(), target = copy.getTarget();
  int64_t rank = cast<MemRefType>(source.getType()).getRank();
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  SmallVector<Value> lower(rank, zero), step(rank, one), upper;
  for (int64_t i = 0; i < rank; ++i)
    upper.push_back(memref::DimOp::create(builder, loc, source, i));
  scf::buildLoopNest(
      builder, loc, lower, upper, step,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange indices) {
        Value element =
            memref::LoadOp::create(nested, nestedLoc, source, indices);
        memref::StoreOp::create(nested, nestedLoc, element, target, indices);
      });
  copy.erase();
}

namespace {
struct BitNetExpandStridedCopies
    : bitnet::impl::BitNetExpandStridedCopiesBase<BitNetExpandStridedCopies> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp copy) {
      auto source = dyn_cast<MemRefType>(copy.getSource().getType());
      auto target = dyn_cast<MemRefType>(copy.getTarget().getType());
      if (source && target && !(isContiguous(source) && isContiguous(target)))
        copies.push_back(copy);
    });
    for (memref::CopyOp copy : copies)
      expandCopy(copy);
  }
};
} // namespace
