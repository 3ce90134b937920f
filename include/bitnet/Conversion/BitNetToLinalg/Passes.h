//===- Passes.h - bitnet to linalg ------------------------------*- C++ -*-===//

#ifndef BITNET_CONVERSION_BITNETTOLINALG_PASSES_H
#define BITNET_CONVERSION_BITNETTOLINALG_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Conversion/BitNetToLinalg/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_BITNETTOLINALG_PASSES_H
