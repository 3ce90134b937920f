//===- TernaryJudge.h - are these weights ternary? --------------*- C++ -*-===//
//
// w_c5: weights are judged by their values, whatever made them: every value is
// -s, 0 or s, where s belongs to the tensor, to a run of rows, to a row or to a
// group of columns of a row.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CONVERSION_ONNXTOBITNET_TERNARYJUDGE_H
#define BITNET_LIB_CONVERSION_ONNXTOBITNET_TERNARYJUDGE_H

#include "bitnet/ConstantEval/Stream.h"

#include <optional>

namespace mlir::bitnet {

/// Codes and scales of ternary weights [N, K]; codes * scale are the weights.
struct TernaryWeight {
  /// How many weights share one scale: all, those of a segment of rows, those
  /// of one row, or those of one group of columns of a row.
  enum class Granularity { Tensor, Segment, Row, Group };

  int64_t n = 0, k = 0;
  Granularity granularity = Granularity::Tensor;
  /// Columns per scale when granularity is Group.
  int64_t groupSize = 0;
  /// Rows per run of equal scales when granularity is Segment.
  SmallVector<int64_t> segments;
  /// 1, N, or N * K/G scales. All-zero parts have scale 1.
  std::vector<float> scales;
  /// Two's complement i2, four to a byte, low bits first, rows not padded.
  std::vector<uint8_t> codes;
  bool isBinary = false, isZero = false;

  /// The code at `index` of [N, K] in row-major order.
  int getCode(int64_t index) const {
    int raw = (codes[index >> 2] >> ((index & 3) * 2)) & 3;
    return raw == 3 ? -1 : raw;
  }
};

/// The judge's answer: `ternary` is set, or `reason` says why it is not.
struct Verdict {
  std::optional<TernaryWeight> ternary;
  /// The values are ternary apart from NaN or infinities (w_c6).
  bool nonFinite = false;
  /// Why the weights are not ternary.
  std::string reason;
};

/// Judges weights streamed as [N, K...] (`rowsFirst`) or [K, N] in one pass
/// (two for groups of an odd multiple of 16) that ends early when they are not
/// ternary.
Verdict judgeTernary(fold::Stream &weights, int64_t n, int64_t k,
                     bool rowsFirst);

/// The name of a granularity in the report of layers.
StringRef stringify(TernaryWeight::Granularity granularity);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_ONNXTOBITNET_TERNARYJUDGE_H
