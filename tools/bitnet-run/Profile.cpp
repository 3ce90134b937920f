//===- Profile.cpp - where the time of a run goes -------------------------===//
//
// One clock runs from beginRun to endRun; each mark ends the time of one region
// and begins that of the next, so the times add up to the run.
//
//===----------------------------------------------------------------------===//

#include "Profile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include <numeric>

using namespace llvm;
using namespace bitnet::run;

// Indexed by bitnet_region_kind.
static const char *const kindNames[] = {
    "other",    "ternary matmul", "matmul",      "softmax, activation",
    "quantize", "norm",           "elementwise", "copy"};

static constexpr size_t numKinds = std::size(kindNames);
/// Rows below are printed as one; JSON has them all.
static constexpr double kSmallPercent = 0.05;

/// The clock is read once, so that no time falls between two regions.
void Profile::enter(size_t row) {
  const Clock::time_point now = Clock::now();
  const std::chrono::duration<double, std::milli> took = now - since;
  rows[current].milliseconds += took.count();
  since = now;
  current = row;
}

/// Time before the first mark counts for what is in no region.
void Profile::beginRun() {
  since = Clock::now();
  current = regions.size();
}

/// A region that the table does not have counts as none.
void Profile::mark(void *profile, int32_t region) {
  auto &self = *static_cast<Profile *>(profile);
  const bool known = region >= 0 && size_t(region) < self.regions.size();
  self.enter(known ? size_t(region) : self.regions.size());
  ++self.rows[self.current].calls;
}

/// The model tells before it multiplies, within the region that does.
void Profile::work(void *profile, uint64_t macs) {
  auto &self = *static_cast<Profile *>(profile);
  self.rows[self.current].macs += macs;
}

void Profile::endRun() {
  enter(regions.size());
  ++runs;
}

StringRef Profile::nameOf(size_t row) const {
  return row < regions.size() ? regions[row].name : "";
}

/// A model of a later version may have kinds that this program does not know.
int32_t Profile::kindOf(size_t row) const {
  const int32_t kind = row < regions.size() ? regions[row].kind : 0;
  return kind >= 0 && kind < int32_t(numKinds) ? kind : BITNET_REGION_OTHER;
}

double Profile::total() const {
  double sum = 0;
  for (size_t row = 0; row < rows.size(); ++row)
    sum += perRun(row);
  return sum;
}

/// A profile of runs that took no time has no shares.
double Profile::percent(double milliseconds) const {
  return total() > 0 ? 100 * milliseconds / total() : 0;
}

/// 10^6 bytes per millisecond are a gigabyte per second.
double Profile::gigabytesPerSecond(size_t row) const {
  if (row >= regions.size() || perRun(row) <= 0)
    return 0;
  return double(regions[row].bytes) / perRun(row) / 1e6;
}

/// MACs and milliseconds are both sums over all runs, so the number of runs
/// cancels out.
double Profile::gigamacsPerSecond(size_t row) const {
  if (rows[row].milliseconds <= 0)
    return 0;
  return double(rows[row].macs) / rows[row].milliseconds / 1e6;
}

/// Equal times keep the order of the model.
std::vector<size_t> Profile::sorted() const {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::make_pair(rows[b].milliseconds, a) <
           std::make_pair(rows[a].milliseconds, b);
  });
  while (!order.empty() && rows[order.back()].milliseconds == 0)
    order.pop_back();
  return order;
}

/// Indexed by bitnet_region_kind.
std::vector<double> Profile::sumByKind() const {
  std::vector<double> sums(numKinds, 0.0);
  for (size_t row = 0; row < rows.size(); ++row)
    sums[kindOf(row)] += perRun(row);
  return sums;
}

/// Prints a rate, or spaces for what has none.
static void printRate(raw_ostream &os, double rate) {
  if (rate > 0)
    os << format("  %6.1f", rate);
  else
    os << "        ";
}

/// One line of the table.
void Profile::printRow(raw_ostream &os, size_t row) const {
  os << format("%9.3f  %5.1f  %5.0f", perRun(row), percent(perRun(row)),
               double(rows[row].calls) / runs);
  printRate(os, gigabytesPerSecond(row));
  printRate(os, gigamacsPerSecond(row));
  os << format("  %-19s  ", kindNames[kindOf(row)]);
  printEscapedString(nameOf(row), os);
  os << "\n";
}

void Profile::print(raw_ostream &os, int threads) const {
  os << format("profile: %.3f ms per run", total()) << " (" << runs << " runs, "
     << threads << " threads)\n"
     << "       ms      %  calls    GB/s  GMAC/s  kind                 nodes\n";
  const std::vector<size_t> order = sorted();
  // Regions with next to no time are summed up in one line at the end.
  const auto isSmall = [&](size_t row) {
    return percent(perRun(row)) < kSmallPercent;
  };
  const auto small = llvm::find_if(order, isSmall);
  for (auto row = order.begin(); row != small; ++row)
    printRow(os, *row);
  double rest = 0;
  for (auto row = small; row != order.end(); ++row)
    rest += perRun(*row);
  if (small != order.end())
    os << format("%9.3f  %5.1f", rest, percent(rest)) << "  "
       << order.end() - small << " smaller ones\n";
  os << "sums by kind:\n";
  const std::vector<double> sums = sumByKind();
  for (size_t kind = 0; kind < numKinds; ++kind)
    if (sums[kind] > 0)
      os << format("%9.3f  %5.1f  ", sums[kind], percent(sums[kind]))
         << kindNames[kind] << "\n";
}

/// A rate that a region does not have, such as that of weights, is 0.
void Profile::printJSON(raw_ostream &os, int threads) const {
  json::OStream json(os, 2);
  json.object([&] {
    json.attribute("runs", runs);
    json.attribute("threads", threads);
    json.attribute("ms", total());
    json.attributeArray("regions", [&] {
      for (size_t row : sorted())
        json.object([&] {
          json.attribute("nodes", json::fixUTF8(nameOf(row)));
          json.attribute("kind", kindNames[kindOf(row)]);
          json.attribute("ms", perRun(row));
          json.attribute("calls", double(rows[row].calls) / runs);
          json.attribute("percent", percent(perRun(row)));
          json.attribute("gbps", gigabytesPerSecond(row));
          json.attribute("gmacs", gigamacsPerSecond(row));
        });
    });
    json.attributeObject("kinds", [&] {
      const std::vector<double> sums = sumByKind();
      for (size_t kind = 0; kind < numKinds; ++kind)
        json.attribute(kindNames[kind], sums[kind]);
    });
  });
  os << "\n";
}
