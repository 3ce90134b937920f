//===- Failure.h - what kind of failure an error tells of -------*- C++ -*-===//
//
// A program that runs the compiler must tell a full disk from a wrong model
// without reading messages. The kind travels with the diagnostic, as its
// metadata.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_FAILURE_H
#define BITNET_DIALECT_BITNET_IR_FAILURE_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"

namespace mlir::bitnet {

/// Why a compilation ended without its output.
enum class FailureKind {
  BadInput,   ///< The model, or what was asked for it, cannot be compiled.
  CannotWrite ///< The output cannot be written (OutputError).
};

/// An error diagnostic with the text and the kind of `error`, which holds one.
InFlightDiagnostic emitFailure(Location loc, llvm::Error error);

/// The kind that emitFailure gave to a diagnostic; BadInput for all others.
FailureKind getFailureKind(Diagnostic &diagnostic);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_FAILURE_H
