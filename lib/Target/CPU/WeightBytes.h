//===- WeightBytes.h - weights that a piece of a model reads ----*- C++ -*-===//
//
// --bitnet-mark-regions asks for each region how many bytes of weights it reads
// in one run: a profile shows how near that comes to what the memory can do.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_WEIGHTBYTES_H
#define BITNET_LIB_TARGET_CPU_WEIGHTBYTES_H

#include "mlir/IR/Operation.h"

namespace mlir::bitnet {

/// Bytes of the constants that `op` and the functions that it calls read, each
/// counted once.
uint64_t countWeightBytes(Operation *op);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_WEIGHTBYTES_H
