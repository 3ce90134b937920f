//===- Row.h - one line of results -----------------------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_ROW_H
#define BENCHMARKS_NATIVE_ROW_H

#include <cstdint>
#include <optional>
#include <string>

namespace bench {

/// Rates are of the best repetition. Fractions are of what was measured in
/// turn with it; absent where they mean nothing.
struct Row {
  /// Empty texts and absent figures are "" and null in JSON.
  std::string name, isa, packing, source;
  int threads = 1;
  int64_t m = 0, n = 0, k = 0;
  /// Seconds of one product or read.
  double seconds = 0, medianSeconds = 0;
  /// Weights read, in 10^9 bytes per second; the memory's rate in the same
  /// turn; their ratio.
  std::optional<double> gbps, dramGbps, fracDram;
  /// 10^9 multiply-accumulates per second; the peak's; their ratio.
  std::optional<double> gmacs, peakGmacs, fracPeak;
  /// Core cycles for 64 multiply-accumulates; the time of the form by hand
  /// divided by this one's: 1 is as fast.
  std::optional<double> cyclesPer64, ofIntrinsics;
  /// The product was compared with plain arithmetic.
  bool checked = false;
};

/// One line of JSON on stdout.
void print(const Row &row);

} // namespace bench

#endif // BENCHMARKS_NATIVE_ROW_H
