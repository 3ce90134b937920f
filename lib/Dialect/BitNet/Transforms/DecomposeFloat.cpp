//===- DecomposeFloat.cpp - products of layers whose weights are float ----===//
//
// Layers whose weights are float or int8 rows (w_c7): a product with sums in
// f32, then scale and bias, rounded once to the result's type.
//
//===----------------------------------------------------------------------===//

#include "DecomposeLinear.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

static Type getElement(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

/// A weight as a value of type `wide`, which holds it exactly.
static Value widen(ImplicitLocOpBuilder &b, Value weight, Type wide) {
  if (isa<IntegerType>(weight.getType()))
    return arith::SIToFPOp::create(b, wide, weight);
  return castFloat(b, weight, wide);
}

/// The product x * transpose(w). Only the sum may take another order (mm_c5).
static Value buildSums(ImplicitLocOpBuilder &b, LinearOp op, Value rows,
                       ArrayRef<OpFoldResult> shape, Type wide) {
  AffineExpr m, n, k;
  bindDims(b.getContext(), m, n, k);
  auto map = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(3, 0, exprs, b.getContext());
  };
  auto flags = arith::FastMathFlags::reassoc | arith::FastMathFlags::contract;
  return makeGeneric(b, {rows, op.getW()}, makeZeros(b, shape, wide),
                     {map({m, k}), map({n, k}), map({m, n})}, 2,
                     [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                       Value product =
                           arith::MulFOp::create(b, castFloat(b, args[0], wide),
                                                 widen(b, args[1], wide));
                       return arith::AddFOp::create(b, args[2], product, flags);
                     });
}

/// `rows` is [M, K]; the result is [M, N] of the layer's type.
Value mlir::bitnet::buildFloatProduct(ImplicitLocOpBuilder &b, LinearOp op,
                                      Value rows) {
  Type element = getElement(op.getY());
  Type wide = element.isF64() ? element : b.getF32Type();
  Value scale = op.getScale(), bias = op.getBias();
  auto weights = cast<RankedTensorType>(op.getW().getType());
  SmallVector<OpFoldResult> shape = {getExtent(b, rows, 0),
                                     b.getIndexAttr(weights.getDimSize(0))};
  SmallVector<Value> inputs = {buildSums(b, op, rows, shape, wide)};
  AffineMap identity = b.getMultiDimIdentityMap(2);
  AffineMap column =
      AffineMap::get(2, 0, {b.getAffineDimExpr(1)}, b.getContext());
  SmallVector<AffineMap> maps = {identity};
  for (Value perColumn : {scale, bias})
    if (perColumn) {
      inputs.push_back(perColumn);
      maps.push_back(column);
    }
  if (inputs.size() == 1 && element == wide)
    return inputs.front();
  maps.push_back(identity);
  // w_c7: the scale of a row multiplies its sum; then the bias is added.
  return makeGeneric(b, inputs, makeEmpty(b, shape, element), maps, 2,
                     [&](ImplicitLocOpBuilder &b, ValueRange args) {
                       Value y = args[0];
                       if (scale)
                         y = arith::MulFOp::create(b, y,
                                                   castFloat(b, args[1], wide));
                       if (bias)
                         y = arith::AddFOp::create(
                             b, y, castFloat(b, args[scale ? 2 : 1], wide));
                       return castFloat(b, y, element);
                     });
}
