//===- Partition.cpp - stage 4a: dispatches on tensors --------------------===//
//
// Kernels are chosen before layers are formed, because only products that have
// a kernel can be computed by blocks.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Contractions/Passes.h"
#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Codegen/Partition/Passes.h"
#include "bitnet/Codegen/Strategy/Passes.h"
#include "bitnet/Conversion/BitNetToLinalg/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Pipelines/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Adds the choice of kernels, for every machine of the library or for one.
static void addKernelSelection(OpPassManager &pm,
                               const PartitionOptions &options) {
  BitNetSelectKernelsOptions selection;
  selection.arch = options.machines.target.arch;
  for (const std::string &feature : options.machines.target.features)
    selection.features.push_back(feature);
  for (ISA isa : options.machines.isas)
    selection.isas.push_back(isa);
  selection.kernel = options.kernel;
  pm.addPass(createBitNetSelectKernels(selection));
}

/// Elementwise nests are fused on tensors, because bufferization freezes the
/// structure.
static void addFusion(OpPassManager &pm) {
  OpPassManager &func = pm.nest<func::FuncOp>();
  func.addPass(createBitNetLowerSelects());
  func.addPass(createConvertElementwiseToLinalgPass());
  func.addPass(createBitNetFoldOperandCopies());
  func.addPass(createCanonicalizerPass());
  func.addPass(createCSEPass());
  func.addPass(createBitNetSeparateInits());
  func.addPass(createBitNetFuseElementwise());
  func.addPass(createCSEPass());
  func.addPass(createCanonicalizerPass());
  func.addPass(createBitNetSeparateInits());
}

void bitnet::populatePartitionPipeline(OpPassManager &pm,
                                       const PartitionOptions &options) {
  addKernelSelection(pm, options);
  pm.addPass(createConvertBitNetToLinalg());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createBitNetFoldOutputShapes());
  if (options.rollLayers)
    pm.addNestedPass<func::FuncOp>(createBitNetRollLayers());
  addFusion(pm);
  OpPassManager &func = pm.nest<func::FuncOp>();
  func.addPass(createBitNetReuseOperands());
  func.addPass(createBitNetFormLayers());
  func.addPass(createBitNetJoinLayers());
  func.addPass(createBitNetFormProducts());
  func.addPass(createBitNetFormRows());
  func.addPass(createBitNetDescribeUnits());
  addCommonStageCheck(
      pm, Stage::Dispatches,
      {ConstantOp::getOperationName(), ConstantTableOp::getOperationName(),
       DispatchOp::getOperationName(), MatMulOp::getOperationName(),
       ProbeOp::getOperationName(), YieldOp::getOperationName(), "linalg",
       "tensor"});
}
