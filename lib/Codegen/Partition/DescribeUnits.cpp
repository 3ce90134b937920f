//===- DescribeUnits.cpp - --bitnet-describe-units ------------------------===//
//
// Kinds are noted in locations, because those stay with what becomes of an
// operation. Nothing but what a profile prints relies on them.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Partition/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETDESCRIBEUNITS
#include "bitnet/Codegen/Partition/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Whether `add`, in the body of a nest, adds a product to what the nest
/// accumulates; `isSquare` says whether that of a value with itself.
static bool addsProduct(arith::AddFOp add, bool isSquare) {
  auto isOne = [&](Value product, Value sum) {
    auto mul = product.getDefiningOp<arith::MulFOp>();
    return mul && isa<BlockArgument>(sum) &&
           (mul.getLhs() == mul.getRhs()) == isSquare;
  };
  auto yields = [](Operation *user) { return isa<linalg::YieldOp>(user); };
  return llvm::any_of(add->getUsers(), yields) &&
         (isOne(add.getLhs(), add.getRhs()) ||
          isOne(add.getRhs(), add.getLhs()));
}

/// Whether `op` gives floats.
static bool computesFloats(Operation *op) {
  return isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
             op->getDialect()) &&
         llvm::any_of(op->getResultTypes(), llvm::IsaPred<FloatType>);
}

/// What `op` shows of the nest that has it in its body.
static UnitKind getKindOfScalar(Operation *op, bool reduces) {
  if (isa<math::ExpOp, math::Exp2Op, math::ExpM1Op, math::TanhOp, math::ErfOp>(
          op))
    return UnitKind::Exponential;
  if (isa<math::RoundEvenOp, arith::FPToSIOp>(op))
    return UnitKind::Quantize;
  if (isa<math::SqrtOp, math::RsqrtOp>(op))
    return UnitKind::Norm;
  if (auto add = dyn_cast<arith::AddFOp>(op); add && reduces) {
    if (addsProduct(add, /*isSquare=*/false))
      return UnitKind::Matmul;
    if (addsProduct(add, /*isSquare=*/true))
      return UnitKind::Norm;
  }
  return computesFloats(op) ? UnitKind::Elementwise : UnitKind::Copy;
}

static UnitKind getKindOfNest(linalg::LinalgOp nest) {
  UnitKind kind = UnitKind::Copy;
  const bool reduces = nest.getNumReductionLoops() != 0;
  nest.getBlock()->walk([&](Operation *op) {
    kind = WorkUnitAttr::merge(kind, getKindOfScalar(op, reduces));
  });
  return kind;
}

static UnitKind getKindOfDispatch(DispatchOp dispatch) {
  switch (dispatch.getKind()) {
  case DispatchKind::Layer:
    return UnitKind::TernaryMatmul;
  case DispatchKind::Product:
    return UnitKind::Matmul;
  case DispatchKind::Rows:
    break;
  }
  UnitKind kind = UnitKind::Copy;
  dispatch.getBody().walk([&](linalg::LinalgOp nest) {
    kind = WorkUnitAttr::merge(kind, getKindOfNest(nest));
  });
  return kind;
}

/// The kind of a unit of work, `Other` for an operation that is none.
static UnitKind getKind(Operation *op) {
  if (auto dispatch = dyn_cast<DispatchOp>(op))
    return getKindOfDispatch(dispatch);
  if (isa<MatMulOp>(op))
    return UnitKind::TernaryMatmul;
  if (auto nest = dyn_cast<linalg::LinalgOp>(op))
    return getKindOfNest(nest);
  if (isa<tensor::PadOp, tensor::InsertSliceOp, tensor::ConcatOp,
          tensor::GatherOp>(op))
    return UnitKind::Copy;
  return UnitKind::Other;
}

/// Adds `kind` to the locations of `unit` and of all that is in it.
static void describe(Operation *unit, UnitKind kind) {
  auto attribute = WorkUnitAttr::get(unit->getContext(), kind);
  unit->walk([&](Operation *op) {
    op->setLoc(FusedLoc::get({op->getLoc()}, attribute, op->getContext()));
  });
}

namespace {
struct DescribeUnits
    : public bitnet::impl::BitNetDescribeUnitsBase<DescribeUnits> {
  void runOnOperation() override {
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      UnitKind kind = getKind(op);
      if (kind == UnitKind::Other)
        return WalkResult::advance();
      describe(op, kind);
      ++numUnits;
      return WalkResult::skip();
    });
  }
};
} // namespace
