//===- HostConstants.cpp - constants run by the whole compiler ------------===//

#include "bitnet/Pipelines/HostConstants.h"

#include "bitnet/Conversion/ONNXToLinalg/Passes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Target/CPU/HostRun.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
class HostConstantRunner final : public ConstantRunner {
public:
  bool hasLowering(StringRef domain, StringRef op,
                   int64_t version) const override {
    return hasONNXLowering(domain, op, version);
  }
  void getDependentDialects(DialectRegistry &registry) const override;
  FailureOr<std::vector<ComputedTensor>>
  run(ModuleOp module, ArrayRef<uint64_t> limits) const override;
};
} // namespace

static void addLowering(OpPassManager &pm) {
  pm.addPass(createConvertONNXToLinalg());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

/// Stages 2 to 5a, as for any model of `target`.
static void addStages(OpPassManager &pm, const CPUTargetOptions &target) {
  populateQuantizePipeline(pm, QuantizeOptions());
  populatePackPipeline(pm, PackOptions());
  PartitionOptions partition;
  partition.machines.isas = target.isas;
  partition.machines.target.arch = getArch(target.triple);
  populatePartitionPipeline(pm, partition);
  LoopsOptions loops;
  loops.machines = partition.machines;
  populateLoopsPipeline(pm, loops);
  populateCPUPipeline(pm, getCPUPipelineOptions(target));
}

void HostConstantRunner::getDependentDialects(DialectRegistry &registry) const {
  registerAllToLLVMIRTranslations(registry);
  OpPassManager pm(ModuleOp::getOperationName());
  addLowering(pm);
  addStages(pm, CPUTargetOptions());
  pm.getDependentDialects(registry);
}

/// Bytes of a tensor of known size; nullopt when only the run knows it.
static std::optional<uint64_t> getBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return std::nullopt;
  FailureOr<uint64_t> bytes = getStorageBytes(tensor);
  return succeeded(bytes) ? *bytes : UINT64_MAX;
}

/// Gives up the results of @main that are too large. Returns which are left.
static FailureOr<SmallVector<unsigned>>
dropLargeResults(func::FuncOp main, ArrayRef<uint64_t> limits) {
  Operation *end = main.getBody().front().getTerminator();
  SmallVector<unsigned> kept;
  llvm::BitVector dropped(limits.size());
  for (unsigned i = 0; i != limits.size(); ++i) {
    if (getBytes(end->getOperand(i).getType()).value_or(0) > limits[i])
      dropped.set(i);
    else
      kept.push_back(i);
  }
  end->eraseOperands(dropped);
  if (failed(main.eraseResults(dropped)))
    return failure();
  return kept;
}

/// What no machine could hold is not begun.
static LogicalResult checkSizes(func::FuncOp main) {
  constexpr uint64_t kMost = uint64_t(1) << 32;
  WalkResult result = main.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (getBytes(type).value_or(0) > kMost)
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return mlir::emitError(main.getLoc(),
                           "constants lead to more than 4 GiB of values");
  return success();
}

FailureOr<std::vector<ComputedTensor>>
HostConstantRunner::run(ModuleOp module, ArrayRef<uint64_t> limits) const {
  std::string error;
  FailureOr<CPUTargetOptions> target = getHostTarget(error);
  if (failed(target))
    return module.emitError(error);
  PassManager lowering(module.getContext());
  addLowering(lowering);
  if (failed(lowering.run(module)))
    return failure();
  std::vector<ComputedTensor> results(limits.size());
  auto main = module.lookupSymbol<func::FuncOp>("main");
  FailureOr<SmallVector<unsigned>> kept = dropLargeResults(main, limits);
  if (failed(kept))
    return failure();
  if (kept->empty())
    return results;
  PassManager stages(module.getContext());
  stages.addPass(createCanonicalizerPass()); // what nobody reads any more goes
  addStages(stages, *target);
  SmallVector<uint64_t> keptLimits;
  for (unsigned i : *kept)
    keptLimits.push_back(limits[i]);
  if (failed(checkSizes(main)) || failed(stages.run(module)))
    return failure();
  auto computed = runOnHost(module, *target, keptLimits);
  if (failed(computed))
    return failure();
  for (auto [i, tensor] : llvm::zip_equal(*kept, *computed))
    results[i] = std::move(tensor);
  return results;
}

std::shared_ptr<const ConstantRunner> bitnet::createHostConstantRunner() {
  return std::make_shared<HostConstantRunner>();
}
