//===- Description.h - the table bitnet_generated_desc ----------*- C++ -*-===//
//
// The glue finds everything about a model in this table. emitCPU (CPU.cpp)
// fills ModelDescription in, buildLLVMModule writes it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_DESCRIPTION_H
#define BITNET_LIB_TARGET_CPU_DESCRIPTION_H

#include "Signature.h"

namespace llvm {
class Module;
}

namespace mlir::bitnet {

/// Symbols of the embedded weights and of the seal (bitnet_weights_seal), which
/// the linker step defines.
inline constexpr llvm::StringLiteral kWeightsSymbol = "bitnet_weights_data";
inline constexpr llvm::StringLiteral kSealSymbol = "bitnet_weights_seal";

/// One of bitnet_generated_regions. `kind` is a bitnet_region_kind, `bytes`
/// what its matmuls read of the weights.
struct RegionDescription {
  std::string name;
  int32_t kind = 0;
  uint64_t bytes = 0;
};

/// The module attribute `bitnet.scratch`, empty when there is none.
std::vector<int64_t> readScratch(ModuleOp module);

/// The module attribute `bitnet.regions`, empty when there is none.
std::vector<RegionDescription> readRegions(ModuleOp module);

/// One class of machines that the library serves.
struct ISADescription {
  /// The name is what BITNET_ISA may say, the features are LLVM's, "+avx2,...".
  std::string name, features;
  /// Symbol of its entry.
  std::string main;
};

/// What the table says beside the signature.
struct ModelDescription {
  /// The other fields are those of bitnet_model_desc.
  ModelSignature signature;
  /// The fields of bitnet_model_desc of these names.
  std::string name, cpu, features, producer;
  uint64_t weightsSize = 0;
  /// Base name of the weights file; empty when they are embedded.
  std::string weightsFile;
  std::vector<RegionDescription> regions;
  /// Bytes of a scratch block of each level.
  std::vector<int64_t> scratch;
  /// The ISA variants from worst to best; there is at least one.
  std::vector<ISADescription> isas;
};

/// Defines `bitnet_generated_desc`, `bitnet_generated_mains` and
/// `bitnet_generated_regions` in `module`,
/// whose data layout is set.
void defineDescription(llvm::Module &module,
                       const ModelDescription &description);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_DESCRIPTION_H
