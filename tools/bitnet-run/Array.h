//===- Array.h - named dense arrays in memory -------------------*- C++ -*-===//
//
// Files, random inputs and results all are Arrays; only Session and GuardedRun
// make tensors of the ABI out of them.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_ARRAY_H
#define BITNET_TOOLS_BITNET_RUN_ARRAY_H

#include "bitnet/runtime/runtime.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bitnet::run {

/// A dense, row-major array with a name that it has in a file or in the model.
/// An empty name stands for "no array" (DataSet.h).
struct Array {
  std::string name;
  int32_t dtype = BITNET_DTYPE_F32;
  std::vector<int64_t> shape;
  /// size() elements of `dtype`, little-endian.
  std::vector<char> bytes;

  /// Number of elements.
  int64_t size() const;
  /// Element `i` as a double (16-bit floats widened).
  double at(int64_t i) const;
};

/// Elements of `shape` times bytes of `dtype`; nothing when negative or too
/// large.
std::optional<uint64_t> byteSize(int32_t dtype, llvm::ArrayRef<int64_t> shape);

/// "f32[2,3]".
std::string describe(int32_t dtype, llvm::ArrayRef<int64_t> shape);

/// Copies what the runtime returned. The tensor is dense, and its memory still
/// belongs to the caller.
Array fromTensor(llvm::StringRef name, const bitnet_tensor &tensor);

/// A tensor that points into `array`. Valid while `array` is there and its
/// bytes are not changed in size.
bitnet_tensor asTensor(Array &array);

/// Rounds an f32 array to f16 or bf16 (half to even) in place. `dtype` is
/// BITNET_DTYPE_F16 or BITNET_DTYPE_BF16.
void castTo16Bit(Array &array, int32_t dtype);
/// Widens f16 or bf16 to f32 in place.
void castToF32(Array &array);

/// Conversions of single numbers: bits of f16 and bf16, rounded half to even;
/// what is too large becomes an infinity, and a NaN stays one.
uint16_t floatToHalf(float value);
float halfToFloat(uint16_t bits);
uint16_t floatToBFloat(float value);
float bfloatToFloat(uint16_t bits);

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_ARRAY_H
