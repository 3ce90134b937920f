//===- StreamTable.h - elementwise functions of bytes -----------*- C++ -*-===//
//
// Elementwise operators over 8-bit integers and scalars, however many, are a
// function of a byte: 256 values instead of a pass over all values for each.
// Packed weights are taken apart by some ten of them.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONSTANTEVAL_STREAMTABLE_H
#define BITNET_LIB_CONSTANTEVAL_STREAMTABLE_H

#include "bitnet/ConstantEval/Stream.h"

#include <array>

namespace mlir::bitnet::fold {

/// Value i is entry `bytes[i]` of a table.
class Table final : public Stream {
public:
  /// `origin` is what the entries come from.
  Table(StreamRef bytes, Type element, ArrayRef<double> entries, Origin origin);

  void read(int64_t begin, MutableArrayRef<double> out) override;
  void readBytes(int64_t begin, MutableArrayRef<uint8_t> out) override;
  void describe(Origin &total) const override;

  /// Integers of at most 8 bits.
  const StreamRef &getBytes() const { return bytes; }
  ArrayRef<double> getEntries() const { return entries; }
  /// The same values under another shape; null when they are not as many.
  StreamRef reshaped(ArrayRef<int64_t> shape) const;

private:
  StreamRef bytes;
  std::array<double, 256> entries;
  std::array<uint8_t, 256> narrow;
  Origin origin;
};

/// Whether the values of `stream` are bytes.
bool isBytes(const Stream &stream);

/// Whether operands over `shape` are functions of the same large stream of
/// bytes, and scalars. Gives each as the values that it has for the bytes 0 to
/// 255, and the bytes; null otherwise.
StreamRef splitBytes(ArrayRef<int64_t> shape, ArrayRef<StreamRef> operands,
                     SmallVectorImpl<StreamRef> &entries);

} // namespace mlir::bitnet::fold

#endif // BITNET_LIB_CONSTANTEVAL_STREAMTABLE_H
