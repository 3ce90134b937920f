//===- Compare.h - outputs against expected outputs -------------*- C++ -*-===//
//
// The error of an output is that of the whole tensor, because single elements
// near zero have large relative errors that mean nothing.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_COMPARE_H
#define BITNET_TOOLS_BITNET_RUN_COMPARE_H

#include "Array.h"
#include "llvm/Support/raw_ostream.h"

namespace bitnet::run {

/// What compare found; the errors are 0 when the shapes differ.
struct Difference {
  double relativeL2 = 0; ///< |got - expected| / |expected|
  double maxAbs = 0;
  /// False: the errors mean nothing.
  bool sameShape = true;
};

/// NaN matches NaN, an infinity itself; anything else against them is an
/// infinite difference.
Difference compare(const Array &got, const Array &expected);

/// Prints one row per output and returns whether all are within `tolerance`.
/// Outputs without an expected array (empty name) are only listed.
bool printComparison(llvm::raw_ostream &os, llvm::ArrayRef<Array> outputs,
                     llvm::ArrayRef<Array> expected, double tolerance);

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_COMPARE_H
