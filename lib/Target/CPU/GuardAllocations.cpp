//===- GuardAllocations.cpp - check sizes of dynamic allocations ----------===//
//
// --bitnet-guard-allocations: in front of each allocation with run-time extents
// an assertion that they are not negative and that the size in bytes does not
// overflow. Extents may come from values of a model's inputs.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETGUARDALLOCATIONS
#include "bitnet/Target/CPU/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// The alignment that bitnet_rt_alloc guarantees.
static constexpr uint64_t kRuntimeAlignment = 64;
/// The most elements of a tensor. No tensor of a real model comes near it, and
/// below it sizes in bytes (8 bytes an element) and sums with paddings fit in
/// 63 bits.
static constexpr int64_t kMaxElements = int64_t(1) << 56;

/// `size * dim`, saturated: a high half that is not zero makes it kMaxElements.
/// A negative dim is a huge unsigned number.
static Value multiply(OpBuilder &builder, Location loc, Value size, Value dim,
                      Value limit) {
  auto product = arith::MulUIExtendedOp::create(builder, loc, size, dim);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(0));
  Value high = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                     product.getHigh(), zero);
  Value low = arith::MinUIOp::create(builder, loc, product.getLow(), limit);
  return arith::SelectOp::create(builder, loc, high, limit, low);
}

/// The name of the node that the tensor belongs to, in front of a message.
static std::string prefixOf(Location where) {
  std::string prefix;
  where->walk([&](Location loc) {
    auto named = dyn_cast<NameLoc>(loc);
    if (!named || named.getName().empty())
      return WalkResult::advance();
    prefix = named.getName().str() + ": ";
    return WalkResult::interrupt();
  });
  return prefix;
}

/// The error names the ONNX node.
static void guard(memref::AllocOp alloc) {
  OpBuilder builder(alloc);
  Location loc = alloc.getLoc();
  Value limit = arith::ConstantOp::create(
      builder, loc, builder.getI64IntegerAttr(kMaxElements));
  int64_t fixed = 1;
  for (int64_t dim : alloc.getType().getShape())
    if (!ShapedType::isDynamic(dim))
      fixed *= std::max<int64_t>(dim, 1);
  Value size =
      arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(fixed));
  Value ok;
  for (Value dim : alloc.getDynamicSizes()) {
    Value wide =
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(), dim);
    size = multiply(builder, loc, size, wide, limit);
    // Each dim is checked by itself, because the product is 0 when another dim
    // is 0.
    Value inRange = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::ult, wide, limit);
    ok = ok ? arith::AndIOp::create(builder, loc, ok, inRange) : inRange;
  }
  Value fits = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                     size, limit);
  ok = arith::AndIOp::create(builder, loc, ok, fits);
  cf::AssertOp::create(builder, loc, ok,
                       prefixOf(loc) +
                           "a tensor size is negative or too large");
}

namespace {
struct BitNetGuardAllocations
    : bitnet::impl::BitNetGuardAllocationsBase<BitNetGuardAllocations> {
  void runOnOperation() override {
    SmallVector<memref::AllocOp> allocs;
    getOperation()->walk(
        [&](memref::AllocOp alloc) { allocs.push_back(alloc); });
    for (memref::AllocOp alloc : allocs) {
      if (alloc.getAlignment().value_or(0) <= kRuntimeAlignment)
        alloc.removeAlignmentAttr();
      if (!alloc.getDynamicSizes().empty())
        guard(alloc);
    }
  }
};
} // namespace
