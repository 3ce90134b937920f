//===- Measure.h - measured products ---------------------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_MEASURE_H
#define BENCHMARKS_NATIVE_MEASURE_H

#include "Clock.h"
#include "Limits.h"

namespace bench {

/// Measures kernels on weights in one large buffer. Every configuration is
/// checked before it is timed, and printed; a wrong one makes `failures` grow
/// and is not timed.
class Measurer {
public:
  /// All references must outlive the measurer. `weights` holds several matrices
  /// of every shape.
  Measurer(Team &team, const Options &options, const Buffer &weights,
           const Readers &readers);

  /// Fills the buffer with random weights of `packing`.
  static void fill(const Buffer &weights, const Packing &packing);
  /// All configurations of one kernel.
  void measure(const KernelChoice &choice);
  /// Measures both forms of a loop in turn, on weights that stay in the cache.
  void compare(const KernelChoice &choice, const Kernel &byHand);

  int failures = 0;

private:
  /// One line of the results: a kernel, a shape, M, and a number of threads.
  struct Config {
    const KernelChoice &choice;
    Shape shape;
    int64_t m;
    int threads;

    /// Up to M = 16 every product reads another matrix from memory, as decoding
    /// does; beyond, weights are used often enough to come from a cache.
    bool isStreamed() const { return m <= 16; }
  };

  /// Where matrix `index` begins in the buffer; matrices repeat when the buffer
  /// ends.
  size_t positionOf(const Matrix &w, size_t index) const;
  /// The product of matrix `index`, with activations that fit it.
  Product product(const Kernel &kernel, Shape shape, int64_t m, size_t index);
  /// Compares two products with plain arithmetic; counts and reports a failure.
  bool check(const Kernel &kernel, Shape shape, int64_t m, int threads);
  /// Checks, without timing, shapes that leave a rest in every loop.
  void checkTails(const KernelChoice &choice);
  void measureShape(const KernelChoice &choice, Shape shape, int threads);
  void measureConfig(const Config &config);
  /// How many products one repetition runs.
  size_t passLength(const Config &config);
  /// What is measured in turn.
  std::vector<Work> worksOf(const Config &config, size_t count);
  /// Runs `count` products, each with the next matrix.
  void runPass(const Config &config, size_t count);
  /// Measures both forms of one shape in turn and prints their ratio.
  void comparePair(const KernelChoice &choice, const Kernel &byHand,
                   Shape shape, int64_t m);

  Team &team;
  const Options &options;
  const Buffer &weights;
  const Readers &readers;
  PieceReader reader;
  std::unique_ptr<Activations> x;
  LineVector<int32_t> y;
  /// The next matrix to be read from memory.
  size_t next = 0;
};

} // namespace bench

#endif // BENCHMARKS_NATIVE_MEASURE_H
