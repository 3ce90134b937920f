//===- Compare.cpp - outputs against expected outputs ---------------------===//

#include "Compare.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <limits>

using namespace llvm;
using namespace bitnet::run;

/// |a - b| where equal infinities and two NaNs do not differ.
static double distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return 0;
  const double difference = std::fabs(a - b);
  return std::isnan(difference) ? std::numeric_limits<double>::infinity()
                                : difference;
}

/// The norm leaves out what is not finite. Against an expected zero tensor the
/// absolute error counts.
Difference bitnet::run::compare(const Array &got, const Array &expected) {
  Difference result;
  if (got.shape != expected.shape) {
    result.sameShape = false;
    return result;
  }
  double error = 0, norm = 0;
  for (int64_t i = 0, e = got.size(); i < e; ++i) {
    const double reference = expected.at(i);
    const double difference = distance(got.at(i), reference);
    result.maxAbs = std::max(result.maxAbs, difference);
    error += difference * difference;
    // An infinite norm would hide every error.
    if (std::isfinite(reference))
      norm += reference * reference;
  }
  result.relativeL2 = norm > 0 ? std::sqrt(error / norm) : std::sqrt(error);
  return result;
}

/// Outputs without an expectation are listed with dashes.
bool bitnet::run::printComparison(raw_ostream &os, ArrayRef<Array> outputs,
                                  ArrayRef<Array> expected, double tolerance) {
  size_t width = 6;
  for (const Array &output : outputs)
    width = std::max(width, output.name.size());
  os << left_justify("output", width) << "  " << left_justify("shape", 20)
     << "  relative L2  max abs error\n";
  bool good = true;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Array &output = outputs[i];
    os << left_justify(output.name, width) << "  "
       << left_justify(describe(output.dtype, output.shape), 20) << "  ";
    if (i >= expected.size() || expected[i].name.empty()) {
      os << "          -              -\n";
      continue;
    }
    const Difference difference = compare(output, expected[i]);
    const bool within = difference.relativeL2 <= tolerance;
    good &= difference.sameShape && within;
    if (!difference.sameShape)
      os << "expected " << describe(expected[i].dtype, expected[i].shape);
    else
      os << format("%11.3e  %13.3e", difference.relativeL2, difference.maxAbs)
         << (within ? "" : "  beyond tolerance");
    os << "\n";
  }
  return good;
}
