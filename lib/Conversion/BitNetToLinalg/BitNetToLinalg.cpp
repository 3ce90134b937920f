//===- BitNetToLinalg.cpp - the reference meaning of bitnet operations ----===//
//
// --convert-bitnet-to-linalg replaces each operation by what Patterns.h builds;
// packed products with a kernel stay for stage 4.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "bitnet/Conversion/BitNetToLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_CONVERTBITNETTOLINALG
#include "bitnet/Conversion/BitNetToLinalg/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Replacements of the results of `op`; empty when it stays.
static SmallVector<Value, 2> lower(ImplicitLocOpBuilder &b, Operation *op,
                                   bool reference) {
  using Values = SmallVector<Value, 2>;
  return llvm::TypeSwitch<Operation *, Values>(op)
      .Case([&](QuantizeActivationsOp op) {
        return lowerQuantizeActivations(b, op);
      })
      .Case([&](RescaleOp op) { return Values{lowerRescale(b, op)}; })
      .Case([&](PackOp op) { return Values{lowerPack(b, op)}; })
      .Case([&](UnpackOp op) {
        return Values{lowerUnpack(b, op.getPacked(), op.getPacking())};
      })
      .Case([&](MatMulOp op) {
        bool skip =
            op->getNumResults() == 0 || (op.getPackingAttr() && !reference);
        return skip ? Values() : Values{lowerMatMul(b, op)};
      })
      .Default([](Operation *) { return Values(); });
}

namespace {
struct ConvertBitNetToLinalg
    : bitnet::impl::ConvertBitNetToLinalgBase<ConvertBitNetToLinalg> {
  using ConvertBitNetToLinalgBase::ConvertBitNetToLinalgBase;

  void runOnOperation() override {
    // The walk collects first, because lowering adds operations and erases the
    // visited one.
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_nonnull<BitNetDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      ImplicitLocOpBuilder b(op->getLoc(), op);
      SmallVector<Value, 2> results = lower(b, op, reference);
      if (results.empty())
        continue;
      op->replaceAllUsesWith(results);
      op->erase();
    }
  }
};
} // namespace
