//===- GoldenInputs.h - deterministic inputs of the testbench ---*- C++ -*-===//

#ifndef BITNET_LIB_TARGET_HLSCPP_GOLDENINPUTS_H
#define BITNET_LIB_TARGET_HLSCPP_GOLDENINPUTS_H

#include "mlir/IR/BuiltinTypes.h"

#include <string>

namespace mlir::bitnet {
/// A .npy file of `type`: floats of roughly unit variance, all int8 values, 0
/// and 1 for wider integers, which often are indices. The same bytes on every
/// machine.
std::string makeGoldenInput(MemRefType type, uint64_t seed);
} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_HLSCPP_GOLDENINPUTS_H
