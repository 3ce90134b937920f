//===- HLSCpp.h - loops to C++ for high-level synthesis ---------*- C++ -*-===//
//
// The passes of Passes.td bring the loops of stage 4 into a small subset
// (static shapes, named ports, no results); `writeHLSFiles` prints that subset
// and never changes it. docs/HLS.md describes the folder.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TARGET_HLSCPP_HLSCPP_H
#define BITNET_TARGET_HLSCPP_HLSCPP_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// What the passes leave for the printer. Of an argument of the top: its name
/// in C++.
inline constexpr llvm::StringLiteral kPortAttr =
    BitNetDialect::PortAttrHelper::getNameStr();
/// Of an argument of the top: it is an output.
inline constexpr llvm::StringLiteral kOutputAttr =
    BitNetDialect::OutputAttrHelper::getNameStr();
/// Of @main: the name of the top function.
inline constexpr llvm::StringLiteral kTopAttr =
    BitNetDialect::TopAttrHelper::getNameStr();
/// Of a loop: the initiation interval that is asked for.
inline constexpr llvm::StringLiteral kPipelineAttr =
    BitNetDialect::PipelineAttrHelper::getNameStr();
/// Of a loop: how many iterations become one.
inline constexpr llvm::StringLiteral kUnrollAttr =
    BitNetDialect::UnrollAttrHelper::getNameStr();
/// Of an array: how many parts can be read at a time.
inline constexpr llvm::StringLiteral kPartitionAttr =
    BitNetDialect::PartitionAttrHelper::getNameStr();

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
