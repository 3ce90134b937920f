//===- Check.h - products against plain arithmetic -------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_CHECK_H
#define BENCHMARKS_NATIVE_CHECK_H

#include "Kernels.h"
#include "Team.h"

namespace bench {

/// Computes the product with the rows of W in equal parts, one for each thread.
/// The number of rows is a multiple of `threads`.
void runOnTeam(Team &team, int threads, const Kernel &kernel, const Product &p);

/// Runs the product and compares it, bit by bit, with int32 arithmetic on the
/// unpacked weights. It compares the first and the last rows of W and some
/// between, for all rows of x; y holds other numbers before, so that a row that
/// is not written shows.
bool isExact(Team &team, int threads, const Kernel &kernel, const Product &p);

} // namespace bench

#endif // BENCHMARKS_NATIVE_CHECK_H
