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
  std::string name, isa, packing, source;
  int threads = 1;
  int64_t m = 0, n = 0, k = 0;
  double seconds = 0, medianSeconds = 0;
  std::optional<double> gbps, dramGbps, fracDram;
  std::optional<double> gmacs, peakGmacs, fracPeak;
  std::optional<double> cyclesPer64, ofIntrinsics;
  bool checked = false;
};

/// One line of JSON on stdout.
void print(const Row &row);

} // namespace bench

#endif // BENCHMARKS_NATIVE_ROW_H
