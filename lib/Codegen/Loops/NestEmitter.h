//===- NestEmitter.h - the loops of a planned nest --------------*- C++ -*-===//
//
// Called by --bitnet-vectorize-nests, which erases the operation afterwards.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CODEGEN_LOOPS_NESTEMITTER_H
#define BITNET_LIB_CODEGEN_LOOPS_NESTEMITTER_H

#include "NestPlan.h"

namespace mlir::bitnet {

/// Emits the loops of `plan` before its operation, which stays.
void emitNest(const NestPlan &plan);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_LOOPS_NESTEMITTER_H
