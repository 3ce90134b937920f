//===- Loops.cpp - stage 4: loop nests over buffers -----------------------===//
//
// Turns tensors into loops: bufferizes, makes functions of layers, kernel calls
// of products, vector loops of the rest, tasks of parallel loops, and views of
// constants.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Contractions/Passes.h"
#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Loops/Passes.h"
#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Codegen/Transforms/Passes.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Target/HLSCpp/Passes.h"

#include "mlir/Conversion/BufferizationToMemRef/BufferizationToMemRef.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Upstream's pipeline, with one pass of ours in front of what takes time in
/// the square of the buffers.
static void addDeallocation(OpPassManager &pm) {
  pm.addPass(memref::createExpandReallocPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(bufferization::createOwnershipBasedBufferDeallocationPass());
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createBitNetSplitDeallocs());
  pm.addPass(bufferization::createBufferDeallocationSimplificationPass());
  pm.addPass(bufferization::createLowerDeallocationsPass());
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
}

/// Adds bufferization. Inputs are read-only and results are dense. The passes
/// behind one-shot bufferization decide where buffers live and which ones are
/// shared.
static void addBufferization(OpPassManager &pm, const LoopsOptions &loops) {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  // What a loop hands on may be a buffer of its own, if it cannot be updated.
  options.allowReturnAllocsFromLoops = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(createBitNetBufferizeInputs());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addNestedPass<func::FuncOp>(createBitNetCopyStridedCasts());
  pm.addNestedPass<func::FuncOp>(createBitNetFoldReshapes());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createBitNetLowerConstants());
  pm.addPass(createBitNetOutlineLayers());
  // With strict floats, nests stay in the order of their loops, because
  // hardware is made of them.
  if (!loops.strictFloats)
    pm.addNestedPass<func::FuncOp>(createBitNetFuseRows());
  addDeallocation(pm);
  // Allocations stand where tensors were empty, deallocations at the end of
  // their blocks. Buffers can only take turns where each lives from its first
  // use to its last one.
  pm.addNestedPass<func::FuncOp>(createBitNetShortenLifetimes());
  pm.addPass(createConvertBufferizationToMemRefPass());
}

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

/// Kernels of float products add in an order of their own, on vectors and
/// threads, so they are not used where the order of the loops was asked for.
static void addContractions(OpPassManager &pm, const LoopsOptions &options) {
  // With --target=hls, products stay linalg nests.
  if (options.strictFloats)
    return;
  BitNetLowerContractionsOptions contractions;
  contractions.registers = getRegisterFiles(options);
  pm.addPass(createBitNetLowerContractions(contractions));
}

void bitnet::populateLoopsPipeline(OpPassManager &pm,
                                   const LoopsOptions &options) {
  addBufferization(pm, options);
  pm.addPass(createBitNetLowerMatMul());
  addContractions(pm, options);
  pm.addNestedPass<func::FuncOp>(createBitNetLowerExpandShape());
  if (!options.scalarLoops)
    pm.addNestedPass<func::FuncOp>(createBitNetVectorizeNests());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  if (!options.scalarLoops)
    pm.addPass(createBitNetOutlineParallel());
  // No reduction may be reassociated, because CPU levels would add up in
  // different widths, and the same bits on all of them are worth more. Products
  // of floats have an order of their own.
  if (options.strictFloats || !options.machines.isas.empty())
    pm.addNestedPass<func::FuncOp>(createBitNetStrictFloats());
  addCommonStageCheck(pm, "loops",
                      {"memref", "vector", "llvm", "bitnet.probe"});
}
