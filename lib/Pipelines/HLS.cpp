//===- HLS.cpp - stage 5b: loops to the C++ subset ------------------------===//
//
// The passes of stage 5b in the order that docs/HLS.md describes.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Target/CPU/Passes.h"
#include "bitnet/Target/HLSCpp/Passes.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

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
