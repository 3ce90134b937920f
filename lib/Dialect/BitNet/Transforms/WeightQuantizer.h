//===- WeightQuantizer.h - float weights to ternary codes -------*- C++ -*-===//

#ifndef BITNET_LIB_DIALECT_BITNET_TRANSFORMS_WEIGHTQUANTIZER_H
#define BITNET_LIB_DIALECT_BITNET_TRANSFORMS_WEIGHTQUANTIZER_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include <vector>

namespace mlir::bitnet {

/// Evaluates `bitnet.quantize_weights` (w_c1, w_c2). Reads the tensor twice, in
/// pieces spread over the cores, and lets go of a file's pages as it goes. The
/// result does not depend on the number of cores: the f64 sums of pieces of
/// fixed size are added in order.
class WeightQuantizer {
public:
  struct Result {
    bool finite = true, allZero = false;
    float scale = 0;
    /// The codes, stored as i2: four to a byte, low bits first.
    std::vector<uint8_t> codes;
  };

  WeightQuantizer(ArrayRef<uint8_t> bytes, Type element, uint64_t count,
                  BlobStore &store)
      : bytes(bytes), element(element), count(count), store(store) {}

  Result run(WeightMethod method);

private:
  struct Means {
    double sum = 0, sumAbs = 0;
  };
  /// Calls `body(index, first element, values)` for every piece.
  void
  forEachChunk(function_ref<void(uint64_t, uint64_t, ArrayRef<float>)> body);
  Means computeMeans();

  ArrayRef<uint8_t> bytes;
  Type element;
  uint64_t count;
  BlobStore &store;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_DIALECT_BITNET_TRANSFORMS_WEIGHTQUANTIZER_H
