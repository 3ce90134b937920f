//===- FloatWeights.h - how float layers store weights ----------*- C++ -*-===//
//
// An option of --convert-onnx-to-bitnet and of bitnet-compile
// (--float-weights).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOBITNET_FLOATWEIGHTS_H
#define BITNET_CONVERSION_ONNXTOBITNET_FLOATWEIGHTS_H

namespace mlir::bitnet {

/// What becomes of weights that are not ternary (w_c7).
enum class FloatWeights {
  /// As bf16 where all are bf16 numbers: the same bits in half the memory.
  Lossless,
  /// What the model holds.
  Keep,
  /// Rounded to bf16.
  BF16,
  /// Codes of eight bits, one scale per row.
  Int8
};

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOBITNET_FLOATWEIGHTS_H
