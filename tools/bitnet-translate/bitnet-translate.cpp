//===- bitnet-translate.cpp - file formats to MLIR ------------------------===//
//
//   bitnet-translate --import-onnx model.onnx -o model.mlir
//
// A main of its own: MLIR's would read the whole model before the importer
// maps it, and its diagnostics would quote lines of a binary file.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Import/ONNX/Import.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// "model.onnx: error: ..." on one line.
static LogicalResult printDiagnostic(Diagnostic &diag) {
  Location loc = diag.getLocation();
  while (auto named = dyn_cast<NameLoc>(loc))
    loc = named.getChildLoc();
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    llvm::errs() << file.getFilename().getValue() << ": ";
  llvm::errs() << (diag.getSeverity() == DiagnosticSeverity::Error
                       ? "error: "
                       : "warning: ")
               << diag << "\n";
  return success();
}

/// Imports `input` and prints it to `output`.
static LogicalResult translate(MLIRContext &context, StringRef input,
                               StringRef output, bool verifyOnly) {
  FailureOr<OwningOpRef<ModuleOp>> module =
      bitnet::importONNXModel(context, input);
  if (failed(module))
    return failure();
  if (verifyOnly)
    return success();
  std::string error;
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(output, &error);
  if (!file) {
    llvm::errs() << error << "\n";
    return failure();
  }
  (*module)->print(file->os());
  file->keep();
  return success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::opt<std::string> input(llvm::cl::Positional, llvm::cl::Required,
                                   llvm::cl::desc("<model>"));
  llvm::cl::opt<std::string> output("o", llvm::cl::desc("Output file"),
                                    llvm::cl::init("-"));
  llvm::cl::opt<bool> onnx("import-onnx", llvm::cl::Required,
                           llvm::cl::desc("The input is an ONNX model"));
  llvm::cl::opt<bool> verifyOnly(
      "verify-only", llvm::cl::desc("Import and verify, print nothing"));
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  llvm::cl::ParseCommandLineOptions(argc, argv, "BitNet translation driver\n");

  MLIRContext context;
  ScopedDiagnosticHandler handler(&context, printDiagnostic);
  return failed(translate(context, input, output, verifyOnly));
}
