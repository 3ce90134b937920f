//===- bitnet-translate.cpp - file formats to and from MLIR ---------------===//
//
//   bitnet-translate --import-onnx model.onnx -o model.mlir
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Import/ONNX/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// "model.onnx: error: ...": the standard handler would quote the line of the
/// binary file.
static void printDiagnostic(Diagnostic &diag) {
  Location loc = diag.getLocation();
  while (auto named = dyn_cast<NameLoc>(loc))
    loc = named.getChildLoc();
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    llvm::errs() << file.getFilename().getValue() << ": ";
  llvm::errs() << (diag.getSeverity() == DiagnosticSeverity::Error
                       ? "error: "
                       : "warning: ")
               << diag << "\n";
}

static OwningOpRef<Operation *> importONNX(llvm::SourceMgr &sources,
                                           MLIRContext *context) {
  ScopedDiagnosticHandler handler(context, printDiagnostic);
  // The model is mapped by the importer; only the name is taken from here.
  StringRef path =
      sources.getMemoryBuffer(sources.getMainFileID())->getBufferIdentifier();
  FailureOr<OwningOpRef<ModuleOp>> module =
      bitnet::importONNXModel(*context, path);
  if (failed(module))
    return {};
  return OwningOpRef<Operation *>(module->release().getOperation());
}

int main(int argc, char **argv) {
  TranslateToMLIRRegistration onnx(
      "import-onnx", "import an ONNX model", importONNX,
      [](DialectRegistry &registry) {
        registry.insert<bitnet::BitNetDialect, bitnet::onnx::ONNXDialect,
                        func::FuncDialect>();
      });
  return failed(mlirTranslateMain(argc, argv, "BitNet translation driver\n"));
}
