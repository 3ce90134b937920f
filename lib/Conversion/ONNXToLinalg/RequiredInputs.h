//===- RequiredInputs.h - how many inputs a node must have ------*- C++ -*-===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_REQUIREDINPUTS_H
#define BITNET_CONVERSION_ONNXTOLINALG_REQUIREDINPUTS_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace mlir::bitnet {

/// How many of the first inputs of a supported operator are not optional, by
/// the schema of that version.
unsigned getRequiredInputs(llvm::StringRef domain, llvm::StringRef op,
                           int64_t version);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_REQUIREDINPUTS_H
