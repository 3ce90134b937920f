//===- WeightImage.h - the bytes of the model's weights ---------*- C++ -*-===//
//
// LowerConstants (stage 4) decides what lies where; emitCPU streams the image
// into the library or into a file beside it.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_TARGET_CPU_WEIGHTIMAGE_H
#define BITNET_LIB_TARGET_CPU_WEIGHTIMAGE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/runtime/abi.h"

#include "mlir/IR/BuiltinOps.h"

#include <array>

namespace mlir::bitnet {

/// The module attributes `bitnet.weights` (values and offsets) and
/// `bitnet.weights_size` as one stream of bytes, gaps filled with zeros.
/// Nothing is gathered in memory: mapped files are read in pieces of 4 MB and
/// their pages released.
class WeightImage {
public:
  /// Failure, with a diagnostic, when the attributes are malformed, ranges
  /// overlap or a file cannot be read.
  static FailureOr<WeightImage> get(ModuleOp module);

  uint64_t size() const { return totalSize; }

  /// bitnet_weights_seal as it lies in files.
  using Seal = std::array<uint8_t, sizeof(bitnet_weights_seal)>;
  using Sink = llvm::function_ref<LogicalResult(ArrayRef<uint8_t>)>;
  /// Passes all bytes to `sink` in order.
  LogicalResult stream(Sink sink) const;
  /// The same, followed by zeros up to bitnet_seal_offset and the seal, which
  /// is returned. Every byte is read once: the hash is taken on the way.
  FailureOr<Seal> streamSealed(Sink sink) const;

private:
  struct Range {
    Attribute value;
    uint64_t offset, length;
  };

  explicit WeightImage(ModuleOp module) : module(module) {}
  LogicalResult addRange(Attribute entry);
  LogicalResult checkRanges();
  LogicalResult streamBlob(bitnet::BlobAttr blob, Sink sink) const;

  mutable ModuleOp module;
  SmallVector<Range> ranges;
  uint64_t totalSize = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_TARGET_CPU_WEIGHTIMAGE_H
