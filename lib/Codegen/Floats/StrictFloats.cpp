//===- StrictFloats.cpp - --bitnet-strict-floats --------------------------===//
//
// --bitnet-strict-floats takes every fast-math flag away: a circuit adds in the
// order written, and all levels of a library must give the same bits.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Floats/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETSTRICTFLOATS
#include "bitnet/Codegen/Floats/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;

namespace {
struct StrictFloats
    : public bitnet::impl::BitNetStrictFloatsBase<StrictFloats> {
  void runOnOperation() override {
    auto none = arith::FastMathFlagsAttr::get(&getContext(),
                                              arith::FastMathFlags::none);
    getOperation()->walk([&](arith::ArithFastMathInterface op) {
      op->setAttr(op.getFastMathAttrName(), none);
    });
  }
};
} // namespace
