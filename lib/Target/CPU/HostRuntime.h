//===- HostRuntime.h - what code calls in the compiler ----------*- C++ -*-===//
//
// Of the runtime (abi.h) what a run on one thread needs. The glue of libraries
// would take ten times as long to compile as the code that is run.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_HOSTRUNTIME_H
#define BITNET_LIB_TARGET_CPU_HOSTRUNTIME_H

#include "bitnet/runtime/abi.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// The context of one run and all its memory.
struct HostContext {
  /// What code gets a pointer to.
  bitnet_context base = {};

  struct Free {
    void operator()(void *block) const { std::free(block); }
  };
  using Block = std::unique_ptr<void, Free>;
  struct Output {
    uint64_t limit = 0;
    uint64_t elementSize = 1;
    std::vector<uint8_t> bytes;
    llvm::SmallVector<int64_t> shape;
  };

  std::vector<Output> outputs;
  /// Where code keeps the extents of outputs that are many.
  std::vector<bitnet_tensor> tensors;
  std::map<void *, Block> blocks;
  std::map<int64_t, Block> slots;
  /// Of the first failure.
  std::string error;

  /// 64-aligned; null when there is no memory.
  static Block allocate(uint64_t bytes);
  void fail(llvm::StringRef message);
  /// Room for `bytes` of an output, null after a failure.
  void *getRoom(uint32_t output, uint64_t bytes);
};

/// The blocks of working memory of one run, by level.
class HostScratch {
public:
  explicit HostScratch(llvm::ArrayRef<int64_t> sizes);
  ~HostScratch();

private:
  std::vector<HostContext::Block> blocks;
};

struct HostSymbol {
  const char *name;
  void *address;
};

/// Every function and variable of the runtime that code may name.
llvm::ArrayRef<HostSymbol> getHostSymbols();

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_HOSTRUNTIME_H
