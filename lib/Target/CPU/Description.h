//===- Description.h - the table bitnet_generated_desc ----------*- C++ -*-===//

#ifndef BITNET_LIB_TARGET_CPU_DESCRIPTION_H
#define BITNET_LIB_TARGET_CPU_DESCRIPTION_H

#include "Signature.h"

namespace llvm {
class Module;
}

namespace mlir::bitnet {

/// Symbol of the embedded weights.
inline constexpr llvm::StringLiteral kWeightsSymbol = "bitnet_weights_data";

/// What the table says beside the signature.
struct ModelDescription {
  ModelSignature signature;
  std::string name, cpu, features, producer;
  uint64_t weightsSize = 0, weightsHash = 0;
  /// Base name of the weights file; empty when they are embedded.
  std::string weightsFile;
};

/// Defines `bitnet_generated_desc` in `module`, whose data layout is set.
void defineDescription(llvm::Module &module,
                       const ModelDescription &description);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_DESCRIPTION_H
