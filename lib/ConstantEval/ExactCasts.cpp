//===- ExactCasts.cpp - casts of floats that change no number -------------===//
//
// Types between nodes are not declared reliably, so they are derived from the
// operators, as far as needed. A cast is exact when the type that it casts to
// holds every number that may arrive: by type, by value, or because integers
// are clipped.
//
//===----------------------------------------------------------------------===//

#include "bitnet/ConstantEval/ExactCasts.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"
#include "bitnet/Dialect/ONNX/IR/Schema.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

double mlir::bitnet::roundToType(double value, FloatType type) {
  APFloat number(value);
  bool lossy;
  number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &lossy);
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
  return number.convertToDouble();
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

namespace {
/// Where the element type of an operator's first result comes from.
enum class Source { Input0, Input1, Input2, Attribute, Bool, Index, Body };
} // namespace

/// Most operators keep the type of their first input.
static Source getSource(onnx::NodeOp node) {
  return llvm::StringSwitch<Source>(node.getOp())
      .Cases({"CastLike", "Where", "DequantizeLinear"}, Source::Input1)
      .Case("OneHot", Source::Input2)
      .Cases({"Cast", "ConstantOfShape", "QuantizeLinear", "MatMulInteger",
              "DynamicQuantizeLinear"},
             Source::Attribute)
      .Cases({"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"},
             Source::Bool)
      .Cases({"IsNaN", "IsInf", "Not", "And", "Or", "Xor"}, Source::Bool)
      .Cases({"Shape", "Size", "ArgMax", "ArgMin", "NonZero"}, Source::Index)
      .Default(node.getBodies().empty() ? Source::Input0 : Source::Body);
}

/// The element type of a result that an attribute, or the operator itself, may
/// determine; null when neither does.
static Type readAttributeType(onnx::NodeOp node) {
  Builder b(node.getContext());
  if (node.getOp() == "Cast")
    return getElementType(node.getContext(), getInt(node, "to", 0));
  if (node.getOp() == "MatMulInteger")
    return b.getI32Type();
  constexpr int64_t kUInt8 = 2; // of TensorProto.DataType
  if (node.getOp() == "QuantizeLinear")
    return getElementType(node.getContext(),
                          getInt(node, "output_dtype", kUInt8));
  return {};
}

/// The value that gives result `value` of `node` its element type, or nothing:
/// the operator gives it alone, or it is not known.
static Value getTypeGiver(onnx::NodeOp node, Value value, Source source) {
  auto input = [&](unsigned slot) {
    return slot < node.getNumSlots() ? node.getSlot(slot) : Value();
  };
  unsigned index = cast<OpResult>(value).getResultNumber();
  switch (source) {
  case Source::Input0:
    return index == 0 || node.getOp() == "Split" ? input(0) : Value();
  case Source::Input1:
    return index != 0 || node.getParams().contains("output_dtype") ? Value()
                                                                   : input(1);
  case Source::Input2:
    return index == 0 ? input(2) : Value();
  case Source::Attribute:
    // A zero point of QuantizeLinear has the type of the result.
    return index == 0 && node.getOp() == "QuantizeLinear" ? input(2) : Value();
  case Source::Body: {
    Operation *yield = node.getBodies().front().front().getTerminator();
    return index < yield->getNumOperands() ? yield->getOperand(index) : Value();
  }
  case Source::Bool:
  case Source::Index:
    return {};
  }
  llvm_unreachable("unknown source of a type");
}

/// The element type of result `value` when `node` tells it without its inputs,
/// else null.
static Type readResultType(onnx::NodeOp node, Value value, Source source) {
  Builder b(node.getContext());
  if (cast<OpResult>(value).getResultNumber() != 0)
    return {};
  if (source == Source::Bool)
    return b.getI1Type();
  if (source == Source::Index)
    return b.getI64Type();
  return source == Source::Attribute ? readAttributeType(node) : Type();
}

Type ExactCasts::getElementType(Value value) {
  // Products of integers on the way are integers of 32 bits.
  bool isProduct = false;
  auto finish = [&](Type type) -> Type {
    return type && isProduct && isa<IntegerType>(type)
               ? IntegerType::get(type.getContext(), 32)
               : type;
  };
  // A loop, as a chain may be as long as the graph.
  while (true) {
    if (auto linear = value.getDefiningOp<LinearOp>()) {
      isProduct = true;
      value = linear.getX();
      continue;
    }
    auto node = value.getDefiningOp<onnx::NodeOp>();
    if (!node) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      return finish(type ? type.getElementType() : Type());
    }
    Source source = getSource(node);
    Value giver = getTypeGiver(node, value, source);
    if (!giver)
      return finish(readResultType(node, value, source));
    value = giver;
  }
}

