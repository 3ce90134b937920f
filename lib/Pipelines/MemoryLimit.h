//===- MemoryLimit.h - what a compilation may take of memory ----*- C++ -*-===//
//
// --max-memory: a model is a file of somebody else, so what it asks for is
// compared with what may be had before the work, and again after each stage.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_PIPELINES_MEMORYLIMIT_H
#define BITNET_LIB_PIPELINES_MEMORYLIMIT_H

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <optional>

namespace mlir::bitnet {

/// The limit of one compilation, in bytes, beyond what the process had when the
/// compilation began: a program that uses the library may hold much itself.
class MemoryLimit {
public:
  /// Without a wish the limit is the memory of the machine or control group.
  explicit MemoryLimit(std::optional<uint64_t> wish);

  /// Fails when what stages will make of the imported `module` is likely more
  /// than the limit: IR grows with operations, codes and packed weights with
  /// the elements of constants. Weights stay in their files, whose pages are
  /// given back.
  LogicalResult checkModel(ModuleOp module) const;
  /// Fails when the process has grown beyond the limit in `stage`.
  LogicalResult checkStage(Location loc, StringRef stage) const;

private:
  uint64_t limit, before;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_PIPELINES_MEMORYLIMIT_H
