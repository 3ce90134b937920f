//===- bitnet-opt.cpp - runs passes and pipelines -------------------------===//
//
// The tests of passes run it: it knows all dialects, passes and pipelines of
// the compiler.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Register.h"
#include "bitnet/Support/OutputSet.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

/// MLIR's own main would empty the file before it has anything to write.
static llvm::Error writeFile(StringRef input, StringRef output,
                             DialectRegistry &registry, bool &failed) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(input, &message);
  if (!buffer)
    return llvm::createStringError(message);
  bitnet::OutputSet outputs;
  outputs.addInput(input == "-" ? "/dev/stdin" : input, "the input");
  if (llvm::Error error = outputs.write(
          output, bitnet::kOutputRole, [&](llvm::raw_ostream &os) {
            failed = mlir::failed(
                MlirOptMain(os, std::move(buffer), registry,
                            MlirOptMainConfig::createFromCLOptions()));
            return llvm::Error::success();
          }))
    return error;
  return failed ? llvm::Error::success() : outputs.commit();
}

/// Output to standard output, and what only lists things, is left to MLIR's
/// main.
int main(int argc, char **argv) {
  DialectRegistry registry;
  bitnet::registerAllDialects(registry);
  bitnet::registerAllPasses();
  bitnet::registerAllPipelines();
  auto [input, output] = registerAndParseCLIOptions(
      argc, argv, "BitNet optimizer driver\n", registry);
  const auto config = MlirOptMainConfig::createFromCLOptions();
  if (output == "-" || config.shouldListPasses() || config.shouldShowDialects())
    return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
  llvm::InitLLVM init(argc, argv);
  bool failed = false;
  if (llvm::Error error = writeFile(input, output, registry, failed)) {
    llvm::errs() << "bitnet-opt: error: " << llvm::toString(std::move(error))
                 << "\n";
    return EXIT_FAILURE;
  }
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
