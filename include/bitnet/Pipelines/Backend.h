//===- Backend.h - what one target does of its own --------------*- C++ -*-===//
//
// Import, recognition, quantization, packing and partition are the same for all
// targets, up to options. A backend is one value of the struct below: it
// changes the options before any stage runs, lowers the dispatches of stage 4a
// to loops of its own, and writes its output. A new backend is a folder beside
// lib/Pipelines/CPU with such a value, and one line in
// lib/Pipelines/Backends.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_PIPELINES_BACKEND_H
#define BITNET_PIPELINES_BACKEND_H

#include "bitnet/Pipelines/Driver.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::bitnet {

/// Runs passes as stages of the compilation, which the user sees: progress,
/// --mlir-timing, --mlir-print-ir-*.
class StageRunner {
public:
  virtual ~StageRunner() = default;
  /// Runs and times `body` as the stage `name`.
  virtual LogicalResult stage(StringRef name,
                              llvm::function_ref<LogicalResult()> body) = 0;
  /// Runs the passes that `populate` adds on `module` as the stage `name`.
  virtual LogicalResult
  passes(StringRef name, ModuleOp module,
         llvm::function_ref<void(OpPassManager &)> populate) = 0;
};

/// What a backend gets to write the output of.
struct BackendInput {
  StageRunner &runner;
  ModuleOp module; ///< The backend's own loops; it may change them.
  const CompileOptions &options;
  const CPUTargetOptions &target; ///< Resolved: no empty field.
  OutputSet &outputs;
};

/// One target of the compiler. No member is null.
struct Backend {
  llvm::StringLiteral name;    ///< The word of --target.
  llvm::StringLiteral summary; ///< For --help, without a full stop.
  /// Stages that follow `loops`, for the progress line.
  unsigned numLastStages;
  /// The code is for machines: kernels are chosen by what these have.
  bool forMachines;
  /// What is wrong with the options for this backend, in one line; empty:
  /// nothing. Called before the model is read.
  std::string (*findWrongOption)(const CompileOptions &options);
  /// The output when none is named, "model.so" for the stem "model".
  std::string (*nameOutput)(StringRef stem, Stage emit);
  /// Changes options of the stages that all backends share.
  void (*adjust)(CompileOptions &options);
  /// Stage 4: dispatches to loops.
  void (*populateLoops)(OpPassManager &pm, const LoopsOptions &options);
  /// Stage 5 and what follows. On failure a diagnostic was emitted, and outputs
  /// that were not committed vanish.
  LogicalResult (*emit)(BackendInput input);
};

/// The backends, the default one first.
llvm::ArrayRef<const Backend *> getBackends();

} // namespace mlir::bitnet

#endif // BITNET_PIPELINES_BACKEND_H
