//===- Passes.h - evaluation of constants -----------------------*- C++ -*-===//

#ifndef BITNET_CONSTANTEVAL_PASSES_H
#define BITNET_CONSTANTEVAL_PASSES_H

#include "bitnet/ConstantEval/ConstantRunner.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::bitnet {
#define GEN_PASS_DECL
#include "bitnet/ConstantEval/Passes.h.inc"

/// The pass with a runner for what no stream folds; null leaves that as it is.
std::unique_ptr<Pass>
createBitNetEvaluateConstants(const BitNetEvaluateConstantsOptions &options,
                              std::shared_ptr<const ConstantRunner> runner);
} // namespace mlir::bitnet

#endif // BITNET_CONSTANTEVAL_PASSES_H
