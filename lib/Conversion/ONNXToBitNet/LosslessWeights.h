//===- LosslessWeights.h - f32 weights that are bf16 numbers ----*- C++ -*-===//
//
// Checkpoints are bf16; exported to f32, their weights still are bf16 numbers
// and take half the memory, with the same bits of every result (w_c7).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_LOSSLESSWEIGHTS_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_LOSSLESSWEIGHTS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ADT/MapVector.h"

namespace mlir::bitnet {

/// The f32 initializers of a function that are stored as bf16.
class LosslessWeights {
public:
  explicit LosslessWeights(BlobStore &store) : store(store) {}

  /// Whether `weights` are large, nothing but bf16 numbers, and read by
  /// products and Gather only, which widen them in place: another reader would
  /// need the f32 as well.
  bool accept(onnx::ConstantOp weights);
  /// What was accepted becomes a bf16 constant and a Cast, in the layout of the
  /// file: it decides the order of sums (mm_c5).
  void replace();

private:
  bool isBF16(BlobAttr blob);

  BlobStore &store;
  llvm::MapVector<onnx::ConstantOp, bool> known;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_LOSSLESSWEIGHTS_H
