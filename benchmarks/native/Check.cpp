//===- Check.cpp - products against plain arithmetic ----------------------===//

#include "Check.h"

#include <algorithm>

using namespace bench;

/// Part `part` of `parts` of the rows of W and of y, on the calling thread.
static void runPart(const Kernel &kernel, Product p, int part, int parts) {
  const int64_t rows = p.w.rows / parts;
  p.w.rows = rows;
  p.w.data += size_t(part) * p.w.bytes();
  p.y += part * rows;
  kernel.run(p);
}

void bench::runOnTeam(Team &team, int threads, const Kernel &kernel,
                      const Product &p) {
  if (threads == 1)
    return kernel.run(p);
  team.run(threads, [&](int thread) { runPart(kernel, p, thread, threads); });
}

/// Everything of a small matrix; of a large one what lies at its edges, and
/// every 97th row.
static bool isSampled(int64_t n, int64_t rows) {
  return rows <= 256 || n < 16 || n >= rows - 16 || n % 97 == 0;
}

/// Whether row n of W gives the right sums for all rows of x.
static bool isRowExact(const Product &p, int64_t n) {
  const std::vector<int8_t> weights = p.w.row(n);
  for (int64_t m = 0; m < p.m; ++m) {
    const int8_t *x = p.x->codes.data() + m * p.x->paddedCols;
    if (p.y[m * p.lineLength + n] != referenceDot(weights, x))
      return false;
  }
  return true;
}

/// The fill is no sum of these weights.
bool bench::isExact(Team &team, int threads, const Kernel &kernel,
                    const Product &p) {
  std::fill(p.y, p.y + p.m * p.lineLength, 0x5a5a5a5a);
  runOnTeam(team, threads, kernel, p);
  for (int64_t n = 0; n < p.w.rows; ++n)
    if (isSampled(n, p.w.rows) && !isRowExact(p, n))
      return false;
  return true;
}
