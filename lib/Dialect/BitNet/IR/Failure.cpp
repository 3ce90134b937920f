//===- Failure.cpp - what kind of failure an error tells of ---------------===//
//
// MLIR leaves the metadata of diagnostics to its users: here it is the number
// of a FailureKind.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/Failure.h"

#include "bitnet/Support/OutputFile.h"

using namespace mlir;
using namespace mlir::bitnet;

InFlightDiagnostic mlir::bitnet::emitFailure(Location loc, llvm::Error error) {
  const bool isOutput = error.isA<OutputError>();
  InFlightDiagnostic diagnostic = emitError(loc);
  diagnostic << llvm::toString(std::move(error));
  if (isOutput)
    diagnostic.getUnderlyingDiagnostic()->getMetadata().push_back(
        DiagnosticArgument(int(FailureKind::CannotWrite)));
  return diagnostic;
}

FailureKind mlir::bitnet::getFailureKind(Diagnostic &diagnostic) {
  for (const DiagnosticArgument &argument : diagnostic.getMetadata())
    if (argument.getKind() ==
        DiagnosticArgument::DiagnosticArgumentKind::Integer)
      return FailureKind(argument.getAsInteger());
  return FailureKind::BadInput;
}
