//===- TargetInfo.h - target machines ---------------------------*- C++ -*-===//
//
// Makes LLVM's object for the options of a target. CPU.h has the functions that
// other folders may call.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_TARGETINFO_H
#define BITNET_LIB_TARGET_CPU_TARGETINFO_H

#include "bitnet/Target/CPU/CPU.h"

#include <memory>

namespace llvm {
class TargetMachine;
}

namespace mlir::bitnet {

/// A target machine that makes position-independent code; null with a text in
/// `error`.
std::unique_ptr<llvm::TargetMachine>
createTargetMachine(const CPUTargetOptions &resolved, std::string &error);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_TARGETINFO_H
