//===- Diagnostics.h - MLIR's diagnostics to a callback of C ----*- C++ -*-===//
//
// The handler of one compilation. It runs on the thread that compiles.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_LIB_CAPI_DIAGNOSTICS_H
#define BITNET_LIB_CAPI_DIAGNOSTICS_H

#include "bitnet/CAPI/Compiler.h"

#include "mlir/IR/Diagnostics.h"

namespace mlir::bitnet {

/// Hands the diagnostics of a context to the callback of the options, and
/// remembers what they mean for the answer.
class DiagnosticForwarder {
public:
  /// Takes over the diagnostics of `context` while it lives. Remarks are for
  /// developers of passes and go no further.
  DiagnosticForwarder(MLIRContext &context,
                      const bitnet_compile_options &options);

  /// The answer of a compilation that failed: BITNET_COMPILE_CANNOT_WRITE when
  /// one of the errors was about the output.
  bitnet_compile_status getStatus() const { return status; }

private:
  /// Gives the diagnostic, then its notes.
  void forward(Diagnostic &diagnostic);

  const bitnet_compile_options &options;
  bitnet_compile_status status = BITNET_COMPILE_BAD_INPUT;
  ScopedDiagnosticHandler handler;
};

/// Gives an error that is about no file; `status` is what it ends with.
void reportError(const bitnet_compile_options &options,
                 bitnet_compile_status status, StringRef text);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CAPI_DIAGNOSTICS_H
