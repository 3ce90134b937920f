//===- Diagnostics.cpp - one clear line per error -------------------------===//
//
// MLIR's own handler would print a location of several lines; a user of the
// compiler needs the file and the ONNX node.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"

#include "bitnet/Support/SafeFile.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// File and ONNX node of a location, as far as it has them.
struct Place {
  StringRef file;
  unsigned line = 0;
  StringRef node;
};
} // namespace

/// A location may be a name around a file, or several of both: the first ones
/// count.
static Place findPlace(Location loc) {
  Place place;
  loc->walk([&](Location inner) {
    if (auto name = dyn_cast<NameLoc>(inner); name && place.node.empty())
      place.node = name.getName().strref();
    if (auto file = dyn_cast<FileLineColLoc>(inner);
        file && place.file.empty()) {
      place.file = file.getFilename().strref();
      place.line = file.getLine();
    }
    return WalkResult::advance();
  });
  return place;
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context, bool errorsOnly)
    : errorsOnly(errorsOnly),
      handler(&context, [this](Diagnostic &d) { return print(d); }) {}

/// Notes stand below their error, with a node only where it is another one.
LogicalResult DiagnosticPrinter::print(Diagnostic &diagnostic) {
  bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
  if (diagnostic.getSeverity() == DiagnosticSeverity::Remark ||
      (errorsOnly && !isError))
    return success();
  Place place = findPlace(diagnostic.getLocation());
  llvm::raw_ostream &os = llvm::errs();
  os << (place.file.empty() ? "bitnet-compile" : escapePath(place.file))
     << ": ";
  if (isError)
    llvm::WithColor(os, llvm::HighlightColor::Error) << "error: ";
  else
    llvm::WithColor(os, llvm::HighlightColor::Warning) << "warning: ";
  std::string text = diagnostic.str();
  // The importer's errors begin with the node, for tools without this printer.
  if (!place.node.empty() && !StringRef(text).starts_with("node '")) {
    os << "node '";
    os.write_escaped(place.node) << "': ";
  }
  os << text << "\n";
  for (Diagnostic &note : diagnostic.getNotes()) {
    os << "  note: ";
    StringRef node = findPlace(note.getLocation()).node;
    if (!node.empty() && node != place.node) {
      os << "node '";
      os.write_escaped(node) << "': ";
    }
    os << note.str() << "\n";
  }
  outputError |= isError && StringRef(text).contains("cannot write");
  return success();
}
