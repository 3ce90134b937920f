//===- Backends.cpp - the targets of the compiler -------------------------===//
//
// The one list of backends: a line each for the declaration and the entry.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Backend.h"

using namespace mlir::bitnet;

namespace mlir::bitnet {
extern const Backend kCPUBackend, kHLSBackend;
} // namespace mlir::bitnet

llvm::ArrayRef<const Backend *> mlir::bitnet::getBackends() {
  static const Backend *const kBackends[] = {&kCPUBackend, &kHLSBackend};
  return kBackends;
}
