//===- Main.cpp - measures the limits of a machine and our kernels --------===//
//
// Prints one JSON object per line. Ends with status 1 when a product was not
// equal, bit by bit, to plain int32 arithmetic. ./benchmarks/run calls it.
//
//===----------------------------------------------------------------------===//

#include "Measure.h"

#include <algorithm>

using namespace bench;

/// The kernels of one packing, on weights of that packing.
static int measureKernels(Team &team, const Options &options,
                          const Buffer &weights, const Packing &packing,
                          const Readers &readers) {
  Measurer::fill(weights, packing);
  Measurer measurer(team, options, weights, readers);
  for (const KernelChoice &choice : options.kernels) {
    if (choice.kernel->packing != &packing)
      continue;
    measurer.measure(choice);
    for (const Kernel *byHand : intrinsicKernels())
      if (byHand->packing == &packing &&
          byHand->isa == "intrinsics-" + choice.kernel->isa)
        measurer.compare(choice, *byHand);
  }
  return measurer.failures;
}

int main(int argc, char **argv) {
  const Options options = parseOptions(argc, argv);
  Team team(*std::max_element(options.threads.begin(), options.threads.end()));
  Buffer weights(options.bytes, true);
  Measurer::fill(weights, *findPacking("u2"));
  measurePeaks(team, options);
  const Readers readers = measureReads(team, options, weights);
  int failures = 0;
  for (const char *name : {"u2", "u1_6"})
    failures +=
        measureKernels(team, options, weights, *findPacking(name), readers);
  return failures ? 1 : 0;
}
