//===- Limits.cpp - what the machine can do at best -----------------------===//

#include "Limits.h"

#include "Clock.h"
#include "Row.h"

#include <algorithm>
#include <cstring>

using namespace bench;

/// `threads` shares of `bytes` from `data` on; the xor of all words.
static uint64_t readShares(Team &team, int threads, const ReadPattern &pattern,
                           const uint8_t *data, size_t bytes) {
  std::atomic<uint64_t> got{0};
  const size_t share = bytes / size_t(threads) / kReadStep * kReadStep;
  team.run(threads, [&](int thread) {
    size_t begin = size_t(thread) * share;
    size_t end = thread + 1 == threads ? bytes : begin + share;
    got ^= pattern.read(data + begin, end - begin);
  });
  return got;
}

size_t PieceReader::size() const { return std::min(pieceBytes, buffer.size); }

void PieceReader::setSize(size_t bytes) {
  // Short pieces would measure how fast threads meet.
  constexpr size_t shortest = size_t(8) << 20;
  pieceBytes = std::max(bytes / kReadStep * kReadStep, shortest);
  if (at + size() > buffer.size)
    at = 0;
}

/// At least a quarter of the buffer lies between the two, in either direction.
void PieceReader::avoid(size_t position) {
  const size_t ahead = (at + buffer.size - position) % buffer.size;
  const size_t margin = buffer.size / 4;
  if (ahead >= margin && buffer.size - ahead >= margin)
    return;
  at = (position + buffer.size / 2) % buffer.size / kReadStep * kReadStep;
  if (at + size() > buffer.size)
    at = 0;
}

void PieceReader::read(int threads, const ReadPattern &pattern) {
  readShares(team, threads, pattern, buffer.data + at, size());
  at += size();
  if (at + size() > buffer.size)
    at = 0;
}

/// Whether all patterns see all words.
static bool readsAll(Team &team, int threads, const ReadPattern &pattern,
                     const Buffer &buffer) {
  return readShares(team, threads, pattern, buffer.data, buffer.size) ==
         readPatterns()[0].read(buffer.data, buffer.size);
}

/// All patterns on one buffer in turn. `pages` names the buffer in the results.
static std::vector<Row> readsOf(Team &team, int threads, double budget,
                                const Buffer &buffer, const char *pages) {
  PieceReader reader(team, buffer);
  std::vector<Row> rows;
  std::vector<Work> works;
  for (const ReadPattern &pattern : readPatterns()) {
    Row row;
    row.name = "dram-read";
    row.isa = pattern.name;
    row.packing = "none";
    row.source = pages;
    row.threads = threads;
    row.checked = readsAll(team, threads, pattern, buffer);
    rows.push_back(row);
    works.push_back([&, threads] { reader.read(threads, pattern); });
  }
  std::vector<Times> times =
      measureInTurn(works, budget * double(works.size()));
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].seconds = times[i].best;
    rows[i].medianSeconds = times[i].median;
    rows[i].gbps = double(reader.size()) / times[i].best * 1e-9;
  }
  return rows;
}

/// Prints `rows`; the best of them all is 1.
static void printReads(std::vector<Row> &rows, double best) {
  for (Row &row : rows) {
    row.dramGbps = best;
    row.fracDram = *row.gbps / best;
    print(row);
  }
}

/// Index of the row with the highest rate.
static size_t fastest(const std::vector<Row> &rows) {
  size_t best = 0;
  for (size_t i = 0; i < rows.size(); ++i)
    if (*rows[i].gbps > *rows[best].gbps)
      best = i;
  return best;
}

/// Kernels read the buffer on huge pages, so the pattern that is fastest there
/// is what they are compared with; the rows are relative to the best of both.
Readers bench::measureReads(Team &team, const Options &options,
                            const Buffer &huge) {
  Buffer small(huge.size, false);
  memcpy(small.data, huge.data, huge.size);
  Readers readers;
  for (int threads : options.threads) {
    auto onHuge = readsOf(team, threads, options.budget, huge, "2M-pages");
    auto onSmall = readsOf(team, threads, options.budget, small, "4K-pages");
    size_t pattern = fastest(onHuge);
    double best =
        std::max(*onHuge[pattern].gbps, *onSmall[fastest(onSmall)].gbps);
    printReads(onHuge, best);
    printReads(onSmall, best);
    readers[threads] = &readPatterns()[pattern];
  }
  return readers;
}

/// kPeakMacs takes so long that the start and the end of the threads do not
/// count.
bool bench::runPeak(Team &team, int threads, const Peak &peak) {
  std::atomic<bool> good{true};
  team.run(threads, [&](int) {
    if (!peak.run(kPeakMacs))
      good = false;
  });
  return good;
}

double bench::peakMacs(int threads) { return double(kPeakMacs) * threads; }

/// Peaks come in turn with kernels, too: these lines are of a machine that does
/// nothing else.
void bench::measurePeaks(Team &team, const Options &options) {
  for (int threads : options.threads)
    for (const Peak &peak : int8Peaks()) {
      Row row;
      row.name = "int8-peak";
      row.isa = peak.name;
      row.packing = "none";
      row.source = "registers";
      row.threads = threads;
      row.checked = runPeak(team, threads, peak);
      Times times = measureInTurn({[&] { runPeak(team, threads, peak); }},
                                  options.budget)[0];
      row.seconds = times.best;
      row.medianSeconds = times.median;
      row.gmacs = peakMacs(threads) / times.best * 1e-9;
      row.peakGmacs = row.gmacs;
      row.fracPeak = 1;
      print(row);
    }
}
