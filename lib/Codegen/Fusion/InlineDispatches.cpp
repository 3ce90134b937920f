//===- InlineDispatches.cpp - bodies in place of their dispatches ---------===//
//
// --bitnet-inline-dispatches, on buffers: what a dispatch computes, without the
// dispatch. Its body reads and writes the buffers that were its operands.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Partition/Dispatches.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETINLINEDISPATCHES
#include "bitnet/Codegen/Fusion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
struct InlineDispatches
    : public bitnet::impl::BitNetInlineDispatchesBase<InlineDispatches> {
  void runOnOperation() override {
    SmallVector<DispatchOp> dispatches;
    getOperation().walk([&](DispatchOp op) { dispatches.push_back(op); });
    for (DispatchOp dispatch : dispatches) {
      if (dispatch.getNumResults() != 0) {
        dispatch.emitOpError("is on tensors: bufferize first");
        return signalPassFailure();
      }
      inlineDispatch(dispatch);
    }
  }
};
} // namespace
