//===- Passes.h - bitnet to linalg ------------------------------*- C++ -*-===//
//
// --convert-bitnet-to-linalg lowers the arithmetic of layers (quantizers,
// rescaling, packing at run time, unpacked products) to linalg on tensors.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_BITNETTOLINALG_PASSES_H
#define BITNET_CONVERSION_BITNETTOLINALG_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
/// Option structs and create functions of the passes, and their registration.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Conversion/BitNetToLinalg/Passes.h.inc"
} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_BITNETTOLINALG_PASSES_H
