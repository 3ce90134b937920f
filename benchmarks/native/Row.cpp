//===- Row.cpp - one line of results --------------------------------------===//

#include "Row.h"

#include <cstdio>

using namespace bench;

/// No text here needs to be escaped.
static void text(const char *key, const std::string &value) {
  printf("\"%s\": \"%s\", ", key, value.c_str());
}

/// A figure with six digits, null when it is absent.
static void figure(const char *key, std::optional<double> value) {
  if (value)
    printf("\"%s\": %.6g, ", key, *value);
  else
    printf("\"%s\": null, ", key);
}

/// Flushed at once: a later crash does not lose it.
void bench::print(const Row &row) {
  printf("{");
  text("name", row.name);
  text("isa", row.isa);
  text("packing", row.packing);
  text("source", row.source);
  printf("\"threads\": %d, \"m\": %ld, \"n\": %ld, \"k\": %ld, ", row.threads,
         long(row.m), long(row.n), long(row.k));
  figure("seconds", row.seconds);
  figure("median_seconds", row.medianSeconds);
  figure("gbps", row.gbps);
  figure("dram_gbps", row.dramGbps);
  figure("frac_dram", row.fracDram);
  figure("gmacs", row.gmacs);
  figure("peak_gmacs", row.peakGmacs);
  figure("frac_peak", row.fracPeak);
  figure("cycles_per_64", row.cyclesPer64);
  figure("of_intrinsics", row.ofIntrinsics);
  printf("\"checked\": %s}\n", row.checked ? "true" : "false");
  fflush(stdout);
}
