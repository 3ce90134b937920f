//===- OutputFolder.h - what --target=hls writes ----------------*- C++ -*-===//
//
// The backend uses one object per compilation: create, write, evaluate, commit.
// A failure in between leaves nothing behind.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_PIPELINES_HLS_OUTPUTFOLDER_H
#define BITNET_LIB_PIPELINES_HLS_OUTPUTFOLDER_H

#include "bitnet/Support/MadeFolder.h"
#include "bitnet/Target/CPU/CPU.h"

#include "mlir/IR/BuiltinOps.h"

#include <optional>

namespace mlir::bitnet {

/// Collects the files in a temporary folder beside the final one; when all are
/// there they become outputs of the final one. The destructor, or a signal,
/// removes the temporary folder and, without outputs, folders that were made
/// for them.
class OutputFolder {
public:
  OutputFolder(OutputSet &outputs, StringRef path)
      : outputs(outputs), path(path) {}
  ~OutputFolder();
  OutputFolder(const OutputFolder &) = delete;
  OutputFolder &operator=(const OutputFolder &) = delete;

  /// Makes the temporary folder; an error when the final name is no folder.
  LogicalResult create(Location loc);
  /// Writes the C++ of `prepared`, and golden/reference.so of `reference`,
  /// which has passed the CPU pipeline.
  LogicalResult write(ModuleOp prepared, ModuleOp reference,
                      CPUTargetOptions target);
  /// Runs the reference on the golden inputs. Without `runner` a warning says
  /// how to do it later.
  LogicalResult evaluate(ModuleOp prepared, StringRef runner);
  /// Lets all outputs appear, those that were in `outputs` before too.
  LogicalResult commit(Location loc);

private:
  llvm::Error makeFolder(StringRef folder);
  llvm::Error makeTemporary();
  llvm::Error copyFiles();

  OutputSet &outputs;
  std::string path, temporary;
  std::optional<MadeFolder> temporaryFolder;
  /// Folders that were not there before, in the order in which they were made.
  std::vector<MadeFolder> made;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_PIPELINES_HLS_OUTPUTFOLDER_H
