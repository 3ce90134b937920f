//===- Clock.cpp - time, and the core's frequency -------------------------===//

#include "Clock.h"

#include <algorithm>
#include <cstdint>
#include <ctime>

using namespace bench;

double bench::now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Cycles of `rounds` chains of four dependent operations. x86: imul, 3 cycles
/// on every core of today (additions may be renamed away); Arm: eor, 1 cycle.
static double chain(int rounds) {
  uint64_t v = 3;
  for (int i = 0; i < rounds; ++i)
#if defined(__x86_64__)
    __asm__ volatile("imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0"
                     : "+r"(v));
  return 12.0 * rounds;
#else
    __asm__ volatile("eor %0, %0, %1\n\teor %0, %0, %1\n\t"
                     "eor %0, %0, %1\n\teor %0, %0, %1"
                     : "+r"(v)
                     : "r"(uint64_t(5)));
  return 4.0 * rounds;
#endif
}

/// The best of 30 attempts: an interruption only makes a chain slower.
double bench::coreGHz() {
  double best = 0;
  for (int r = 0; r < 30; ++r) {
    double start = now();
    double cycles = chain(20000);
    best = std::max(best, cycles / (now() - start) * 1e-9);
  }
  return best;
}

/// The shortest and the middle sample.
static Times summarize(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {samples.front(), samples[samples.size() / 2]};
}

/// Three samples at least, even of what takes longer than the budget.
std::vector<Times> bench::measureInTurn(const std::vector<Work> &works,
                                        double budget) {
  std::vector<std::vector<double>> samples(works.size());
  double stop = now() + budget;
  while (samples[0].size() < 3 || (now() < stop && samples[0].size() < 10000))
    for (size_t i = 0; i < works.size(); ++i) {
      double start = now();
      works[i]();
      samples[i].push_back(now() - start);
    }
  std::vector<Times> times;
  for (std::vector<double> &s : samples)
    times.push_back(summarize(std::move(s)));
  return times;
}
