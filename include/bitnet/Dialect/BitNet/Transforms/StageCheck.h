//===- StageCheck.h - what may leave a stage --------------------*- C++ -*-===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_STAGECHECK_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_STAGECHECK_H

#include "bitnet/Dialect/BitNet/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"

namespace mlir::bitnet {
/// What every stage on tensors or buffers may hold: upstream's canonicalization
/// makes affine.apply of sizes and ub.poison of what nobody may read.
inline constexpr llvm::StringLiteral kCommonDialects[] = {
    "affine", "arith", "cf", "func", "math", "scf", "ub"};

/// Ends a stage: only operations of these names, or of dialects of these names,
/// may be left in the module.
inline void addStageCheck(OpPassManager &pm, Stage stage,
                          llvm::ArrayRef<llvm::StringRef> allow) {
  BitNetVerifyStageOptions options;
  options.stage = stage;
  for (llvm::StringRef name : allow)
    options.allow.push_back(name.str());
  pm.addPass(createBitNetVerifyStage(options));
}

/// The same for stages whose sizes and branches are MLIR's.
inline void addCommonStageCheck(OpPassManager &pm, Stage stage,
                                llvm::ArrayRef<llvm::StringRef> allow) {
  llvm::SmallVector<llvm::StringRef> all(allow);
  all.append(std::begin(kCommonDialects), std::end(kCommonDialects));
  addStageCheck(pm, stage, all);
}
} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_STAGECHECK_H
