//===- Passes.h - float arithmetic with the same bits -----------*- C++ -*-===//
//
// --bitnet-strict-floats ends stage 4 where sums may not be reordered;
// --bitnet-expand-math and --bitnet-expand-small-floats make operations of IEEE
// 754 of what a machine, or C++, has no instruction for. CPUs and hardware use
// them, so that both compute the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CODEGEN_FLOATS_PASSES_H
#define BITNET_CODEGEN_FLOATS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "bitnet/Codegen/Floats/Passes.h.inc"

/// Takes the contract flag off conversions between floats. Upstream's emulation
/// of narrow floats sets it, and folding would then skip roundings that the
/// model asks for (act_c3).
void keepRoundings(Operation *root);
} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_FLOATS_PASSES_H
