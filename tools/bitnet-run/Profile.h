//===- Profile.h - where the time of a run goes -----------------*- C++ -*-===//
//
// The model calls mark when another region begins, on the thread that runs it,
// so the time between two marks is that of one region with all its threads.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_PROFILE_H
#define BITNET_TOOLS_BITNET_RUN_PROFILE_H

#include "bitnet/runtime/abi.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <vector>

namespace bitnet::run {

/// Adds up, over several runs, the time between marks.
class Profile {
public:
  /// One entry per region of the model, and one more for what is in none. The
  /// table of regions belongs to the model.
  explicit Profile(llvm::ArrayRef<bitnet_region_desc> regions)
      : regions(regions), rows(regions.size() + 1) {}

  /// Starts the clock; the time before the first mark belongs to no region.
  void beginRun();
  /// bitnet_run_options.mark, with a Profile as `user`.
  static void mark(void *profile, int32_t region);
  /// bitnet_run_options.work, likewise.
  static void work(void *profile, uint64_t macs);
  /// Adds the time since the last mark and counts the run.
  void endRun();

  /// Regions by time, then the sums by kind. A table for people, without
  /// regions that took next to no time.
  void print(llvm::raw_ostream &os, int threads) const;
  /// Every region that took time, for scripts; times are milliseconds per run.
  void printJSON(llvm::raw_ostream &os, int threads) const;

private:
  using Clock = std::chrono::steady_clock;
  /// What one region took, over all runs.
  struct Row {
    double milliseconds = 0;
    uint64_t calls = 0;
    uint64_t macs = 0;
  };
  /// Adds the time since the last call to the current region; `row` is current
  /// from here on.
  void enter(size_t row);
  void printRow(llvm::raw_ostream &os, size_t row) const;
  llvm::StringRef nameOf(size_t row) const;
  int32_t kindOf(size_t row) const;
  double perRun(size_t row) const { return rows[row].milliseconds / runs; }
  /// The share of the time of a whole run, in percent.
  double percent(double milliseconds) const;
  /// Milliseconds of one run.
  double total() const;
  /// The rate at which an entry reads its weights; 0 when it reads none.
  double gigabytesPerSecond(size_t row) const;
  /// The rate of an entry's MACs in 10^9 per second; 0 when it has none.
  double gigamacsPerSecond(size_t row) const;
  /// Entries with time in them, the longest first.
  std::vector<size_t> sorted() const;
  /// Milliseconds of one run by bitnet_region_kind.
  std::vector<double> sumByKind() const;

  llvm::ArrayRef<bitnet_region_desc> regions;
  std::vector<Row> rows; ///< the last is for what is in no region
  size_t current = 0;
  Clock::time_point since;
  unsigned runs = 0;
};

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_PROFILE_H
