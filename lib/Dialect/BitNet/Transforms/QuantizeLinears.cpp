//===- QuantizeLinears.cpp - float layers to ternary, on request ----------===//
//
// --bitnet-quantize-linears (--quantize): float layers whose names match become
// ternary by the method asked for, with default quantizers of their
// activations.
//
//===----------------------------------------------------------------------===//

#include "FoldWeights.h"
#include "bitnet/Dialect/BitNet/IR/Constants.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Support/NameFilter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETQUANTIZELINEARS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The default quantizer of act_c1: per token, for convolutions per sample.
static ActQuantAttr getDefaultAct(LinearOp op) {
  MLIRContext *context = op.getContext();
  if (!op.getConvAttr())
    return ActQuantAttr::getDefault(context);
  return ActQuantAttr::get(context, ScaleForm::ReciprocalMul, {1, 2, 3}, 127,
                           1e-5, -128, 127);
}

/// Quantizes a layer. Its weights are evaluated at once; a NaN in them is an
/// error that names the layer.
static LogicalResult quantize(LinearOp op, WeightMethod method,
                              ConstantReaper &reaper) {
  OpBuilder builder(op);
  auto type = cast<RankedTensorType>(op.getW().getType());
  auto quantized = QuantizeWeightsOp::create(
      builder, op.getLoc(), type.clone(builder.getIntegerType(2)),
      RankedTensorType::get({}, builder.getF32Type()), op.getW(), method);
  auto ternary = LinearOp::create(
      builder, op.getLoc(), op.getY().getType(), op.getName(), op.getX(),
      quantized.getCodes(), quantized.getScale(), op.getBias(),
      getDefaultAct(op), op.getConvAttr(), IntegerAttr(), DenseI64ArrayAttr());
  op.getY().replaceAllUsesWith(ternary.getY());
  std::string name = op.getName().str();
  op.erase();
  return foldQuantizeWeights(quantized, name, reaper);
}

/// Brings the recognizer's report up to date for the layers in `quantized`.
static void updateRecords(ModuleOp module, WeightMethod method,
                          const llvm::StringSet<> &quantized) {
  auto reason =
      StringAttr::get(module.getContext(),
                      "quantized on request: " + stringifyWeightMethod(method));
  const LayerKind kind =
      method == WeightMethod::Sign ? LayerKind::Binary : LayerKind::Ternary;
  LayerAttr::updateAll(module, [&](LayerAttr record) {
    return quantized.contains(record.getName())
               ? record.getQuantized(kind, reason)
               : record;
  });
}

namespace {
struct QuantizeLinears
    : bitnet::impl::BitNetQuantizeLinearsBase<QuantizeLinears> {
  using BitNetQuantizeLinearsBase::BitNetQuantizeLinearsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    // An invalid glob of the command line is an error before any layer changes.
    llvm::Expected<NameFilter> filter = NameFilter::create(include, exclude);
    if (!filter) {
      emitError(module.getLoc()) << llvm::toString(filter.takeError());
      return signalPassFailure();
    }
    SmallVector<LinearOp> ops;
    module.walk([&](LinearOp op) {
      auto weights = cast<RankedTensorType>(op.getW().getType());
      if (isa<FloatType>(weights.getElementType()) && isConstant(op.getW()) &&
          filter->matches(op.getName()))
        ops.push_back(op);
    });
    ConstantReaper reaper(module);
    llvm::StringSet<> names;
    for (LinearOp op : ops) {
      names.insert(op.getName());
      if (failed(quantize(op, method, reaper)))
        return signalPassFailure();
    }
    if (failed(foldWeights(module, reaper)))
      return signalPassFailure();
    updateRecords(module, method, names);
  }
};
} // namespace
