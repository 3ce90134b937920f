//===- Diagnostics.h - one clear line per error -----------------*- C++ -*-===//

#ifndef BITNET_TOOLS_BITNET_COMPILE_DIAGNOSTICS_H
#define BITNET_TOOLS_BITNET_COMPILE_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

namespace mlir::bitnet {

/// Prints diagnostics as `model.onnx: error: node 'fc1': message`.
class DiagnosticPrinter {
public:
  /// Takes over the diagnostics of `context` while it lives. Remarks are never
  /// printed; with `errorsOnly` (-q) warnings are not, either.
  DiagnosticPrinter(MLIRContext &context, bool errorsOnly);
  /// Whether an error says that output could not be written, for which the
  /// program has an exit code of its own.
  bool sawOutputError() const { return outputError; }

private:
  LogicalResult print(Diagnostic &diagnostic);

  bool errorsOnly;
  bool outputError = false;
  ScopedDiagnosticHandler handler;
};

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_DIAGNOSTICS_H
