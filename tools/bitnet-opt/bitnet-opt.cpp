//===- bitnet-opt.cpp - runs passes and pipelines -------------------------===//

#include "bitnet/Pipelines/Register.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::bitnet::registerAllDialects(registry);
  mlir::bitnet::registerAllPasses();
  mlir::bitnet::registerAllPipelines();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "BitNet optimizer driver\n", registry));
}
