//===- HLSCpp.h - loops to C++ for high-level synthesis ---------*- C++ -*-===//
//
// The passes of Passes.td bring the loops of stage 4 into a small subset
// (static shapes, named ports, no results); `writeHLSFiles` prints that subset
// and never changes it. docs/HLS.md describes the folder.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TARGET_HLSCPP_HLSCPP_H
#define BITNET_TARGET_HLSCPP_HLSCPP_H

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// Argument and function attributes that the passes leave for the printer.
inline constexpr llvm::StringLiteral kPortAttr = "bitnet.port";
inline constexpr llvm::StringLiteral kOutputAttr = "bitnet.output";
inline constexpr llvm::StringLiteral kTopAttr = "bitnet.top";
inline constexpr llvm::StringLiteral kPipelineAttr = "bitnet.pipeline";
inline constexpr llvm::StringLiteral kUnrollAttr = "bitnet.unroll";
inline constexpr llvm::StringLiteral kPartitionAttr = "bitnet.partition";

/// "mlp-bit.v2" -> "mlp_bit_v2": a C identifier, no keyword.
std::string toIdentifier(StringRef name);

/// One port of the top function, an argument of the C++ function, with the file
/// of its golden vector.
struct HLSPort {
  std::string name;     ///< C identifier.
  std::string onnxName; ///< For bitnet-run.
  std::string golden;   ///< "golden/in_x.npy", relative to the folder.
  bool output;
};

/// The ports of a prepared module, inputs first.
std::vector<HLSPort> getHLSPorts(ModuleOp module);

/// Writes model.h, model.cpp, weights.h, testbench.cpp, the headers they
/// include, a Makefile and deterministic golden inputs into `folder`, which
/// exists.
LogicalResult writeHLSFiles(ModuleOp module, StringRef folder);

} // namespace mlir::bitnet

#endif // BITNET_TARGET_HLSCPP_HLSCPP_H