/// Whether an operand has a type that the schema does not take, or two operands
/// whose types have to be equal are known to differ. Types that are not known
/// are not judged.
bool ExactCasts::hasWrongTypes(onnx::NodeOp node,
                               function_ref<Type(Value)> typeOf) {
  auto typeOfSlot = [&](unsigned slot) {
    Value value = node.getSlot(slot);
    return value ? typeOf(value) : Type();
  };
  for (unsigned slot = 0, e = node.getNumSlots(); slot != e; ++slot) {
    Type type = typeOfSlot(slot),
         leader = typeOfSlot(onnx::getTypeLeader(node, slot));
    if (type &&
        (!onnx::mayTake(node, slot, type) || (leader && leader != type)))
      return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Numbers of a type
//===----------------------------------------------------------------------===//

/// Whether all numbers of `from` are numbers of `to`.
static bool isSubset(Type from, FloatType to) {
  if (auto integer = dyn_cast<IntegerType>(from)) {
    unsigned digits = integer.getWidth() - (integer.isUnsigned() ? 0 : 1);
    return std::max(digits, 1u) <= to.getFPMantissaWidth();
  }
  auto type = dyn_cast<FloatType>(from);
  return type &&
         (type == to || APFloat::isRepresentableBy(type.getFloatSemantics(),
                                                   to.getFloatSemantics()));
}

/// A constant number that rounding to `type` leaves as it is.
bool ExactCasts::holdsConstant(Value value, FloatType type) const {
  std::optional<double> scalar = folder.getScalar(value);
  return scalar && roundToType(*scalar, type) == *scalar;
}

/// Operators of which every result is an element of an operand, or its
/// magnitude, or it rounded to an integer: a float that is no integer has
/// neighbours closer than 1, so its type holds the integers beside it.
static bool picksNumbers(StringRef op) {
  return llvm::is_contained({"Identity", "Abs", "Neg", "Relu", "Round", "Floor",
                             "Ceil", "ReduceMax", "ReduceMin", "Reshape",
                             "Squeeze", "Flatten", "Unsqueeze", "Transpose",
                             "Expand"},
                            op);
}

/// Whether `clip` keeps integers within bounds that `type` holds with all
/// integers between them.
bool ExactCasts::clipsIntegers(onnx::NodeOp clip, FloatType type) const {
  Value rounded = clip.getInputs().front();
  if (!getNode(rounded, "Round") && !getNode(rounded, "Floor") &&
      !getNode(rounded, "Ceil"))
    return false;
  double most = std::ldexp(1.0, int(type.getFPMantissaWidth()));
  auto isBound = [&](unsigned slot, StringRef attr) {
    std::optional<double> bound;
    if (slot < clip.getNumSlots() && clip.getSlot(slot))
      bound = folder.getScalar(clip.getSlot(slot));
    else if (clip.getParams().contains(attr))
      bound = getFloat(clip, attr, 0);
    return bound && std::fabs(*bound) <= most && *bound == std::floor(*bound);
  };
  return isBound(1, "min") && isBound(2, "max");
}

/// Whether `type` holds all numbers of `value`, followed `depth` operators
/// back.
bool ExactCasts::holds(Value value, FloatType type, unsigned depth) const {
  Type element = getElementType(value);
  if (element && isSubset(element, type))
    return true;
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node)
    return holdsConstant(value, type);
  if (depth == 0 || !node.getDomain().empty() || node.getInputs().empty())
    return false;
  StringRef op = node.getOp();
  if (op == "Cast")
    return isExact(node) && holds(node.getInputs()[0], type, depth - 1);
  if (op == "Clip")
    return clipsIntegers(node, type);
  bool takesMany = op == "Max" || op == "Min";
  if (!takesMany && !picksNumbers(op))
    return false;
  // Further operands of the others are shapes and axes.
  return llvm::all_of(
      node.getInputs().take_front(takesMany ? node.getInputs().size() : 1),
      [&](Value input) { return holds(input, type, depth - 1); });
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

/// Whether a cast between float types keeps every value. A cast to integers
/// rounds, so it is not exact.
bool ExactCasts::isExact(onnx::NodeOp cast) const {
  auto to = dyn_cast_or_null<FloatType>(
      bitnet::getElementType(cast.getContext(), getInt(cast, "to", 0)));
  Value operand = cast.getInputs().front();
  return to && isa_and_nonnull<FloatType>(getElementType(operand)) &&
         holds(operand, to);
}

/// The value behind exact casts and Identity.
Value ExactCasts::strip(Value value) const {
  while (true) {
    onnx::NodeOp node = getNode(value, "Identity");
    if (!node)
      if (node = getNode(value, "Cast"); !node || !isExact(node))
        return value;
    value = node.getInputs().front();
  }
}
