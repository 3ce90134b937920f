//===- EmitHLS.h - the output folder of --target=hls ------------*- C++ -*-===//

#ifndef BITNET_LIB_PIPELINES_EMITHLS_H
#define BITNET_LIB_PIPELINES_EMITHLS_H

#include "bitnet/Target/CPU/CPU.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallString.h"

namespace mlir::bitnet {

/// Collects the files in a temporary folder beside the final one and moves them
/// when all are there; the destructor removes what is left of it.
class OutputFolder {
public:
  explicit OutputFolder(StringRef path) : path(path) {}
  ~OutputFolder();
  OutputFolder(const OutputFolder &) = delete;
  OutputFolder &operator=(const OutputFolder &) = delete;

  LogicalResult create(Location loc);
  /// The C++ of `prepared` and golden/reference.so of `reference`, which left
  /// the CPU pipeline.
  LogicalResult write(ModuleOp prepared, ModuleOp reference,
                      CPUTargetOptions target);
  /// Runs the reference on the golden inputs. Without `runner` a warning says
  /// how to do it later.
  LogicalResult evaluate(ModuleOp prepared, StringRef runner);
  LogicalResult commit(Location loc);

private:
  std::string path;
  SmallString<128> temporary;
};

/// The name of the top function for a model file.
std::string topFor(StringRef input);

} // namespace mlir::bitnet

#endif // BITNET_LIB_PIPELINES_EMITHLS_H
