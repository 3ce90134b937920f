//===- Diagnostics.cpp - one clear line per error -------------------------===//
//
// Names come from the model and the command line: a terminal sees them escaped.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::bitnet;
using llvm::StringRef;

static void printNode(StringRef node) {
  llvm::errs() << "node '";
  llvm::errs().write_escaped(node) << "': ";
}

/// Notes stand below their error, with a node only where it is another one.
void DiagnosticPrinter::printNote(const bitnet_compile_diagnostic &note) {
  if (skipNotes)
    return;
  llvm::errs() << "  note: ";
  if (*note.node && lastNode != note.node)
    printNode(note.node);
  llvm::errs() << note.message << "\n";
}

void DiagnosticPrinter::print(const bitnet_compile_diagnostic &diagnostic) {
  if (diagnostic.severity == BITNET_COMPILE_NOTE)
    return printNote(diagnostic);
  const bool isError = diagnostic.severity == BITNET_COMPILE_ERROR;
  skipNotes = errorsOnly && !isError;
  if (skipNotes)
    return;
  lastNode = diagnostic.node;
  llvm::raw_ostream &os = llvm::errs();
  os << (*diagnostic.file ? escapePath(diagnostic.file) : "bitnet-compile")
     << ": ";
  if (isError)
    llvm::WithColor(os, llvm::HighlightColor::Error) << "error: ";
  else
    llvm::WithColor(os, llvm::HighlightColor::Warning) << "warning: ";
  // The importer's errors begin with the node, for tools without this printer.
  const StringRef text = diagnostic.message;
  if (!lastNode.empty() && !text.starts_with("node '"))
    printNode(lastNode);
  os << text << "\n";
}

void mlir::bitnet::printError(StringRef message) {
  llvm::WithColor::error(llvm::errs(), "bitnet-compile") << message << "\n";
}
