//===- Profile.h - where the time of a run goes -----------------*- C++ -*-===//

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
  explicit Profile(llvm::ArrayRef<bitnet_region_desc> regions)
      : regions(regions), rows(regions.size() + 1) {}

  void beginRun();
  /// bitnet_run_options.mark, with a Profile as `user`.
  static void mark(void *profile, int32_t region);
  /// bitnet_run_options.work, likewise.
  static void work(void *profile, uint64_t macs);
  void endRun();

  /// Regions by time, then the sums by kind.
  void print(llvm::raw_ostream &os, int threads) const;
  void printJSON(llvm::raw_ostream &os, int threads) const;

private:
  using Clock = std::chrono::steady_clock;
  struct Row {
    double milliseconds = 0;
    uint64_t calls = 0;
    uint64_t macs = 0;
  };
  void enter(size_t row);
  void printRow(llvm::raw_ostream &os, size_t row) const;
  llvm::StringRef nameOf(size_t row) const;
  int32_t kindOf(size_t row) const;
  double perRun(size_t row) const { return rows[row].milliseconds / runs; }
  double percent(double milliseconds) const;
  double total() const;
  /// Of the weights of a row; 0 when it reads none.
  double gigabytesPerSecond(size_t row) const;
  /// Billions of multiply-accumulates; 0 when it has none.
  double gigamacsPerSecond(size_t row) const;
  /// Rows with time in them, longest first.
  std::vector<size_t> sorted() const;
  std::vector<double> sumByKind() const;

  llvm::ArrayRef<bitnet_region_desc> regions;
  std::vector<Row> rows; ///< the last is for what is in no region
  size_t current = 0;
  Clock::time_point since;
  unsigned runs = 0;
};

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_PROFILE_H
