//===- RuntimeText.h - runtime/hls as text ----------------------*- C++ -*-===//
//
// The headers that every folder of --target=hls gets, as text; the build makes
// the definitions from runtime/hls.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_HLSCPP_RUNTIMETEXT_H
#define BITNET_LIB_TARGET_HLSCPP_RUNTIMETEXT_H

#include "llvm/ADT/StringRef.h"

namespace mlir::bitnet {
extern const llvm::StringLiteral kHLSRuntime;
extern const llvm::StringLiteral kTestbenchRuntime;
extern const llvm::StringLiteral kStreamShim;
} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_HLSCPP_RUNTIMETEXT_H
