//===- Clock.h - time, and the core's frequency ----------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_CLOCK_H
#define BENCHMARKS_NATIVE_CLOCK_H

#include <functional>
#include <vector>

namespace bench {

/// Seconds of a clock that never goes back.
double now();

/// The frequency of this core right now, from a chain of dependent operations
/// of known latency. It takes some 50 ms.
double coreGHz();

/// Seconds of one call: the shortest, and the median of all repetitions. The
/// shortest tells what the machine can do, the median what disturbed it.
struct Times {
  double best = 0, median = 0;
};

/// One repetition of what is measured; what it returns is in variables that it
/// refers to.
using Work = std::function<void()>;

/// Runs all works in turn, again and again, for about `budget` seconds: what
/// disturbs one disturbs the others, so their ratios hold on a busy machine.
std::vector<Times> measureInTurn(const std::vector<Work> &works, double budget);

} // namespace bench

#endif // BENCHMARKS_NATIVE_CLOCK_H
