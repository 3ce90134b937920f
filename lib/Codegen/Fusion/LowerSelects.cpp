//===- LowerSelects.cpp - --bitnet-lower-selects --------------------------===//
//
// --bitnet-lower-selects: a choice between two tensors of unknown extents
// becomes a branch that copies one of them, because upstream would make a nest
// over the extents of one operand (docs/Rationale.md).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Fusion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETLOWERSELECTS
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

/// Chooses between two tensors as wholes, of extents known at run time only.
static bool choosesTensor(arith::SelectOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  return type && !type.hasStaticShape() &&
         op.getCondition().getType().isInteger(1);
}

/// Ends a side of the branch with a copy of `tensor` in a buffer of its own
/// extents.
static void yieldCopy(OpBuilder &b, Location loc, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value init = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, tensor), type.getElementType());
  if (init.getType() != type)
    init = tensor::CastOp::create(b, loc, type, init);
  Value copy = linalg::CopyOp::create(b, loc, tensor, init).getResult(0);
  scf::YieldOp::create(b, loc, copy);
}

namespace {
struct LowerSelects : bitnet::impl::BitNetLowerSelectsBase<LowerSelects> {
  void runOnOperation() override {
    getOperation()->walk([](arith::SelectOp op) {
      if (!choosesTensor(op))
        return;
      OpBuilder b(op);
      auto choice = scf::IfOp::create(
          b, op.getLoc(), op.getCondition(),
          [&](OpBuilder &b, Location loc) {
            yieldCopy(b, loc, op.getTrueValue());
          },
          [&](OpBuilder &b, Location loc) {
            yieldCopy(b, loc, op.getFalseValue());
          });
      op.replaceAllUsesWith(choice.getResult(0));
      op.erase();
    });
  }
};
} // namespace
