//===- Limits.h - what the machine can do at best --------------*- C++ -*-===//
//
// Every figure of a kernel is a share of one of two limits: what memory
// delivers to a plain read, and what the multiplier does on operands in
// registers.
//
//===----------------------------------------------------------------------===//

#ifndef BENCHMARKS_NATIVE_LIMITS_H
#define BENCHMARKS_NATIVE_LIMITS_H

#include "Memory.h"
#include "Options.h"
#include "Team.h"

#include <map>

namespace bench {

/// The fastest way to read memory, by number of threads.
using Readers = std::map<int, const ReadPattern *>;

/// Reads a buffer piece by piece, again and again: a piece is read in a few
/// milliseconds, in which nothing may happen to interrupt it, and comes from
/// memory, because all others were read since.
class PieceReader {
public:
  PieceReader(Team &team, const Buffer &buffer) : team(team), buffer(buffer) {}
  /// Bytes of a piece.
  size_t size() const;
  /// About `bytes` from now on, as many as what it is compared with reads: a
  /// shorter piece is disturbed less often.
  void setSize(size_t bytes);
  /// Somebody else reads the buffer at `position`: neither may find in a cache
  /// what the other one left there.
  void avoid(size_t position);
  /// Reads the next piece, each thread its share.
  void read(int threads, const ReadPattern &pattern);

private:
  Team &team;
  const Buffer &buffer;
  size_t pieceBytes = size_t(16) << 20, at = 0;
};

/// Measures and prints every read pattern on pages of both sizes. `huge` holds
/// random bytes. Returns the fastest on `huge`. The keys are the thread counts
/// of the options.
Readers measureReads(Team &team, const Options &options, const Buffer &huge);
/// Measures and prints every int8 instruction.
void measurePeaks(Team &team, const Options &options);

/// Products on each thread for one measurement of a peak.
inline constexpr uint64_t kPeakMacs = 400000000;
/// Runs `peak` on each thread; false when the results are wrong. The caller
/// takes the time.
bool runPeak(Team &team, int threads, const Peak &peak);
/// Multiply-accumulates of one runPeak, about.
double peakMacs(int threads);

} // namespace bench

#endif // BENCHMARKS_NATIVE_LIMITS_H
