//===- Measure.cpp - measured products ------------------------------------===//

#include "Measure.h"

#include "Check.h"
#include "Clock.h"
#include "Row.h"

#include <algorithm>
#include <cstdio>

using namespace bench;

/// A repetition takes about so long, less than what a scheduler gives at once:
/// some are not interrupted even on a busy machine.
static constexpr double kPassSeconds = 0.001;
/// Products that take longer are not measured (but for M = 1).
static constexpr double kSlowSeconds = 1;

Measurer::Measurer(Team &team, const Options &options, const Buffer &weights,
                   const Readers &readers)
    : team(team), options(options), weights(weights), readers(readers),
      reader(team, weights) {}

/// The same weights in every run of the program.
void Measurer::fill(const Buffer &weights, const Packing &packing) {
  uint64_t seed = 7;
  for (size_t i = 0; i < weights.size; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    weights.data[i] = packing.makeByte(seed >> 33);
  }
}

/// Where matrix `index` lies in the buffer.
size_t Measurer::positionOf(const Matrix &w, size_t index) const {
  return index % (weights.size / w.bytes()) * w.bytes();
}

/// Activations and results are kept as long as the shape is the same.
Product Measurer::product(const Kernel &kernel, Shape shape, int64_t m,
                          size_t index) {
  const Packing &packing = *kernel.packing;
  const int64_t padded = packing.paddedCols(shape.k);
  if (!x || x->rows < m || x->cols != shape.k || x->paddedCols != padded)
    x = std::make_unique<Activations>(m, shape.k, padded);
  const int64_t line = packing.paddedRows(shape.n);
  y.resize(std::max(y.size(), size_t(m * line)));
  Matrix w = {&packing, shape.n, shape.k, weights.data};
  w.data += positionOf(w, index);
  return {w, x.get(), m, y.data(), line};
}

/// The first and the last matrix of the buffer.
bool Measurer::check(const Kernel &kernel, Shape shape, int64_t m,
                     int threads) {
  size_t last = weights.size / kernel.packing->bytes(shape.n, shape.k) - 1;
  for (size_t index : {size_t(0), last})
    if (!isExact(team, threads, kernel, product(kernel, shape, m, index))) {
      fprintf(stderr,
              "measure: error: kernel %s, packing %s, M = %ld, %ld x %ld, %d "
              "threads: not equal to the reference\n",
              kernel.isa.c_str(), kernel.packing->name, long(m), long(shape.n),
              long(shape.k), threads);
      ++failures;
      return false;
    }
  return true;
}

/// Sizes that are no multiple of anything, all M that take a form of their own.
void Measurer::checkTails(const KernelChoice &choice) {
  for (Shape shape : options.tails)
    for (int64_t m = 1; m <= 33 && choice.kernel->has(shape.n, shape.k, m); ++m)
      if (!check(*choice.kernel, shape, m, 1))
        return;
}

/// Tails first: a wrong kernel need not be timed.
void Measurer::measure(const KernelChoice &choice) {
  checkTails(choice);
  for (Shape shape : options.shapes)
    for (int threads : options.threads)
      measureShape(choice, shape, threads);
}

/// A shape is left out when its rows cannot be shared evenly, and the rest of M
/// when M = 1 tells that it would take too long.
void Measurer::measureShape(const KernelChoice &choice, Shape shape,
                            int threads) {
  if (shape.n % threads ||
      !choice.kernel->has(shape.n / threads, shape.k, options.rows[0]))
    return;
  double perRow = 0;
  for (int64_t m : options.rows) {
    if (perRow * double(m) > kSlowSeconds)
      continue;
    double start = now();
    measureConfig({choice, shape, m, threads});
    if (m == 1) {
      const Product p = product(*choice.kernel, shape, 1, next++);
      start = now();
      runOnTeam(team, threads, *choice.kernel, p);
      perRow = now() - start;
    }
  }
}

void Measurer::runPass(const Config &config, size_t count) {
  for (size_t i = 0; i < count; ++i)
    runOnTeam(team, config.threads, *config.choice.kernel,
              product(*config.choice.kernel, config.shape, config.m, next++));
}

