//===- Check.h - products against plain arithmetic -------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_CHECK_H
#define BENCHMARKS_NATIVE_CHECK_H

#include "Kernels.h"
#include "Team.h"

namespace bench {

/// The product in equal parts of W's rows, one a thread.
void runOnTeam(Team &team, int threads, const Kernel &kernel, const Product &p);

/// Runs the product and compares it, bit by bit, with int32 arithmetic on the
/// unpacked weights: the first and the last rows of W and some between, all
/// rows of x.
bool isExact(Team &team, int threads, const Kernel &kernel, const Product &p);

} // namespace bench

#endif // BENCHMARKS_NATIVE_CHECK_H
