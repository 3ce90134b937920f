//===- Diagnostics.h - one clear line per error -----------------*- C++ -*-===//
//
// What users see of errors and warnings: lines on standard error.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_COMPILE_DIAGNOSTICS_H
#define BITNET_TOOLS_BITNET_COMPILE_DIAGNOSTICS_H

#include "bitnet/CAPI/Compiler.h"

#include "llvm/ADT/StringRef.h"

#include <string>

namespace mlir::bitnet {

/// Prints diagnostics as `model.onnx: error: node 'fc1': message`.
class DiagnosticPrinter {
public:
  /// With `errorsOnly` (-q) warnings and their notes are not printed.
  explicit DiagnosticPrinter(bool errorsOnly) : errorsOnly(errorsOnly) {}
  /// Prints one line. A note belongs to the diagnostic printed before it.
  void print(const bitnet_compile_diagnostic &diagnostic);

private:
  void printNote(const bitnet_compile_diagnostic &note);

  bool errorsOnly;
  bool skipNotes = false;
  std::string lastNode; ///< Of what the next notes belong to.
};

/// Prints an error that is about no file, under the program's name.
void printError(llvm::StringRef message);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_DIAGNOSTICS_H
