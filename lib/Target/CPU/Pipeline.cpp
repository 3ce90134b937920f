//===- Pipeline.cpp - loops to the LLVM dialect ---------------------------===//
//
// The passes of stage 5a, in order. The order matters: probes and marks while
// names are on operations, the plan of buffers before allocations become calls,
// the context before the entry, variants before anything depends on features.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Floats/Passes.h"
#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/BitNet/Transforms/StageCheck.h"
#include "bitnet/Target/CPU/CPU.h"
#include "bitnet/Target/CPU/Passes.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/BufferizationToMemRef/BufferizationToMemRef.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Adds the passes that plan buffers and rewrite operations on memrefs for
/// which upstream has no lowering of our kind.
static void addBufferPasses(OpPassManager &passes) {
  passes.addPass(createBitNetMarkRegions());
  passes.addPass(createBitNetLowerProbes());
  passes.addPass(createConvertBufferizationToMemRefPass());
  passes.addPass(memref::createExpandReallocPass());
  passes.addNestedPass<func::FuncOp>(createBitNetExpandStridedCopies());
  passes.addNestedPass<func::FuncOp>(createBitNetGuardAllocations());
  passes.addPass(createBitNetPlanBuffers());
  passes.addPass(createBitNetLowerPlannedBuffers());
  passes.addPass(createBitNetBoundStack());
}

/// From here on there may be several versions of each function.
static void addVariantPasses(OpPassManager &passes,
                             const CPUPipelineOptions &options) {
  BitNetCloneVariantsOptions clone;
  for (ISA isa : options.isas)
    clone.isas.push_back(isa);
  for (const std::string &feature : options.features)
    clone.features.push_back(feature);
  passes.addPass(createBitNetCloneVariants(clone));
  passes.addPass(createSymbolDCEPass());
}

/// 16-bit floats become f32 arithmetic, so that no operation and no conversion
/// ends in a call of a compiler library.
static void addFloatPasses(OpPassManager &passes,
                           const CPUPipelineOptions &options) {
  math::MathExtendToSupportedTypesOptions extend;
  passes.addNestedPass<func::FuncOp>(
      math::createMathExtendToSupportedTypes(extend));
  BitNetExpandMathOptions mathOptions;
  mathOptions.nativeRound = options.nativeRound;
  passes.addNestedPass<func::FuncOp>(createBitNetExpandMath(mathOptions));
  arith::ArithEmulateUnsupportedFloatsOptions emulate;
  SmallVector<std::string> narrow{"bf16", "f16"};
  emulate.sourceTypeStrs = narrow;
  passes.addNestedPass<func::FuncOp>(
      arith::createArithEmulateUnsupportedFloats(emulate));
  BitNetExpandSmallFloatsOptions small;
  small.nativeHalf = options.nativeHalf;
  passes.addNestedPass<func::FuncOp>(createBitNetExpandSmallFloats(small));
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true;
  passes.addNestedPass<func::FuncOp>(arith::createArithExpandOpsPass(expand));
}

/// Vectors that no machine holds become loops; then there are only branches.
static void addControlFlowPasses(OpPassManager &passes) {
  passes.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass());
  passes.addPass(memref::createExpandStridedMetadataPass());
  passes.addPass(createLowerAffinePass());
  passes.addPass(createCSEPass());
  passes.addPass(createSCFToControlFlowPass());
}

/// Adds the passes that convert everything to the LLVM dialect, and then lower
/// what is left of memory and threads.
static void addLLVMPasses(OpPassManager &passes) {
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createUBToLLVMConversionPass());
  ConvertMathToLLVMPassOptions math;
  math.approximateLog1p = false;
  // Operations become intrinsics first, so that floor and fma are instructions
  // and not calls of libm.
  passes.addNestedPass<func::FuncOp>(createConvertMathToLLVMPass(math));
  passes.addPass(createConvertMathToLibmPass());
  // The other math operations become calls of libm, for which vectors are taken
  // apart.
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createConvertIndexToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createFinalizeMemRefToLLVMConversionPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createBitNetLowerAllocations());
  passes.addPass(createBitNetLowerParallelCalls());
}

void bitnet::populateCPUPipeline(OpPassManager &passes,
                                 const CPUPipelineOptions &options) {
  addBufferPasses(passes);
  addControlFlowPasses(passes);
  passes.addPass(createBitNetThreadContext());
  passes.addPass(createBitNetGenerateEntry());
  addVariantPasses(passes, options);
  addFloatPasses(passes, options);
  addLLVMPasses(passes);
  addStageCheck(passes, Stage::LLVM, {"llvm"});
}

void bitnet::registerCPUPipelines() {
  PassPipelineRegistration<>(
      "bitnet-cpu-pipeline", "Loops to the LLVM dialect with the model ABI",
      [](OpPassManager &passes) {
        populateCPUPipeline(passes, CPUPipelineOptions());
      });
}
