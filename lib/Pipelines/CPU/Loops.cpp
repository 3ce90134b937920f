//===- Loops.cpp - stage 4 for CPUs: loop nests over buffers --------------===//
//
// Turns tensors into loops: bufferizes, makes functions of layers, kernel calls
// of products, vector loops of the rest, tasks of parallel loops, and views of
// constants. lib/Pipelines/HLS has a stage 4 of its own.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Contractions/Passes.h"
#include "bitnet/Codegen/Floats/Passes.h"
#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Loops/Passes.h"
#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Codegen/Transforms/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The register files of all machines, best first.
static SmallVector<RegisterFile> getRegisterFiles(const LoopsOptions &options) {
  SmallVector<TargetInfo> machines;
  for (ISA isa : llvm::reverse(options.machines.isas))
    machines.push_back(getTargetInfo(isa));
  if (machines.empty())
    machines.push_back(options.machines.target);
  SmallVector<RegisterFile> files;
  for (const TargetInfo &machine : machines) {
    RegisterFile file = getRegisterFile(machine.features);
    if (!llvm::is_contained(files, file))
      files.push_back(file);
  }
  return files;
}

/// Kernels of float products, for the registers of each machine.
static void addContractions(OpPassManager &pm, const LoopsOptions &options) {
  BitNetLowerContractionsOptions contractions;
  contractions.registers = getRegisterFiles(options);
  pm.addPass(createBitNetLowerContractions(contractions));
}

void bitnet::populateLoopsPipeline(OpPassManager &pm,
                                   const LoopsOptions &options) {
  populateBufferizePipeline(pm);
  pm.addNestedPass<func::FuncOp>(createBitNetLowerRows());
  addContractions(pm, options);
  populateDeallocatePipeline(pm);
  pm.addPass(createBitNetLowerMatMul());
  pm.addNestedPass<func::FuncOp>(createBitNetLowerExpandShape());
  pm.addNestedPass<func::FuncOp>(createBitNetVectorizeNests());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createBitNetOutlineParallel());
  // No reduction may be reassociated, because CPU levels would add up in
  // different widths, and the same bits on all of them are worth more. Products
  // of floats have an order of their own.
  if (!options.machines.isas.empty())
    pm.addNestedPass<func::FuncOp>(createBitNetStrictFloats());
  addCommonStageCheck(
      pm, Stage::Loops,
      {"memref", "vector", "llvm", ProbeOp::getOperationName()});
}
