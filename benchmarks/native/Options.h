//===- Options.h - command line of the measuring program -------*- C++ -*-===//
//
// benchmarks/run calls the program, compiles the kernels' libraries first, and
// reads its output.
//
//===----------------------------------------------------------------------===//

#ifndef BENCHMARKS_NATIVE_OPTIONS_H
#define BENCHMARKS_NATIVE_OPTIONS_H

#include "Kernels.h"
#include "Peak.h"

#include <memory>

namespace bench {

/// Weights of n rows and k columns.
struct Shape {
  int64_t n, k;
};

/// One kernel to be measured.
struct KernelChoice {
  std::unique_ptr<CompiledKernel> kernel;
  /// What its products per second are compared with; may be null.
  const Peak *peak;
};

struct Options {
  /// Distinct matrices of --mb=<MB> in all; --budget=<seconds> a figure.
  size_t bytes = size_t(672) << 20;
  double budget = 0.3;
  /// Lists: --threads=1,2 --rows=1,4 --shapes=2560x2560 --tails=70x53
  /// --in-cache=256x2560.
  std::vector<int> threads = {1};
  std::vector<int64_t> rows;
  std::vector<Shape> shapes, tails, inCache;
  /// --kernel=<isa>:<packing>:<peak>:<library>, any number.
  std::vector<KernelChoice> kernels;
};

/// Prints what is wrong and ends the program with status 64.
Options parseOptions(int argc, char **argv);

} // namespace bench

#endif // BENCHMARKS_NATIVE_OPTIONS_H
