//===- HostConstants.h - constants run by the whole compiler ----*- C++ -*-===//

#ifndef BITNET_PIPELINES_HOSTCONSTANTS_H
#define BITNET_PIPELINES_HOSTCONSTANTS_H

#include "bitnet/ConstantEval/ConstantRunner.h"

#include <memory>

namespace mlir::bitnet {

/// Takes a module through all stages but recognition, for the class of machines
/// that getHostTarget names, and runs it. Nothing is set up before the first
/// `run`.
std::shared_ptr<const ConstantRunner> createHostConstantRunner();

} // namespace mlir::bitnet

#endif // BITNET_PIPELINES_HOSTCONSTANTS_H