/// `products` are the products of one repetition.
static Row makeRow(const Kernel &kernel, Shape shape, int64_t m, int threads,
                   const Times &times, size_t products) {
  Row row;
  row.name = m == 1 ? "gemv" : "gemm";
  row.isa = kernel.isa;
  row.packing = kernel.packing->name;
  row.threads = threads;
  row.m = m, row.n = shape.n, row.k = shape.k;
  row.seconds = times.best / double(products);
  row.medianSeconds = times.median / double(products);
  row.gbps =
      double(kernel.packing->bytes(shape.n, shape.k)) / row.seconds * 1e-9;
  row.gmacs = double(m * shape.n * shape.k) / row.seconds * 1e-9;
  row.checked = true;
  return row;
}

/// Products of a repetition: it has to be short, and long for the clock.
size_t Measurer::passLength(const Config &config) {
  double shortest = kSlowSeconds;
  for (int i = 0; i < 3; ++i) {
    double start = now();
    runPass(config, 1);
    shortest = std::min(shortest, now() - start);
  }
  const size_t matrices = weights.size / config.choice.kernel->packing->bytes(
                                             config.shape.n, config.shape.k);
  return std::clamp<size_t>(size_t(kPassSeconds / shortest), 1, matrices);
}

/// The product, the raw read when weights are streamed, and the peak if there
/// is one.
std::vector<Work> Measurer::worksOf(const Config &config, size_t count) {
  const Peak *peak = config.choice.peak;
  std::vector<Work> works = {[this, config, count] {
    for (size_t i = 0; i < count; ++i) {
      next = config.isStreamed() ? next : 0;
      runPass(config, 1);
    }
  }};
  if (config.isStreamed()) {
    const Matrix w = {config.choice.kernel->packing, config.shape.n,
                      config.shape.k, weights.data};
    reader.setSize(count * w.bytes());
    works.push_back([this, config, w] {
      reader.avoid(positionOf(w, next));
      reader.read(config.threads, *readers.at(config.threads));
    });
  }
  if (peak)
    works.push_back(
        [this, config, peak] { runPeak(team, config.threads, *peak); });
  return works;
}

/// times[0] are of the product, times[1] of the read, the last of the peak.
void Measurer::measureConfig(const Config &config) {
  const Kernel &kernel = *config.choice.kernel;
  if (!check(kernel, config.shape, config.m, config.threads))
    return;
  const size_t count = passLength(config);
  std::vector<Times> times =
      measureInTurn(worksOf(config, count), options.budget);
  Row row =
      makeRow(kernel, config.shape, config.m, config.threads, times[0], count);
  row.source = config.isStreamed() ? "dram" : "cache";
  if (config.isStreamed()) {
    row.dramGbps = double(reader.size()) / times[1].best * 1e-9;
    row.fracDram = *row.gbps / *row.dramGbps;
  }
  if (config.choice.peak) {
    row.peakGmacs = peakMacs(config.threads) / times.back().best * 1e-9;
    row.fracPeak = *row.gmacs / *row.peakGmacs;
  }
  print(row);
}

/// One matrix, again and again, so that both forms read it from a cache.
void Measurer::comparePair(const KernelChoice &choice, const Kernel &byHand,
                           Shape shape, int64_t m) {
  const Kernel &kernel = *choice.kernel;
  if (!kernel.has(shape.n, shape.k, m) || !byHand.has(shape.n, shape.k, m) ||
      !check(kernel, shape, m, 1) || !check(byHand, shape, m, 1))
    return;
  const Product p = product(kernel, shape, m, 0);
  const size_t products = size_t(std::max<int64_t>(64 / m, 1));
  auto repeat = [&](const Kernel &which) {
    for (size_t i = 0; i < products; ++i)
      which.run(p);
  };
  double ghz = coreGHz();
  std::vector<Times> times = measureInTurn(
      {[&] { repeat(kernel); }, [&] { repeat(byHand); }}, options.budget);
  const double steps = double(m * shape.n * shape.k) / 64;
  for (int i : {0, 1}) {
    Row row =
        makeRow(i ? byHand : kernel, shape, m, 1, times[size_t(i)], products);
    row.source = "cache";
    row.cyclesPer64 = row.seconds * ghz * 1e9 / steps;
    row.ofIntrinsics = times[1].best / times[size_t(i)].best;
    print(row);
  }
}

void Measurer::compare(const KernelChoice &choice, const Kernel &byHand) {
  for (Shape shape : options.inCache)
    for (int64_t m : {1, 128})
      comparePair(choice, byHand, shape, m);
}
