//===- Summary.h - what the compiler tells its user -------------*- C++ -*-===//
//
// All of it goes to standard error, except printSupportedOps: standard output
// is for the compiled form (-o -).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_COMPILE_SUMMARY_H
#define BITNET_TOOLS_BITNET_COMPILE_SUMMARY_H

#include "bitnet/Pipelines/Driver.h"

namespace mlir::bitnet {
/// `[2/6] quantize (1.3 s, peak 210 MB)`
void printProgress(unsigned index, unsigned count, llvm::StringRef name,
                   double seconds);
/// One line per kind of layer, or per layer when `everyLayer`.
void printSummary(const CompileOptions &options, const CompileResult &result,
                  bool everyLayer);
/// `Clip 6, 11, 12, 13`: one line per operator. utils/gen-docs.py reads these
/// lines to write docs/OnnxSupport.md.
void printSupportedOps(llvm::raw_ostream &os);
} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_SUMMARY_H
