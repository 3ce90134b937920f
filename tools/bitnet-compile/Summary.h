//===- Summary.h - what the compiler tells its user -------------*- C++ -*-===//
//
// All of it goes to standard error, except printSupportedOps: standard output
// is for the compiled form (-o -).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_COMPILE_SUMMARY_H
#define BITNET_TOOLS_BITNET_COMPILE_SUMMARY_H

#include "bitnet/CAPI/Compiler.h"

#include "llvm/Support/raw_ostream.h"

namespace mlir::bitnet {
/// `[2/6] quantize (1.3 s, peak 210 MB)`
void printProgress(const bitnet_compile_progress &progress);
/// One line per kind of layer, or per layer when `everyLayer`.
void printSummary(llvm::StringRef model, const bitnet_compile_result &result,
                  bool everyLayer);
/// `Clip 6, 11, 12, 13`: one line per operator. utils/gen-docs.py reads these
/// lines to write docs/OnnxSupport.md.
void printSupportedOps(llvm::raw_ostream &os);
} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_SUMMARY_H
