//===- Builders.cpp - tensor idioms used by several passes ----------------===//
//
// Short names for operations on tensors that take several lines each.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

OpFoldResult mlir::bitnet::getExtent(ImplicitLocOpBuilder &b, Value value,
                                     int64_t axis) {
  return tensor::getMixedSize(b, b.getLoc(), value, axis);
}

SmallVector<OpFoldResult> mlir::bitnet::getExtents(ImplicitLocOpBuilder &b,
                                                   Value value) {
  return tensor::getMixedSizes(b, b.getLoc(), value);
}

Value mlir::bitnet::makeEmpty(ImplicitLocOpBuilder &b,
                              ArrayRef<OpFoldResult> shape, Type element) {
  return tensor::EmptyOp::create(b, shape, element);
}

Value mlir::bitnet::makeZeros(ImplicitLocOpBuilder &b,
                              ArrayRef<OpFoldResult> shape, Type element) {
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(element));
  Value empty = makeEmpty(b, shape, element);
  return linalg::FillOp::create(b, zero, empty).getResult(0);
}

/// When all pads are 0, no operation is made.
Value mlir::bitnet::padWithZeros(ImplicitLocOpBuilder &b, Value value,
                                 ArrayRef<int64_t> low,
                                 ArrayRef<int64_t> high) {
  auto type = cast<RankedTensorType>(value.getType());
  auto isZero = [](int64_t v) { return v == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return value;
  SmallVector<int64_t> shape(type.getShape());
  for (auto [i, extent] : llvm::enumerate(shape))
    if (!ShapedType::isDynamic(extent))
      extent += low[i] + high[i];
  Value zero =
      arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(
      b, RankedTensorType::get(shape, type.getElementType()), value,
      getAsIndexOpFoldResult(b.getContext(), low),
      getAsIndexOpFoldResult(b.getContext(), high), zero);
}

Value mlir::bitnet::makeGeneric(ImplicitLocOpBuilder &b, ValueRange inputs,
                                Value init, ArrayRef<AffineMap> maps,
                                unsigned parallel, BodyBuilder body) {
  SmallVector<utils::IteratorType> iterators(maps.front().getNumDims(),
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), parallel, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, TypeRange(init.getType()), inputs, ValueRange(init), maps, iterators,
      [&](OpBuilder &inner, Location loc, ValueRange args) {
        ImplicitLocOpBuilder builder(loc, inner);
        linalg::YieldOp::create(builder, body(builder, args));
      });
  return generic.getResult(0);
}

/// Casts a scalar.
Value mlir::bitnet::castFloat(ImplicitLocOpBuilder &b, Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (value.getType() == type)
    return value;
  // Widening is exact, narrowing rounds once.
  if (from < to)
    return arith::ExtFOp::create(b, type, value);
  if (from > to)
    return arith::TruncFOp::create(b, type, value);
  // Neither of bf16 and f16 holds the other, so a cast between them goes
  // through f32.
  Value wide = arith::ExtFOp::create(b, b.getF32Type(), value);
  return arith::TruncFOp::create(b, type, wide);
}
