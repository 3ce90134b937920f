//===- bitnet-translate.cpp - file formats to MLIR ------------------------===//
//
//   bitnet-translate --import-onnx model.onnx -o model.mlir
//
// A main of its own: MLIR's would read the whole model before the importer
// maps it, and its diagnostics would quote lines of a binary file.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Import/ONNX/Import.h"
#include "bitnet/Support/OutputSet.h"
#include "bitnet/Support/SafeFile.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// "model.onnx: error: ..." on one line.
static LogicalResult printDiagnostic(Diagnostic &diag) {
  Location loc = diag.getLocation();
  while (auto named = dyn_cast<NameLoc>(loc))
    loc = named.getChildLoc();
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    llvm::errs() << bitnet::escapePath(file.getFilename().getValue()) << ": ";
  llvm::errs() << (diag.getSeverity() == DiagnosticSeverity::Error
                       ? "error: "
                       : "warning: ")
               << diag << "\n";
  return success();
}

/// Writes the module through OutputSet, which refuses to overwrite the model or
/// its external data.
static llvm::Error write(MLIRContext &context, ModuleOp module, StringRef input,
                         StringRef output) {
  bitnet::OutputSet outputs;
  outputs.addInput(input, "the model");
  for (std::string &name :
       bitnet::BitNetDialect::getBlobStore(&context).getFileNames())
    outputs.addInput(name, "data of the model");
  if (llvm::Error error = outputs.write(output, bitnet::kOutputRole,
                                        [&](llvm::raw_ostream &os) {
                                          module.print(os);
                                          return llvm::Error::success();
                                        }))
    return error;
  return outputs.commit();
}

/// Imports `input` and prints it to `output`.
static LogicalResult translate(MLIRContext &context, StringRef input,
                               StringRef output, bool verifyOnly,
                               const bitnet::ImportOptions &options) {
  FailureOr<OwningOpRef<ModuleOp>> module =
      bitnet::importONNXModel(context, input, options);
  if (failed(module))
    return failure();
  if (verifyOnly)
    return success();
  llvm::Error error = write(context, **module, input, output);
  if (!error)
    return success();
  llvm::errs() << "bitnet-translate: error: "
               << llvm::toString(std::move(error)) << "\n";
  return failure();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  mlir::bitnet::removeTemporariesOnSignal();
  llvm::cl::opt<std::string> input(llvm::cl::Positional, llvm::cl::Required,
                                   llvm::cl::desc("<model>"));
  llvm::cl::opt<std::string> output("o", llvm::cl::desc("Output file"),
                                    llvm::cl::init("-"));
  llvm::cl::opt<bool> onnx("import-onnx", llvm::cl::Required,
                           llvm::cl::desc("The input is an ONNX model"));
  llvm::cl::opt<bool> verifyOnly(
      "verify-only", llvm::cl::desc("Import and verify, print nothing"));
  using bitnet::ExternalData;
  llvm::cl::opt<ExternalData> externalData(
      "external-data", llvm::cl::desc("Files of weights that a model names:"),
      llvm::cl::init(ExternalData::Strict),
      llvm::cl::values(
          clEnumValN(ExternalData::Strict, "strict", "no links (default)"),
          clEnumValN(ExternalData::Trusted, "trusted", "also links")));
  llvm::cl::opt<std::string> externalRoot(
      "external-root", llvm::cl::value_desc("folder"),
      llvm::cl::desc("Allow weights that lie beneath this folder"));
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  llvm::cl::ParseCommandLineOptions(argc, argv, "BitNet translation driver\n");

  MLIRContext context;
  ScopedDiagnosticHandler handler(&context, printDiagnostic);
  bitnet::ImportOptions options;
  options.external = {externalData, externalRoot};
  // Functions of a model are inlined where the compiler has no lowering for
  // them.
  options.hasLowering = bitnet::hasONNXLowering;
  return failed(translate(context, input, output, verifyOnly, options));
}
