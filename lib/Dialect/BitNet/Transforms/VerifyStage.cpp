//===- VerifyStage.cpp - --bitnet-verify-stage ----------------------------===//
//
// --bitnet-verify-stage ends a stage: an operation that is not on the stage's
// list is an error, and so a pass that leaves something behind is found where
// it does.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETVERIFYSTAGE
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

bool llvm::cl::parser<Stage>::parse(Option &option, StringRef, StringRef text,
                                    Stage &stage) {
  std::optional<Stage> known = symbolizeStage(text);
  if (!known)
    return option.error("'" + text + "' is no stage");
  stage = *known;
  return false;
}

void llvm::cl::parser<Stage>::printOptionDiff(const Option &option, Stage stage,
                                              const OptionValue<Stage> &,
                                              size_t width) const {
  printOptionName(option, width);
  llvm::outs() << "= " << stringifyStage(stage) << "\n";
}

namespace {
struct VerifyStage : public bitnet::impl::BitNetVerifyStageBase<VerifyStage> {
  using BitNetVerifyStageBase::BitNetVerifyStageBase;

  void runOnOperation() override {
    llvm::StringSet<> allowed;
    allowed.insert("builtin");
    for (const std::string &name : allow)
      allowed.insert(name);
    WalkResult result = getOperation()->walk([&](Operation *op) {
      OperationName name = op->getName();
      if (allowed.contains(name.getDialectNamespace()) ||
          allowed.contains(name.getStringRef()))
        return WalkResult::advance();
      op->emitError() << "'" << name << "' may not leave stage "
                      << stringifyStage(stage);
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    BitNetDialect::StageAttrHelper(&getContext())
        .setAttr(getOperation(), StageAttr::get(&getContext(), stage));
  }
};
} // namespace
