//===- Clock.h - time, and the core's frequency ----------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_CLOCK_H
#define BENCHMARKS_NATIVE_CLOCK_H

#include <functional>
#include <vector>

namespace bench {

/// Seconds of a clock that never goes back.
double now();

/// From a chain of dependent operations of known latency.
double coreGHz();

/// Seconds of one call: the best, and the median of all repetitions.
struct Times {
  double best = 0, median = 0;
};

using Work = std::function<void()>;

/// Runs all works in turn, again and again, for about `budget` seconds: what
/// disturbs one disturbs the others, so their ratios hold on a busy machine.
std::vector<Times> measureInTurn(const std::vector<Work> &works, double budget);

} // namespace bench

#endif // BENCHMARKS_NATIVE_CLOCK_H
