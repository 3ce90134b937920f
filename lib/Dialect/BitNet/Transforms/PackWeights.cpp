//===- PackWeights.cpp - constant codes to kernel order -------------------===//
//
// --bitnet-pack-weights: every bitnet.matmul with constant codes gets packed
// bytes, in the packing that the policy chooses, and the sums of its activation
// rows. The module's records of layers say what was decided.
//
//===----------------------------------------------------------------------===//

#include "FoldWeights.h"
#include "bitnet/Dialect/BitNet/IR/Constants.h"
#include "bitnet/Dialect/BitNet/Transforms/Builders.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_BITNETPACKWEIGHTS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// Every operand here is a ranked tensor, which canPack has made sure of.
static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {
/// Rewrites matmuls to the packed form; what several of them need is made once.
class Packer {
public:
  explicit Packer(PackingPolicy policy) : policy(policy) {}
  void rewrite(MatMulOp op);
  /// Writes what was decided into the module's records of its layers.
  void updateRecords(ModuleOp module) const;

private:
  Value getPacked(ImplicitLocOpBuilder &b, Value codes, PackingAttr packing);
  Value getSums(ImplicitLocOpBuilder &b, Value lhs, int64_t group);

  PackingPolicy policy;
  llvm::DenseMap<std::pair<Value, PackingAttr>, Value> packed;
  /// By the name of the layer: the packing, and why it is not what was asked
  /// for.
  llvm::StringMap<std::pair<PackingAttr, std::string>> decisions;
  llvm::DenseMap<std::pair<Value, std::pair<Block *, int64_t>>, Value> sums;
};
} // namespace

/// One `bitnet.pack` per constant, beside it; evaluated when all are in place.
Value Packer::getPacked(ImplicitLocOpBuilder &b, Value codes,
                        PackingAttr packing) {
  Value &known = packed[{codes, packing}];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(codes);
  return known = PackOp::create(
             b, RankedTensorType::get(packing.getPackedShape(), b.getI8Type()),
             codes, packing);
}

/// The sums of the rows of `lhs`, in i32: [M], or [G, M] for groups along K.
Value Packer::getSums(ImplicitLocOpBuilder &b, Value lhs, int64_t group) {
  Value &known = sums[{lhs, {b.getInsertionBlock(), group}}];
  if (known)
    return known;
  Type i32 = b.getI32Type();
  auto add = [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    Value wide = arith::ExtSIOp::create(b, i32, args[0]);
    return arith::AddIOp::create(b, args[1], wide);
  };
  OpFoldResult rows = getExtent(b, lhs, 0);
  auto map = [&](unsigned dims, ArrayRef<unsigned> results) {
    return AffineMap::getMultiDimMapWithTargets(dims, results, b.getContext());
  };
  if (!group)
    return known = makeGeneric(b, lhs, makeZeros(b, rows, i32),
                               {map(2, {0, 1}), map(2, {0})}, 1, add);
  auto type = getTensorType(lhs);
  int64_t count = type.getDimSize(1) / group;
  SmallVector<OpFoldResult> shape = {rows, b.getIndexAttr(count),
                                     b.getIndexAttr(group)};
  auto grouped = RankedTensorType::get({type.getDimSize(0), count, group},
                                       type.getElementType());
  Value parts = tensor::ExpandShapeOp::create(
      b, grouped, lhs, ArrayRef<ReassociationIndices>{{0}, {1, 2}}, shape);
  return known = makeGeneric(b, parts, makeZeros(b, {shape[1], rows}, i32),
                             {map(3, {1, 0, 2}), map(3, {0, 1})}, 2, add);
}

/// The accumulator gets padding rows, which a slice cuts off again.
void Packer::rewrite(MatMulOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto weights = getTensorType(op.getRhs());
  int64_t rows = weights.getDimSize(0), cols = weights.getDimSize(1);
  PackingDecision decision = choosePacking(op, policy);
  auto packing = PackingAttr::get(op.getContext(), decision.kind, rows, cols);
  if (auto layer = getAttr<BitNetDialect::LayerAttrHelper>(op))
    decisions[layer] = {packing, decision.note};
  Value lhs = op.getLhs();
  Value bytes = getPacked(b, op.getRhs(), packing);
  Value rowSums;
  if (isa<IntegerType>(getTensorType(lhs).getElementType()))
    rowSums = getSums(b, lhs, op.getGroupSize().value_or(0));
  Value padded =
      padWithZeros(b, lhs, {0, 0}, {0, packing.getPaddedCols() - cols});

  SmallVector<OpFoldResult> sizes = getExtents(b, op.getInit());
  SmallVector<OpFoldResult> paddedSizes = sizes;
  paddedSizes.back() = b.getIndexAttr(packing.getPaddedRows());
  auto accType = getTensorType(op.getInit());
  Value init = packing.getPaddedRows() == rows
                   ? op.getInit()
                   : makeEmpty(b, paddedSizes, accType.getElementType());
  Value acc =
      MatMulOp::create(b, init.getType(), padded, bytes, rowSums, init, packing,
                       op.getGroupSizeAttr(), op.getLoweringAttr())
          ->getResult(0);
  if (acc.getType() != accType) {
    SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> ones(sizes.size(), b.getIndexAttr(1));
    acc = tensor::ExtractSliceOp::create(b, accType, acc, zeros, sizes, ones);
  }
  op->getResult(0).replaceAllUsesWith(acc);
  op.erase();
}

/// Adds to the report's record of each layer its packing, and why it is not the
/// one that was asked for.
void Packer::updateRecords(ModuleOp module) const {
  LayerAttr::updateAll(module, [&](LayerAttr record) {
    auto found = decisions.find(record.getName());
    if (found == decisions.end())
      return record;
    const auto &[packing, note] = found->second;
    return record.getPacked(
        packing, note.empty() ? StringAttr()
                              : StringAttr::get(record.getContext(), note));
  });
}

/// How many weights one token reads; shared weights count once.
static uint64_t countWeights(ArrayRef<MatMulOp> ops) {
  llvm::DenseSet<Value> seen;
  uint64_t count = 0;
  for (MatMulOp op : ops)
    if (seen.insert(op.getRhs()).second)
      count += getTensorType(op.getRhs()).getNumElements();
  return count;
}

/// Whether `op` is packed here: a product of float or int8 activations with
/// constant codes, on tensors.
static bool canPack(MatMulOp op) {
  if (op.getPackingAttr() || op->getNumResults() == 0 ||
      !isConstant(op.getRhs()))
    return false;
  Type element = getTensorType(op.getLhs()).getElementType();
  return isa<FloatType>(element) || element.isInteger(8);
}

namespace {
struct PackWeights : bitnet::impl::BitNetPackWeightsBase<PackWeights> {
  using BitNetPackWeightsBase::BitNetPackWeightsBase;

  void runOnOperation() override {
    ConstantReaper reaper(getOperation());
    if (failed(foldWeights(getOperation(), reaper)))
      return signalPassFailure();
    SmallVector<MatMulOp> ops;
    getOperation().walk([&](MatMulOp op) {
      if (canPack(op))
        ops.push_back(op);
    });
    PackingPolicy policy;
    policy.wish = packing;
    llvm::append_range(policy.fast, fastPackings);
    policy.totalWeights = countWeights(ops);
    Packer packer(policy);
    for (MatMulOp op : ops)
      packer.rewrite(op);
    packer.updateRecords(getOperation());
    if (failed(foldWeights(getOperation(), reaper)))
      return signalPassFailure();
  }
};
} // namespace
