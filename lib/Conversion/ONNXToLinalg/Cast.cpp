//===- Cast.cpp - Cast, CastLike, Identity, Dropout -----------------------===//
//
// Conversions of element types; castScalar (ScalarMath.h) has the rules.
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

static LogicalResult castTo(NodeLowering &n, Type to) {
  n.ignoreAttrs({"saturate", "round_mode"}); // of 8-bit floats
  for (Type type : {n.onnxType(0), to})
    if (isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 16)
      return n.emitError() << "does not take elements of type " << type;
  n.setResult(0, n.convert(n.operand(0), n.onnxType(0), to), to);
  return success();
}

/// `to` is a number of TensorProto.DataType.
static LogicalResult lowerCast(NodeLowering &n) {
  int64_t proto = n.intAttr("to", 0);
  Type to = onnx::getElementType(n.b.getContext(), proto);
  if (!to || !to.isIntOrFloat())
    return n.emitError() << "casts to the unsupported element type " << proto;
  return castTo(n, to);
}

/// CastLike: the second input only gives the type.
static LogicalResult lowerCastLike(NodeLowering &n) {
  return castTo(n, n.onnxType(1));
}

/// The input is the result: Identity, and what is left of a Dropout at
/// inference.
static LogicalResult lowerIdentity(NodeLowering &n) {
  n.setResult(0, n.operand(0));
  return success();
}

/// Dropout at inference: the output is the input, and the mask is all true.
static LogicalResult lowerDropout(NodeLowering &n) {
  Value training = n.operand(2), ratio = n.operand(1);
  bool off = !training || n.constantScalar(training) == 0.0 ||
             (ratio && n.constantScalar(ratio) == 0.0);
  if (!off)
    return n.emitError() << "is in training mode";
  n.ignoreAttrs({"ratio", "seed"}); // of training
  Value x = n.operand(0);
  n.setResult(0, x);
  if (!n.isResultUsed(1))
    return success();
  // Before opset 10 the mask has the type of the data.
  Type element = n.version() < 10 ? n.elementType(x) : n.b.getI1Type();
  TypedAttr one = isa<FloatType>(element)
                      ? TypedAttr(n.b.getFloatAttr(element, 1.0))
                      : n.b.getIntegerAttr(element, 1);
  n.setResult(1, n.filled(n.dimsOf(x), one), element);
  return success();
}

void mlir::bitnet::registerCastOps(OpRegistry &r) {
  r.add(
      "Cast", 6, lowerCast,
      "no strings or 8-bit floats; floats out of an integer's range saturate");
  r.add("CastLike", 15, lowerCastLike, "as Cast");
  r.add("Identity", 1, lowerIdentity, "tensors only");
  r.add("Dropout", 7, lowerDropout, "inference only");
}
