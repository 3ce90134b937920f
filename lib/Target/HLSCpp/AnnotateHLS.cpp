//===- AnnotateHLS.cpp - --bitnet-annotate-hls ----------------------------===//
//
// --bitnet-annotate-hls: innermost loops get PIPELINE II=1. The reduction over
// K also gets UNROLL, and the arrays that it reads get ARRAY_PARTITION by the
// same factor, so that a circuit can read as many elements at once as it adds.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/HLSCpp/HLSCpp.h"
#include "bitnet/Target/HLSCpp/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETANNOTATEHLS
#include "bitnet/Target/HLSCpp/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Fields per byte of packed weights: one byte feeds so many steps.
static constexpr int64_t kWeightsPerByte = 4;

/// Whether the body holds no other loop.
static bool isInnermost(scf::ForOp loop) {
  return !loop.getBody()
              ->walk([](scf::ForOp) { return WalkResult::interrupt(); })
              .wasInterrupted();
}

/// The number of iterations; nothing unless the bounds are constants and the
/// step is 1.
static std::optional<int64_t> tripCount(scf::ForOp loop) {
  std::optional<int64_t> low = getConstantIntValue(loop.getLowerBound()),
                         high = getConstantIntValue(loop.getUpperBound()),
                         step = getConstantIntValue(loop.getStep());
  if (!low || !high || !step || *step != 1)
    return std::nullopt;
  return *high - *low;
}

/// Whether `buffer` is a view of the weights.
static bool isWeights(Value buffer) {
  return buffer.getDefiningOp<memref::ViewOp>() != nullptr;
}

/// Whether the body reads packed weights, which makes it the product's loop.
static bool readsWeights(scf::ForOp loop) {
  return llvm::any_of(loop.getBody()->getOps<memref::LoadOp>(),
                      [](memref::LoadOp op) {
                        return isWeights(op.getMemRef()) &&
                               op.getMemRefType().getElementType().isInteger(8);
                      });
}

/// Partitions the buffer by the largest power of two up to `factor` that
/// divides its last extent.
static void partition(Value buffer, int64_t factor) {
  auto type = cast<MemRefType>(buffer.getType());
  int64_t extent = type.getRank() ? type.getShape().back() : 1;
  while (factor > 1 && extent % factor)
    factor /= 2;
  if (factor < 2)
    return;
  Attribute value = Builder(buffer.getContext()).getI64IntegerAttr(factor);
  if (auto arg = dyn_cast<BlockArgument>(buffer)) {
    if (auto func = dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp()))
      func.setArgAttr(arg.getArgNumber(), kPartitionAttr, value);
  } else {
    buffer.getDefiningOp()->setAttr(kPartitionAttr, value);
  }
}

/// Marks sums that cannot wrap: `sum +- extsi(i8)` from zero, at most 2^23
/// times, stays below 2^31 (mm_c1).
static void markNoWrap(scf::ForOp loop, int64_t trips) {
  if (trips > (int64_t(1) << 23) || loop.getNumRegionIterArgs() != 1 ||
      !matchPattern(loop.getInitArgs()[0], m_Zero()))
    return;
  auto nsw = arith::IntegerOverflowFlagsAttr::get(
      loop.getContext(), arith::IntegerOverflowFlags::nsw);
  for (Operation &op : *loop.getBody()) {
    if (!isa<arith::AddIOp, arith::SubIOp>(op) ||
        op.getOperand(0) != loop.getRegionIterArg(0))
      continue;
    auto wide = op.getOperand(1).getDefiningOp<arith::ExtSIOp>();
    if (wide && wide.getIn().getType().isInteger(8) &&
        wide.getType().isInteger(32))
      op.setAttr("overflowFlags", nsw);
  }
}

namespace {
struct AnnotateHLS : public bitnet::impl::BitNetAnnotateHLSBase<AnnotateHLS> {
  using Base::Base;

  /// Marks the reduction of a product, and what it reads.
  void annotateReduction(scf::ForOp loop) {
    std::optional<int64_t> trips = tripCount(loop);
    if (!trips || loop.getInitArgs().empty() || !readsWeights(loop))
      return;
    markNoWrap(loop, *trips);
    // An unrolled loop must have no rest, which would be a circuit of its own.
    int64_t factor = std::max<int64_t>(unroll, 1);
    while (factor > 1 && *trips % factor)
      factor /= 2;
    if (factor < 2)
      return;
    loop->setAttr(kUnrollAttr,
                  Builder(loop.getContext()).getI64IntegerAttr(factor));
    for (auto load : loop.getBody()->getOps<memref::LoadOp>()) {
      // One byte of weights has four fields and feeds four steps.
      Value buffer = load.getMemRef();
      partition(buffer, isWeights(buffer) ? kWeightsPerByte : factor);
    }
  }

  void runOnOperation() override {
    Builder b(&getContext());
    getOperation()->walk([&](scf::ForOp loop) {
      if (!isInnermost(loop))
        return;
      loop->setAttr(kPipelineAttr, b.getI64IntegerAttr(1));
      annotateReduction(loop);
    });
  }
};
} // namespace
