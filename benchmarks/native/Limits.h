//===- Limits.h - what the machine can do at best --------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_LIMITS_H
#define BENCHMARKS_NATIVE_LIMITS_H

#include "Memory.h"
#include "Options.h"
#include "Team.h"

#include <map>

namespace bench {

/// The fastest way to read memory, by number of threads.
using Readers = std::map<int, const ReadPattern *>;

/// Reads all of `buffer`, each thread its share; false when a word was missed.
bool readAll(Team &team, int threads, const Buffer &buffer,
             const ReadPattern &pattern, uint64_t want);
/// The xor of all words.
uint64_t xorOf(const Buffer &buffer);

/// Measures and prints every read pattern on pages of both sizes. `huge` holds
/// random bytes. Returns the fastest on `huge`.
Readers measureReads(Team &team, const Options &options, const Buffer &huge);
/// Measures and prints every int8 instruction.
void measurePeaks(Team &team, const Options &options);

/// Products on each thread for one measurement of a peak.
inline constexpr uint64_t kPeakMacs = 400000000;
/// Runs `peak` on each thread; false when the results are wrong.
bool runPeak(Team &team, int threads, const Peak &peak);
/// What runPeak does, about.
double peakMacs(int threads);

} // namespace bench

#endif // BENCHMARKS_NATIVE_LIMITS_H
