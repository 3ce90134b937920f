//===- StageCheck.h - dialects that may leave a stage -----------*- C++ -*-===//

#ifndef BITNET_LIB_PIPELINES_STAGECHECK_H
#define BITNET_LIB_PIPELINES_STAGECHECK_H

#include "bitnet/Pipelines/Passes.h"

#include "mlir/Pass/PassManager.h"

namespace mlir::bitnet {
/// Ends a stage: only these dialects may be left.
inline void addStageCheck(OpPassManager &pm, llvm::StringRef stage,
                          llvm::ArrayRef<llvm::StringRef> dialects) {
  BitNetVerifyStageOptions options;
  options.stage = stage.str();
  for (llvm::StringRef dialect : dialects)
    options.dialects.push_back(dialect.str());
  pm.addPass(createBitNetVerifyStage(options));
}
} // namespace mlir::bitnet

#endif // BITNET_LIB_PIPELINES_STAGECHECK_H
