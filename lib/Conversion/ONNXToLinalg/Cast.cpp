//===- Cast.cpp - Cast, CastLike, Identity, Dropout -----------------------===//

#include "OpRegistry.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The element type of a TensorProto.DataType number; null for strings,
/// complex numbers and 8-bit floats, which the CPU target cannot compute with.
static Type typeOfProto(int64_t proto, MLIRContext *ctx) {
  auto integer = [&](unsigned width, bool isUnsigned) {
    return IntegerType::get(
        ctx, width, isUnsigned ? IntegerType::Unsigned : IntegerType::Signless);
  };
  switch (proto) {
  case 1:
    return Float32Type::get(ctx);
  case 2:
    return integer(8, true);
  case 3:
    return integer(8, false);
  case 4:
    return integer(16, true);
  case 5:
    return integer(16, false);
  case 6:
    return integer(32, false);
  case 7:
    return integer(64, false);
  case 9:
    return integer(1, false);
  case 10:
    return Float16Type::get(ctx);
  case 11:
    return Float64Type::get(ctx);
  case 12:
    return integer(32, true);
  case 13:
    return integer(64, true);
  case 16:
    return BFloat16Type::get(ctx);
  case 21:
    return integer(4, true);
  case 22:
    return integer(4, false);
  case 25:
    return integer(2, true);
  case 26:
    return integer(2, false);
  default:
    return {};
  }
}

static LogicalResult castTo(NodeLowering &n, Type to) {
  for (Type type : {n.onnxType(0), to})
    if (isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 16)
      return n.emitError() << "does not take elements of type " << type;
  n.setResult(0, n.convert(n.operand(0), n.onnxType(0), to), to);
  return success();
}

static LogicalResult lowerCast(NodeLowering &n) {
  int64_t proto = n.intAttr("to", 0);
  Type to = typeOfProto(proto, n.b.getContext());
  if (!to)
    return n.emitError() << "casts to the unsupported element type " << proto;
  return castTo(n, to);
}

static LogicalResult lowerCastLike(NodeLowering &n) {
  return castTo(n, n.onnxType(1));
}

static LogicalResult lowerIdentity(NodeLowering &n) {
  n.setResult(0, n.operand(0));
  return success();
}

/// Inference only: output is input, the mask is all true.
static LogicalResult lowerDropout(NodeLowering &n) {
  Value training = n.operand(2), ratio = n.operand(1);
  bool off = !training || n.constantScalar(training) == 0.0 ||
             (ratio && n.constantScalar(ratio) == 0.0);
  if (!off)
    return n.emitError() << "is in training mode";
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
