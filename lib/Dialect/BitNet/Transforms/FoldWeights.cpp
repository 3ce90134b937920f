//===- FoldWeights.cpp - compile-time evaluation of weights ---------------===//
//
// quantize_weights, pack and unpack of constants are evaluated here and not by
// folds, because weights are large: bytes are streamed, and a constant is freed
// as soon as nothing reads it.
//
//===----------------------------------------------------------------------===//

#include "FoldWeights.h"

#include "WeightQuantizer.h"
#include "bitnet/Dialect/BitNet/IR/Constants.h"
#include "bitnet/Dialect/BitNet/IR/Packing.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

ConstantReaper::ConstantReaper(Operation *root) {
  root->walk([&](ConstantOp op) { add(op); });
}

/// Only blobs are counted; inline constants take no memory of their own.
void ConstantReaper::add(ConstantOp op) {
  if (auto blob = dyn_cast<BlobAttr>(op.getValue()))
    ++users[blob.getFile()];
}

/// Several constants may name one buffer; the last one frees it.
void ConstantReaper::releaseIfUnused(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !op->use_empty())
    return;
  if (auto constant = dyn_cast<ConstantOp>(op))
    if (auto blob = dyn_cast<BlobAttr>(constant.getValue()))
      if (--users[blob.getFile()] == 0)
        BitNetDialect::getBlobStore(op->getContext())
            .dropMemory(blob.getFile());
  op->erase();
}

/// The name of the constant or the location of its node, for messages.
static StringAttr getConstantName(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant ? constant.getNameAttr() : StringAttr();
}

LogicalResult mlir::bitnet::foldQuantizeWeights(QuantizeWeightsOp op,
                                                StringRef label,
                                                ConstantReaper &reaper) {
  Value weights = op.getWeights();
  auto bytes = readConstant(weights);
  if (failed(bytes))
    return failure();
  BlobStore &store = BitNetDialect::getBlobStore(op.getContext());
  StringAttr name = getConstantName(weights);
  WeightQuantizer quantizer((*bytes)->bytes, (*bytes)->type.getElementType(),
                            (*bytes)->type.getNumElements(), store);
  WeightQuantizer::Result result = quantizer.run(op.getMethod());
  StringRef tensor = name ? name.getValue() : label;
  if (!result.finite)
    return op.emitError("w_c6: weights '")
           << tensor << "' hold a NaN or an infinity and cannot be quantized";
  if (result.allZero)
    op.emitWarning("w_c1: weights '")
        << tensor << "' are all zero; the layer's output is its bias";
  OpBuilder builder(op);
  ConstantOp codes = createConstant(
      builder, op.getLoc(), cast<RankedTensorType>(op.getCodes().getType()),
      std::move(result.codes), PackingAttr(), name);
  reaper.add(codes);
  auto scale = arith::ConstantOp::create(
      builder, op.getLoc(),
      DenseElementsAttr::get(cast<RankedTensorType>(op.getScale().getType()),
                             result.scale));
  op.getCodes().replaceAllUsesWith(codes.getResult());
  op.getScale().replaceAllUsesWith(scale);
  op.erase();
  reaper.releaseIfUnused(weights);
  return success();
}

/// Pages of the source are given back as rows are packed.
static LogicalResult foldPack(PackOp op, ConstantReaper &reaper) {
  Value codes = op.getCodes();
  auto bytes = readConstant(codes);
  if (failed(bytes))
    return failure();
  BlobStore &store = BitNetDialect::getBlobStore(op.getContext());
  auto packed =
      packCodes((*bytes)->bytes, op.getPacking(),
                [&](ArrayRef<uint8_t> read) { store.releasePages(read); });
  if (failed(packed))
    return op.emitError("w_c5: codes hold -2, which is not ternary");
  OpBuilder builder(op);
  ConstantOp constant = createConstant(
      builder, op.getLoc(), cast<RankedTensorType>(op.getType()),
      std::move(*packed), op.getPacking(), getConstantName(codes));
  reaper.add(constant);
  op.replaceAllUsesWith(constant.getResult());
  op.erase();
  reaper.releaseIfUnused(codes);
  return success();
}

/// Folds the unpacking of constants, for layers that end up without a packing.
static LogicalResult foldUnpack(UnpackOp op, ConstantReaper &reaper) {
  Value packed = op.getPacked();
  auto bytes = readConstant(packed);
  if (failed(bytes))
    return failure();
  OpBuilder builder(op);
  ConstantOp constant =
      createConstant(builder, op.getLoc(), cast<RankedTensorType>(op.getType()),
                     unpackCodes((*bytes)->bytes, op.getPacking()),
                     PackingAttr(), getConstantName(packed));
  reaper.add(constant);
  op.replaceAllUsesWith(constant.getResult());
  op.erase();
  reaper.releaseIfUnused(packed);
  return success();
}

/// Operations stay when their operand is no constant.
LogicalResult mlir::bitnet::foldWeights(Operation *root,
                                        ConstantReaper &reaper) {
  SmallVector<Operation *> ops;
  root->walk([&](Operation *op) {
    if (isa<QuantizeWeightsOp, PackOp, UnpackOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (!isConstant(op->getOperand(0)))
      continue;
    LogicalResult result = success();
    if (auto quantize = dyn_cast<QuantizeWeightsOp>(op))
      result = foldQuantizeWeights(quantize, "", reaper);
    else if (auto pack = dyn_cast<PackOp>(op))
      result = foldPack(pack, reaper);
    else
      result = foldUnpack(cast<UnpackOp>(op), reaper);
    if (failed(result))
      return failure();
  }
  return success();
}
