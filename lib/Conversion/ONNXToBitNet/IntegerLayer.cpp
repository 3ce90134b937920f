//===- IntegerLayer.cpp - integer products in ONNX graphs -----------------===//
//
// MatMulInteger and products of integer tensors with ternary weights are layers
// whose result is i32. Unsigned activations and zero points are handled by sums
// of the weights' rows.
//
//===----------------------------------------------------------------------===//

#include "IntegerLayer.h"
#include "ActivationView.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

using namespace mlir;
using namespace mlir::bitnet;

/// These are numbers of TensorProto.DataType.
static constexpr int64_t kInt8 = 3, kInt32 = 6, kInt64 = 7;

/// One zero point for all activations: a constant with one element, or what
/// DynamicQuantizeLinear gives.
static bool isScalarZeroPoint(Value value, ConstantFolder &folder) {
  if (folder.getScalar(value))
    return true;
  onnx::NodeOp dynamic = getNode(value, "DynamicQuantizeLinear");
  if (dynamic && value == dynamic.getOutputs().back())
    return true;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 0;
}

/// A float scale has no place in an integer product.
std::string mlir::bitnet::refuseInteger(const LayerForm &form,
                                        const TernaryWeight &weight,
                                        ConstantFolder &folder) {
  if (weight.scales.size() != 1 || weight.scales[0] != 1.0f)
    return "integer weights whose magnitude is not 1";
  if (form.zeroPoint && !isScalarZeroPoint(form.zeroPoint, folder))
    return "one zero point per row";
  if (!form.isUnsigned && !holdsInt8Codes(form.x, folder))
    return "activations are not known to fit int8";
  // |acc| <= 128 * K must fit the accumulator (mm_c1).
  if (weight.k >= (int64_t(1) << 23))
    return "too many columns for an i32 accumulator";
  return {};
}

/// A scalar or [N] constant of i32.
static Value makeIntegers(OpBuilder &builder, const LayerForm &form,
                          ArrayRef<int64_t> shape, ArrayRef<int32_t> values) {
  auto type = RankedTensorType::get(shape, builder.getI32Type());
  return onnx::ConstantOp::create(builder, form.node.getLoc(), type,
                                  builder.getStringAttr(form.name + ".zero"),
                                  DenseElementsAttr::get(type, values));
}

/// u8 activations become i8 by subtracting 128.
Value mlir::bitnet::makeInt8Codes(OpBuilder &builder, const LayerForm &form) {
  Value x = form.x;
  if (!form.isUnsigned) {
    // Codes widened for an i32 MatMul are read where they are still int8.
    onnx::NodeOp cast = getNode(x, "Cast");
    onnx::NodeOp narrow =
        cast ? getNode(cast.getInputs().front(), "Cast") : onnx::NodeOp();
    return narrow && getInt(narrow, "to", 0) == kInt8 ? cast.getInputs().front()
                                                      : x;
  }
  Type wide = withElement(x.getType(), builder.getI32Type());
  Value down = makeIntegers(builder, form, {}, {128});
  x = makeCast(builder, form.node, x, kInt32, wide);
  x = makeNode(builder, form.node, "Sub", {x, down}, wide);
  return makeCast(builder, form.node, x, kInt8,
                  withElement(x.getType(), builder.getI8Type()));
}

/// Adds what the shift by 128 and the zero point left out, and casts.
Value mlir::bitnet::finishInteger(OpBuilder &builder, const LayerForm &form,
                                  Value product, ArrayRef<int32_t> rowSums) {
  Type type = form.node.getOutputs()[0].getType();
  if (form.isUnsigned || form.zeroPoint) {
    // sum (x - z)*t = sum (x - 128)*t + (128 - z) * sum t
    auto unknown = onnx::UnknownType::get(builder.getContext());
    Value shift = makeIntegers(builder, form, {}, {form.isUnsigned ? 128 : 0});
    if (form.zeroPoint) {
      Value zero =
          makeCast(builder, form.node, form.zeroPoint, kInt32, unknown);
      shift = makeNode(builder, form.node, "Sub", {shift, zero}, unknown);
    }
    Value sums = makeIntegers(builder, form, {form.n}, rowSums);
    shift = makeNode(builder, form.node, "Mul", {sums, shift}, unknown);
    product = makeNode(builder, form.node, "Add", {product, shift}, type);
  }
  if (form.weights.stream->element.isInteger(64))
    product = makeCast(builder, form.node, product, kInt64, type);
  return product;
}
