//===- TernaryJudge.cpp - are these weights ternary? ----------------------===//
//
// One pass over the values collects codes and, for each cell of a row, the
// range of magnitudes. A cell with two magnitudes ends the pass. Afterwards
// cells are merged to the coarsest granularity that works: tensor, rows (runs
// of equal scales are segments), groups.
//
//===----------------------------------------------------------------------===//

#include "TernaryJudge.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <unordered_set>

using namespace mlir;
using namespace mlir::bitnet;

StringRef mlir::bitnet::stringify(TernaryWeight::Granularity granularity) {
  switch (granularity) {
  case TernaryWeight::Granularity::Tensor:
    return "tensor";
  case TernaryWeight::Granularity::Segment:
    return "segment";
  case TernaryWeight::Granularity::Row:
    return "row";
  case TernaryWeight::Granularity::Group:
    return "group";
  }
  llvm_unreachable("unknown granularity");
}

namespace {
/// The range of non-zero magnitudes of some weights, as the bits of positive
/// floats, which are ordered like the floats themselves.
struct Span {
  uint32_t low = ~0u, high = 0;

  bool empty() const { return high == 0; }
  /// w_c5: all magnitudes within one ulp of one value.
  bool isUniform() const { return empty() || high - low <= 2; }
  void add(uint32_t bits) {
    low = std::min(low, bits);
    high = std::max(high, bits);
  }
  Span merged(const Span &other) const {
    return {std::min(low, other.low), std::max(high, other.high)};
  }
  /// The value in the middle; 1 when there is none.
  float scale() const {
    return empty() ? 1.0f : llvm::bit_cast<float>(low + (high - low) / 2);
  }
};

/// Collects codes, and one span per cell of `cell` columns of a row.
class Judge {
public:
  Judge(int64_t n, int64_t k, int64_t cell)
      : n(n), k(k), cell(cell), cells(k / cell), spans(n * cells),
        codes((n * k + 3) / 4) {}

  /// False as soon as some cell has two magnitudes.
  bool add(int64_t row, int64_t column, double value) {
    if (value == 0) {
      ++zeros;
      return true;
    }
    if (!std::isfinite(value)) {
      ++nonFinite;
      return true;
    }
    int64_t at = row * k + column;
    codes[at >> 2] |= uint8_t((value < 0 ? 3 : 1) << ((at & 3) * 2));
    Span &span = spans[row * cells + column / cell];
    span.add(llvm::bit_cast<uint32_t>(float(std::fabs(value))));
    return span.isUniform();
  }

  std::optional<TernaryWeight> finish();
  int64_t getZeros() const { return zeros; }
  int64_t getNonFinite() const { return nonFinite; }

private:
  bool finishTensor(TernaryWeight &result) const;
  bool finishRows(TernaryWeight &result) const;
  bool finishGroups(TernaryWeight &result) const;

  int64_t n, k, cell, cells;
  std::vector<Span> spans;
  std::vector<uint8_t> codes;
  int64_t zeros = 0, nonFinite = 0;
};
} // namespace

/// Merges `spans` `count` at a time; empty when some merged span has two
/// magnitudes.
static std::vector<Span> merge(ArrayRef<Span> spans, int64_t count) {
  std::vector<Span> result(spans.size() / count);
  for (auto [i, span] : llvm::enumerate(spans)) {
    Span &into = result[i / count];
    into = into.merged(span);
    if (!into.isUniform())
      return {};
  }
  return result;
}

/// One magnitude for all weights.
bool Judge::finishTensor(TernaryWeight &result) const {
  std::vector<Span> all = merge(spans, int64_t(spans.size()));
  if (all.empty())
    return false;
  result.granularity = TernaryWeight::Granularity::Tensor;
  result.scales = {all.front().scale()};
  return true;
}

