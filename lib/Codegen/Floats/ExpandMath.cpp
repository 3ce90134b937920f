//===- ExpandMath.cpp - math functions without libm -----------------------===//
//
// --bitnet-expand-math: exp, log, tanh and erf become IEEE operations
// (PreciseMath.h), log1p becomes upstream's polynomial, and roundeven is
// expanded where the CPU has no instruction for it, so that no result depends
// on the libm of the machine.
//
//===----------------------------------------------------------------------===//

#include "PreciseMath.h"

#include "bitnet/Codegen/Floats/Passes.h"
#include "bitnet/Codegen/Strategy/ISATable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETEXPANDMATH
#include "bitnet/Codegen/Floats/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

namespace {
struct BitNetExpandMath : bitnet::impl::BitNetExpandMathBase<BitNetExpandMath> {
  using Base::Base;

  void runOnOperation() override {
    bitnet::keepRoundings(getOperation());
    RewritePatternSet patterns(&getContext());
    bitnet::populatePreciseMathPatterns(patterns);
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return name == math::Log1pOp::getOperationName();
    });
    SmallVector<StringRef> expanded{"ctlz"};
    const bitnet::TargetInfo *machine = bitnet::findMachine(getOperation());
    if (!(machine ? machine->hasRound() : nativeRound))
      expanded.push_back("roundeven");
    math::populateExpansionPatterns(patterns, expanded);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

void bitnet::keepRoundings(Operation *root) {
  root->walk([](Operation *op) {
    if (auto widen = dyn_cast<arith::ExtFOp>(op))
      widen.removeFastmathAttr();
    else if (auto narrow = dyn_cast<arith::TruncFOp>(op))
      narrow.setFastmath(arith::FastMathFlags::none);
  });
}
