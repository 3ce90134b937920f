//===- Diagnostics.cpp - MLIR's diagnostics to a callback of C ------------===//
//
// MLIR's own handler would print a location of several lines; a user of the
// compiler needs the file and the ONNX node.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"

#include "bitnet/Dialect/BitNet/IR/Failure.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// File and ONNX node of a location, as far as it has them.
struct Place {
  std::string file, node;
  uint32_t line = 0;
};
} // namespace

/// A location may be a name around a file, or several of both: the first ones
/// count.
static Place findPlace(Location loc) {
  Place place;
  loc->walk([&](Location inner) {
    if (auto name = dyn_cast<NameLoc>(inner); name && place.node.empty())
      place.node = name.getName().str();
    if (auto file = dyn_cast<FileLineColLoc>(inner);
        file && place.file.empty()) {
      place.file = file.getFilename().str();
      place.line = file.getLine();
    }
    return WalkResult::advance();
  });
  return place;
}

/// Calls the callback, if there is one.
static void give(const bitnet_compile_options &options,
                 bitnet_compile_severity severity, bitnet_compile_status status,
                 const Place &place, const std::string &message) {
  if (!options.diagnostic)
    return;
  const bitnet_compile_diagnostic diagnostic{sizeof(bitnet_compile_diagnostic),
                                             severity,
                                             status,
                                             message.c_str(),
                                             place.node.c_str(),
                                             place.file.c_str(),
                                             place.line};
  options.diagnostic(&diagnostic, options.user);
}

DiagnosticForwarder::DiagnosticForwarder(MLIRContext &context,
                                         const bitnet_compile_options &options)
    : options(options), handler(&context, [this](Diagnostic &diagnostic) {
        forward(diagnostic);
        return success();
      }) {}

/// Notes follow what they belong to.
void DiagnosticForwarder::forward(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() == DiagnosticSeverity::Remark)
    return;
  const bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
  bitnet_compile_status meaning = BITNET_COMPILE_OK;
  if (isError) {
    meaning = getFailureKind(diagnostic) == FailureKind::CannotWrite
                  ? BITNET_COMPILE_CANNOT_WRITE
                  : BITNET_COMPILE_BAD_INPUT;
    // Whatever else is wrong, an output that cannot be written is not the
    // model's fault.
    status = std::max(status, meaning);
  }
  give(options, isError ? BITNET_COMPILE_ERROR : BITNET_COMPILE_WARNING,
       meaning, findPlace(diagnostic.getLocation()), diagnostic.str());
  for (Diagnostic &note : diagnostic.getNotes())
    give(options, BITNET_COMPILE_NOTE, BITNET_COMPILE_OK,
         findPlace(note.getLocation()), note.str());
}

void mlir::bitnet::reportError(const bitnet_compile_options &options,
                               bitnet_compile_status status, StringRef text) {
  give(options, BITNET_COMPILE_ERROR, status, Place(), text.str());
}
