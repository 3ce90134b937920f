//===- Peak.h - how many int8 products a core can do -----------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_PEAK_H
#define BENCHMARKS_NATIVE_PEAK_H

#include <cstdint>
#include <vector>

namespace bench {

/// A loop of one dot-product instruction on enough independent accumulators to
/// hide its latency.
struct Peak {
  const char *name;
  /// Runs about `macs` multiply-accumulates on the calling thread and returns
  /// how many they were; 0 when the accumulators do not hold what they must, or
  /// the system does not allow the instruction.
  uint64_t (*run)(uint64_t macs);
};

/// The instructions that this CPU has, the widest last.
const std::vector<Peak> &int8Peaks();

/// The peak of `name`, or null.
const Peak *findPeak(const char *name);

} // namespace bench

#endif // BENCHMARKS_NATIVE_PEAK_H
