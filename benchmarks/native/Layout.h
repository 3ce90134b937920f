//===- Layout.h - packed weights: docs/Kernels.md --------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_LAYOUT_H
#define BENCHMARKS_NATIVE_LAYOUT_H

#include "Memory.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// How weights are packed: `[rows / rowBlock][cols / chunkCols][rowBlock /
/// 16][64]` bytes. This is written apart from the compiler's own packing on
/// purpose: a check with the code that is checked would find nothing.
struct Packing {
  const char *name;
  /// Rows of a block of weights, and columns that a chunk covers.
  int64_t rowBlock, chunkCols;
  /// A random byte that the packer could have written, from random bits.
  uint8_t (*makeByte)(uint64_t bits);
  /// Weight `field` (0 .. chunkCols / 4) of a byte: -1, 0 or 1.
  int (*decode)(uint8_t byte, int field);

  /// Sizes of N rows or K columns with padding, in the units of the name.
  int64_t blocks(int64_t n) const { return (n + rowBlock - 1) / rowBlock; }
  int64_t chunks(int64_t k) const { return (k + chunkCols - 1) / chunkCols; }
  int64_t paddedRows(int64_t n) const { return blocks(n) * rowBlock; }
  int64_t paddedCols(int64_t k) const { return chunks(k) * chunkCols; }
  size_t bytes(int64_t n, int64_t k) const {
    return size_t(paddedRows(n) * chunks(k) * 4);
  }
};

/// The packing of that name, or null.
const Packing *findPacking(const std::string &name);

/// Weights W[n, k] for n in 0 .. rows, k in 0 .. cols.
struct Matrix {
  const Packing *packing;
  int64_t rows, cols;
  const uint8_t *data;

  size_t bytes() const { return packing->bytes(rows, cols); }
  /// The weights of row n, unpacked.
  std::vector<int8_t> row(int64_t n) const;
};

/// Activations X[m, k], int8, each row padded to `paddedCols` with zeros as the
/// quantizer does, and the sums of the rows. The extremes are among them: runs
/// of -128 and of 127.
struct Activations {
  Activations(int64_t rows, int64_t cols, int64_t paddedCols);

  int64_t rows, cols, paddedCols;
  LineVector<int8_t> codes;
  std::vector<int32_t> sums;
};

/// Plain int32 arithmetic: sum of W[n, k] * x[k]. The sum cannot overflow for K
/// of any real model.
int32_t referenceDot(const std::vector<int8_t> &weights, const int8_t *x);

} // namespace bench

#endif // BENCHMARKS_NATIVE_LAYOUT_H
