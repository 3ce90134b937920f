//===- VerifyStage.cpp - --bitnet-verify-stage ----------------------------===//

#include "bitnet/Pipelines/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETVERIFYSTAGE
#include "bitnet/Pipelines/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
struct VerifyStage : public bitnet::impl::BitNetVerifyStageBase<VerifyStage> {
  using BitNetVerifyStageBase::BitNetVerifyStageBase;

  void runOnOperation() override {
    llvm::StringSet<> allowed;
    allowed.insert("builtin");
    for (const std::string &dialect : dialects)
      allowed.insert(dialect);
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (allowed.contains(op->getName().getDialectNamespace()))
        return WalkResult::advance();
      op->emitError() << "'" << op->getName() << "' may not leave stage "
                      << stage;
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
