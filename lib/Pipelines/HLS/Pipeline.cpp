//===- Pipeline.cpp - stages 4 and 5b: dispatches to the C++ subset -------===//
//
// Hardware forks from the dispatches of stage 4a: its loops are the literal
// nests, in the order that docs/HLS.md describes.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Floats/Passes.h"
#include "bitnet/Codegen/Fusion/Passes.h"
#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Codegen/Transforms/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Target/HLSCpp/Passes.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Scalar loops of one thread. Nests stay in the order of their loops and sums
/// in that of the model, because hardware is made of them.
void bitnet::populateHLSLoopsPipeline(OpPassManager &pm) {
  populateBufferizePipeline(pm);
  pm.addNestedPass<func::FuncOp>(createBitNetInlineDispatches());
  populateDeallocatePipeline(pm);
  pm.addPass(createBitNetLowerMatMul());
  pm.addNestedPass<func::FuncOp>(createBitNetLowerExpandShape());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createBitNetStrictFloats());
  addCommonStageCheck(pm, Stage::Loops,
                      {"memref", ProbeOp::getOperationName()});
}

/// Loads and stores reach through subviews and reshapes: every buffer that is
/// left is an array.
static void addAliasFolding(OpPassManager &pm) {
  pm.addPass(memref::createFoldMemRefAliasOpsPass());
  pm.addNestedPass<func::FuncOp>(createBitNetFoldReinterpretCasts());
  pm.addNestedPass<func::FuncOp>(affine::createAffineExpandIndexOpsPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(arith::createIntRangeOptimizationsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createLoopInvariantCodeMotionPass());
}

void bitnet::populateHLSPipeline(OpPassManager &pm, const HLSOptions &options) {
  BitNetPrepareTopOptions top;
  top.top = options.top;
  pm.addPass(createBitNetPrepareTop(top));
  // The polynomials of the CPU target, so that both compute the same bits.
  BitNetExpandMathOptions math;
  math.nativeRound = true;
  pm.addNestedPass<func::FuncOp>(createBitNetExpandMath(math));
  // Views are folded, because C++ has none. Only views of the weights are left,
  // which become arrays.
  addAliasFolding(pm);
  pm.addNestedPass<func::FuncOp>(createBitNetAnnotateHLS());
  pm.addPass(createBitNetCheckHLS());
}
