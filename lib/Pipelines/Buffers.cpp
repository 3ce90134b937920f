//===- Buffers.cpp - tensors to buffers, and where buffers end ------------===//
//
// The two halves of bufferization that every backend's stage 4 is built of.
// What a backend does to buffers that still live to the end of their functions
// goes between them.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Conversion/BufferizationToMemRef/BufferizationToMemRef.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Inputs are read-only and results are dense. The passes behind one-shot
/// bufferization decide where buffers live and which ones are shared.
void bitnet::populateBufferizePipeline(OpPassManager &pm) {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  // What a loop hands on may be a buffer of its own, if it cannot be updated.
  options.allowReturnAllocsFromLoops = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(createBitNetBufferizeInputs());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addNestedPass<func::FuncOp>(createBitNetSeparateYields());
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addNestedPass<func::FuncOp>(createBitNetCopyStridedCasts());
  pm.addNestedPass<func::FuncOp>(createBitNetFoldReshapes());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createBitNetLowerConstants());
  pm.addPass(createBitNetOutlineLayers());
}

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

/// Allocations stand where tensors were empty, deallocations at the end of
/// their blocks. Buffers can only take turns where each lives from its first
/// use to its last one.
void bitnet::populateDeallocatePipeline(OpPassManager &pm) {
  addDeallocation(pm);
  pm.addNestedPass<func::FuncOp>(createBitNetShortenLifetimes());
  pm.addPass(createConvertBufferizationToMemRefPass());
}
