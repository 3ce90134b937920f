//===- Passes.td - checks between stages ----------------------*- tablegen -*-===//

#ifndef BITNET_PIPELINES_PASSES_TD
#define BITNET_PIPELINES_PASSES_TD

include "mlir/Pass/PassBase.td"

def BitNetVerifyStage : Pass<"bitnet-verify-stage", "::mlir::ModuleOp"> {
  let summary = "Fails when an operation's dialect may not leave the stage";
  let description = [{
    Every stage builder ends with this check, so that a missing lowering is named
    where it is missing and not three stages later.

    Example: `--bitnet-verify-stage="stage=pack dialects=func,arith,linalg"` on a
    module with a `tensor.empty` says: 'tensor.empty' may not leave stage pack.
  }];
  let options = [
    Option<"stage", "stage", "std::string", "", "Name of the stage, for messages">,
    ListOption<"dialects", "dialects", "std::string", "Dialects allowed at its exit">];
}

#endif // BITNET_PIPELINES_PASSES_TD
