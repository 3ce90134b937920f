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
  /// As bf16 where every value is a bf16 number, which takes half the memory
  /// and changes no result.
  Lossless,
  /// As the model holds them.
  Keep,
  /// Rounded to bf16.
  BF16,
  /// As codes of eight bits with one scale per row.
  Int8
};

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOBITNET_FLOATWEIGHTS_H