/// One magnitude per row; equal ones in a row are a segment.
bool Judge::finishRows(TernaryWeight &result) const {
  // Fewer columns would make any weight "ternary per row".
  std::vector<Span> rows = merge(spans, cells);
  if (rows.empty() || k < 8)
    return false;
  Span run;
  int64_t length = 0;
  std::vector<float> segmentScales;
  auto close = [&] {
    result.segments.push_back(length);
    segmentScales.push_back(run.scale());
  };
  for (const Span &row : rows) {
    if (length != 0 && !run.merged(row).isUniform()) {
      close();
      run = Span();
      length = 0;
    }
    run = run.merged(row);
    ++length;
  }
  close();
  bool isSegmented =
      result.segments.size() <= 8 && int64_t(result.segments.size()) * 4 <= n;
  result.granularity = isSegmented ? TernaryWeight::Granularity::Segment
                                   : TernaryWeight::Granularity::Row;
  if (isSegmented) {
    for (auto [rowsInRun, scale] : llvm::zip(result.segments, segmentScales))
      result.scales.insert(result.scales.end(), rowsInRun, scale);
    return true;
  }
  result.segments.clear();
  for (const Span &row : rows)
    result.scales.push_back(row.scale());
  return true;
}

/// One magnitude per group of columns of a row, where a group is a whole number
/// of cells. A group as wide as the row would be finishRows' case.
bool Judge::finishGroups(TernaryWeight &result) const {
  if (cell == k)
    return false;
  // The largest group that works gives the fewest scales.
  for (int64_t count = cells / 2; count >= 1; --count) {
    if (cells % count != 0)
      continue;
    std::vector<Span> groups = merge(spans, count);
    if (groups.empty())
      continue;
    result.granularity = TernaryWeight::Granularity::Group;
    result.groupSize = count * cell;
    for (const Span &group : groups)
      result.scales.push_back(group.scale());
    return true;
  }
  return false;
}

/// The weights with the coarsest scales that fit; nothing when no granularity
/// fits.
std::optional<TernaryWeight> Judge::finish() {
  TernaryWeight result;
  result.n = n;
  result.k = k;
  if (!finishTensor(result) && !finishRows(result) && !finishGroups(result))
    return std::nullopt;
  result.isBinary = zeros == 0;
  result.isZero = zeros == n * k;
  result.codes = std::move(codes);
  return result;
}

/// The reason that the report gives for weights that are not ternary.
static std::string countMagnitudes(ArrayRef<double> values) {
  std::unordered_set<double> seen;
  for (double value : values)
    if (value != 0)
      seen.insert(std::fabs(value));
  return std::to_string(seen.size()) + " distinct magnitudes among " +
         std::to_string(values.size()) + " values";
}

/// Judges weights of which at least `cell` columns share a scale.
static Verdict judgeCells(fold::Stream &weights, int64_t n, int64_t k,
                          bool rowsFirst, int64_t cell) {
  Verdict verdict;
  Judge judge(n, k, cell);
  std::vector<double> chunk(std::min(fold::kChunk, weights.size));
  int64_t inner = rowsFirst ? k : n, outerAt = 0, innerAt = 0;
  for (int64_t begin = 0; begin < weights.size; begin += fold::kChunk) {
    int64_t count = std::min(fold::kChunk, weights.size - begin);
    MutableArrayRef<double> values = MutableArrayRef(chunk).take_front(count);
    weights.read(begin, values);
    for (double value : values) {
      if (!(rowsFirst ? judge.add(outerAt, innerAt, value)
                      : judge.add(innerAt, outerAt, value))) {
        verdict.reason = countMagnitudes(values);
        return verdict;
      }
      if (++innerAt == inner) {
        innerAt = 0;
        ++outerAt;
      }
    }
  }
  verdict.ternary = judge.finish();
  verdict.nonFinite = verdict.ternary && judge.getNonFinite() != 0;
  if (!verdict.ternary)
    verdict.reason = "no common magnitude per row or group";
  return verdict;
}

Verdict mlir::bitnet::judgeTernary(fold::Stream &weights, int64_t n, int64_t k,
                                   bool rowsFirst) {
  if (weights.element.isF64()) {
    Verdict verdict;
    verdict.reason = "f64 weights";
    return verdict;
  }
  // Groups are multiples of 16 columns (w_c3). Nearly all are multiples of 32,
  // whose spans take half the memory; weights that are not ternary end both
  // passes after a few values.
  bool even = k % 16 == 0;
  Verdict verdict = judgeCells(weights, n, k, rowsFirst,
                               k % 32 == 0 ? 32
                               : even      ? 16
                                           : k);
  if (verdict.ternary || k % 32 != 0)
    return verdict;
  Verdict finer = judgeCells(weights, n, k, rowsFirst, 16);
  return finer.ternary ? finer : verdict;
}
