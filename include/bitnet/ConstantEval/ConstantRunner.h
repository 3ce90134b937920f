//===- ConstantRunner.h - runs what constants lead to -----------*- C++ -*-===//
//
// Streams fold what weights are made of. The other operators have lowerings
// already; a runner compiles these and runs them here and now. It needs every
// stage of the compiler, so it is given to the pass from above
// (lib/Pipelines/HostConstants.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONSTANTEVAL_CONSTANTRUNNER_H
#define BITNET_CONSTANTEVAL_CONSTANTRUNNER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Support/LLVM.h"

#include <vector>

namespace mlir::bitnet {

/// A tensor that was computed. `type` has static extents and elements with
/// their ONNX sign; it is null when the tensor was not wanted after all.
struct ComputedTensor {
  RankedTensorType type;
  /// Little-endian, row-major, as ONNX stores it.
  std::vector<uint8_t> bytes;
};

class ConstantRunner {
public:
  virtual ~ConstantRunner() = default;

  /// Whether there is a lowering; `domain` is empty for ai.onnx.
  virtual bool hasLowering(StringRef domain, StringRef op,
                           int64_t version) const = 0;

  /// Dialects and extensions that `run` needs in the context.
  virtual void getDependentDialects(DialectRegistry &registry) const = 0;

  /// Runs `@main` of `module`, a function of ONNX nodes without arguments, and
  /// consumes its body. Result `i` is not computed when its type says that it
  /// has more than `limits[i]` bytes. Failure, with a diagnostic, when some
  /// node has no lowering, cannot be lowered, fails, or has results that only
  /// the run knows to be too large.
  virtual FailureOr<std::vector<ComputedTensor>>
  run(ModuleOp module, ArrayRef<uint64_t> limits) const = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_CONSTANTEVAL_CONSTANTRUNNER_H
