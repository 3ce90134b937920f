//===- WorkEstimate.cpp - cycles of a loop body, computed at run time -----===//
//
// Counts operations of a loop body, each weighted by a rough number of cycles,
// and multiplies by trip counts, as IR that computes the number at run time. It
// only has to tell microseconds from milliseconds.
//
//===----------------------------------------------------------------------===//

#include "WorkEstimate.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Trips of a loop whose bounds are computed in the body, where nothing outside
/// can read them: mostly a strip of a row.
static constexpr int64_t kUnknownTrips = 256;
/// The cycles of a call. Calls are of kernels, which are always worth a task.
static constexpr int64_t kCallWork = 1 << 16;
/// A function that is no instruction takes about this many operations.
static constexpr int64_t kMathWork = 32;
/// Lanes that one operation of a common machine covers.
static constexpr int64_t kLanesPerOperation = 4;

/// How many operations of a common machine the vectors of `op` take.
static int64_t getLanes(Operation *op) {
  int64_t lanes = 1;
  auto count = [&](Type type) {
    if (auto vector = dyn_cast<VectorType>(type))
      lanes = std::max(lanes, vector.getNumElements());
  };
  llvm::for_each(op->getOperandTypes(), count);
  llvm::for_each(op->getResultTypes(), count);
  return std::max<int64_t>(1, lanes / kLanesPerOperation);
}

/// Cycles of one execution of `op` itself, without its regions.
static int64_t getOperationWork(Operation *op) {
  if (isa<func::CallOp>(op))
    return kCallWork;
  if (op->hasTrait<OpTrait::ConstantLike>() ||
      op->hasTrait<OpTrait::IsTerminator>())
    return 0;
  bool isFunction = isa<math::MathDialect>(op->getDialect()) &&
                    !isa<math::AbsFOp, math::SqrtOp, math::RoundEvenOp>(op);
  return (isFunction ? kMathWork : 1) * getLanes(op);
}

Value mlir::bitnet::getTripCount(ImplicitLocOpBuilder &b, Value lower,
                                 Value upper, Value step) {
  Value span = b.createOrFold<arith::SubIOp>(upper, lower);
  Value trips = b.createOrFold<arith::CeilDivSIOp>(span, step);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  return b.createOrFold<arith::MaxSIOp>(trips, zero);
}

namespace {
/// Emits the estimate of a region; `root` is the loop that is to be divided.
class Estimate {
public:
  Estimate(ImplicitLocOpBuilder &b, Region &root) : b(b), root(root) {}

  Value ofRegion(Region &region);

private:
  Value ofLoop(LoopLikeOpInterface loop);
  std::optional<Value> toOutside(OpFoldResult bound);
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  ImplicitLocOpBuilder &b;
  Region &root;
};
} // namespace

/// The bound as a value that is visible outside of the root.
std::optional<Value> Estimate::toOutside(OpFoldResult bound) {
  if (std::optional<int64_t> value = getConstantIntValue(bound))
    return constant(*value);
  auto value = cast<Value>(bound);
  if (root.isAncestor(value.getParentRegion()))
    return std::nullopt;
  return value;
}

/// The cycles of a loop: those of its body times its trips.
Value Estimate::ofLoop(LoopLikeOpInterface loop) {
  Value work = ofRegion(*loop.getLoopRegions().front());
  auto lowers = loop.getLoopLowerBounds(), uppers = loop.getLoopUpperBounds(),
       steps = loop.getLoopSteps();
  if (!lowers || !uppers || !steps)
    return b.createOrFold<arith::MulIOp>(work, constant(kUnknownTrips));
  for (auto [lower, upper, step] : llvm::zip(*lowers, *uppers, *steps)) {
    std::optional<Value> from = toOutside(lower), to = toOutside(upper),
                         by = toOutside(step);
    Value trips = from && to && by ? getTripCount(b, *from, *to, *by)
                                   : constant(kUnknownTrips);
    work = b.createOrFold<arith::MulIOp>(work, trips);
  }
  return work;
}

/// The sum over all operations, branches included: both sides of an if count.
Value Estimate::ofRegion(Region &region) {
  int64_t fixed = 0;
  Value work;
  auto add = [&](Value more) {
    work = work ? b.createOrFold<arith::AddIOp>(work, more) : more;
  };
  for (Operation &op : region.getOps()) {
    if (auto loop = dyn_cast<LoopLikeOpInterface>(op)) {
      add(ofLoop(loop));
      continue;
    }
    fixed += getOperationWork(&op);
    for (Region &nested : op.getRegions())
      add(ofRegion(nested));
  }
  add(constant(fixed));
  return work;
}

Value mlir::bitnet::estimateWork(ImplicitLocOpBuilder &b, Region &body) {
  return Estimate(b, body).ofRegion(body);
}
