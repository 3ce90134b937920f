//===- ActivationView.cpp - activation quantizers in ONNX graphs ----------===//
//
// A quantizer is a chain of nodes that exporters spell in many ways:
// round(clip(x * s)) with s = (1/m) Q, Q/m, or (x Q)/m, then q/s. The matcher
// reads the chain from its end. Casts in between are looked through only where
// no number changes (ExactCasts). Codes that no form of act_c1 covers become
// `codes` with a scale per row, or the layer keeps its float activations.
//
//===----------------------------------------------------------------------===//

#include "ActivationView.h"
#include "bitnet/ConstantEval/ExactCasts.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// `m = max(absmax(x), eps)` over `axes`.
struct AbsMax {
  Value x;
  SmallVector<int64_t> axes;
  double eps = 0;
};

/// The codes `clamp(round(x * s))` and what s is.
struct Codes {
  Value x;
  /// The value of s (or of m in the mul_divide form).
  Value scale;
  ScaleForm form;
  SmallVector<int64_t> axes;
  double eps = 0, qmax = 0, low = -128, high = 127;
};

/// All functions return nothing, or null, when the value is of another form.
class Matcher {
public:
  Matcher(bool isConv, ConstantFolder &folder, ValueRanks &ranks)
      : isConv(isConv), folder(folder), ranks(ranks), casts(folder) {}

  /// The quantizer whose result, cast to `castTo` when that is set, is `value`.
  std::optional<Codes> match(Value value, Type &castTo);

private:
  std::optional<double> getFactor(Value constant, Value beside);
  Value otherOperand(onnx::NodeOp node, double &constant);
  Value matchLowerBound(Value value, double &bound);
  std::optional<Codes> matchCodes(Value value);
  std::optional<Codes> matchDequantized(Value value);
  std::optional<AbsMax> matchAbsMax(Value value);
  Value matchBound(Value value, double &eps);
  bool matchScale(Value s, Codes &codes);
  bool matchProduct(Value value, Codes &codes);
  bool sameValue(Value a, Value b) { return casts.strip(a) == casts.strip(b); }
  onnx::NodeOp getStep(Value value, StringRef op, const Codes &codes);

  bool isConv;
  ConstantFolder &folder;
  ValueRanks &ranks;
  ExactCasts casts;
};
} // namespace

/// `value` as a node `op` that computes in the type of the quantizer, which is
/// that of x: act_c1 and act_c3 round each step to that type.
onnx::NodeOp Matcher::getStep(Value value, StringRef op, const Codes &codes) {
  onnx::NodeOp node = getNode(casts.strip(value), op);
  if (!node)
    return {};
  // Without a cast between them, the types are one type.
  Type type = ExactCasts::getElementType(node.getOutputs().front());
  Type expected = ExactCasts::getElementType(codes.x);
  return type == expected ? node : onnx::NodeOp();
}

/// One constant number that meets `beside` and leaves its shape as it is: ones
/// before the dimensions of `beside` would be dimensions of the result.
std::optional<double> Matcher::getFactor(Value constant, Value beside) {
  std::optional<double> value = folder.getScalar(constant);
  if (!value)
    return std::nullopt;
  int64_t rank = int64_t(folder.get(constant).perm.size());
  return rank <= ranks.get(beside).value_or(1) ? value : std::nullopt;
}

/// The operand of a two-operand node that is not the constant `constant`.
Value Matcher::otherOperand(onnx::NodeOp node, double &constant) {
  if (node.getInputs().size() != 2)
    return {};
  for (unsigned i : {0u, 1u}) {
    Value other = node.getInputs()[1 - i];
    if (std::optional<double> value = getFactor(node.getInputs()[i], other)) {
      constant = *value;
      return other;
    }
  }
  return {};
}

/// Clip(v, low, none) or Max(v, low).
Value Matcher::matchLowerBound(Value value, double &bound) {
  if (onnx::NodeOp node = getNode(value, "Max"))
    return otherOperand(node, bound);
  onnx::NodeOp node = getNode(value, "Clip");
  if (!node || node.getSlot(2) || node.getParams().contains("max"))
    return {};
  std::optional<double> low = folder.getScalar(node.getSlot(1));
  if (!low && node.getParams().contains("min"))
    low = getFloat(node, "min", 0);
  if (!low)
    return {};
  bound = *low;
  return node.getInputs().front();
}

/// The operand of a lower bound; `eps` is what the bound is in the type that
/// the graph narrows it to. Rounding and taking the larger commute, so only the
/// bound itself is rounded when the operand is of that type already.
Value Matcher::matchBound(Value value, double &eps) {
  value = casts.strip(value);
  onnx::NodeOp cast = getNode(value, "Cast");
  if (!cast)
    return matchLowerBound(value, eps);
  Value reduced = matchLowerBound(casts.strip(cast.getInputs().front()), eps);
  auto type = dyn_cast_or_null<FloatType>(
      getElementType(cast.getContext(), getInt(cast, "to", 0)));
  if (!reduced || !type || !casts.holds(reduced, type))
    return {};
  eps = roundToType(eps, type);
  return reduced;
}

/// ReduceMax(Abs(x)) with a lower bound, in either order of casts.
std::optional<AbsMax> Matcher::matchAbsMax(Value value) {
  AbsMax result;
  Value reduced = matchBound(value, result.eps);
  if (!reduced || !(result.eps >= 0))
    return std::nullopt;
  onnx::NodeOp max = getNode(casts.strip(reduced), "ReduceMax");
  if (!max || getInt(max, "keepdims", 1) != 1)
    return std::nullopt;
  auto axes = getInts(max, "axes");
  if (Value input = max.getSlot(1))
    axes = folder.getIntegers(input);
  onnx::NodeOp abs = getNode(casts.strip(max.getInputs().front()), "Abs");
  if (!axes || !abs)
    return std::nullopt;
  result.x = abs.getInputs().front();
  result.axes = *axes;
  return result;
}

/// Whether `axes` reduce everything that one output of the layer sums over:
/// the last axis (perhaps others too), or all but the batch axis of a
/// convolution.
static bool coverRow(SmallVector<int64_t> &axes, Value x, bool isConv,
                     ValueRanks &ranks) {
  if (!isConv) {
    int64_t last = ranks.get(x).value_or(0) - 1;
    if (axes.size() == 1 && axes[0] == last)
      axes[0] = -1;
    return llvm::is_contained(axes, -1) || llvm::is_contained(axes, last);
  }
  for (int64_t &axis : axes)
    axis += axis < 0 ? 4 : 0;
  llvm::sort(axes);
  return ArrayRef<int64_t>(axes) == ArrayRef<int64_t>({1, 2, 3});
}

/// s = (1/m)*Q or Q/m.
bool Matcher::matchScale(Value s, Codes &codes) {
  std::optional<AbsMax> max;
  if (onnx::NodeOp mul = getStep(s, "Mul", codes)) {
    Value inverse = otherOperand(mul, codes.qmax);
    codes.form = ScaleForm::ReciprocalMul;
    if (!inverse)
      return false;
    if (onnx::NodeOp node = getStep(inverse, "Reciprocal", codes))
      max = matchAbsMax(node.getInputs().front());
    else if (onnx::NodeOp node = getStep(inverse, "Div", codes))
      if (getFactor(node.getInputs()[0], node.getInputs()[1]) == 1.0)
        max = matchAbsMax(node.getInputs()[1]);
  } else if (onnx::NodeOp div = getStep(s, "Div", codes)) {
    std::optional<double> qmax =
        getFactor(div.getInputs()[0], div.getInputs()[1]);
    codes.qmax = qmax.value_or(0);
    codes.form = ScaleForm::Divide;
    max = qmax ? matchAbsMax(div.getInputs()[1]) : std::nullopt;
  }
  if (!max || !sameValue(max->x, codes.x))
    return false;
  codes.axes = max->axes;
  codes.eps = max->eps;
  return true;
}

/// x*s, or (x*Q)/m.
bool Matcher::matchProduct(Value value, Codes &codes) {
  value = casts.strip(value);
  if (onnx::NodeOp mul = getNode(value, "Mul")) {
    for (unsigned i : {0u, 1u}) {
      codes.x = mul.getInputs()[i];
      codes.scale = mul.getInputs()[1 - i];
      if (matchScale(codes.scale, codes))
        return true;
    }
    return false;
  }
  onnx::NodeOp div = getNode(value, "Div");
  onnx::NodeOp mul =
      div ? getNode(casts.strip(div.getInputs()[0]), "Mul") : onnx::NodeOp();
  if (!mul)
    return false;
  codes.x = otherOperand(mul, codes.qmax);
  std::optional<AbsMax> max = matchAbsMax(div.getInputs()[1]);
  if (!codes.x || !max || !sameValue(max->x, codes.x) ||
      !getStep(value, "Div", codes))
    return false;
  codes.form = ScaleForm::MulDivide;
  codes.scale = div.getInputs()[1];
  codes.axes = max->axes;
  codes.eps = max->eps;
  return true;
}

/// Clip with two constant bounds.
static Value matchClip(Value value, ConstantFolder &folder, double &low,
                       double &high) {
  onnx::NodeOp node = getNode(value, "Clip");
  if (!node)
    return {};
  std::optional<double> min = folder.getScalar(node.getSlot(1));
  std::optional<double> max = folder.getScalar(node.getSlot(2));
  if (node.getNumSlots() == 1 && node.getParams().contains("min") &&
      node.getParams().contains("max")) {
    min = getFloat(node, "min", 0);
    max = getFloat(node, "max", 0);
  }
  if (!min || !max)
    return {};
  low = *min;
  high = *max;
  return node.getInputs().front();
}

static bool isInteger(double value) { return value == std::floor(value); }

/// Round, before or after a clip. Bounds that come first are rounded with all
/// other values; those that come last must be codes themselves.
std::optional<Codes> Matcher::matchCodes(Value value) {
  Codes codes;
  value = casts.strip(value);
  Value inner = matchClip(value, folder, codes.low, codes.high);
  if (inner && !(isInteger(codes.low) && isInteger(codes.high)))
    return std::nullopt;
  onnx::NodeOp round = getNode(casts.strip(inner ? inner : value), "Round");
  if (!round)
    return std::nullopt;
  Value product = casts.strip(round.getInputs().front());
  bool isClipped = bool(inner);
  if (!isClipped)
    if (Value clipped = matchClip(product, folder, codes.low, codes.high)) {
      product = clipped;
      isClipped = true;
    }
  if (!matchProduct(product, codes))
    return std::nullopt;
  // |x*s| cannot exceed Q by more than rounding.
  if (!isClipped && codes.qmax > 127)
    return std::nullopt;
  codes.low = std::nearbyint(codes.low);
  codes.high = std::nearbyint(codes.high);
  bool inRange = codes.low >= -128 && codes.high <= 128 &&
                 codes.low < codes.high && codes.qmax >= 1 &&
                 isInteger(codes.qmax);
  if (!inRange || !coverRow(codes.axes, codes.x, isConv, ranks))
    return std::nullopt;
  return codes;
}

/// q/s, or (q*m)/Q.
std::optional<Codes> Matcher::matchDequantized(Value value) {
  value = casts.strip(value);
  onnx::NodeOp div = getNode(value, "Div");
  if (!div)
    return std::nullopt;
  if (std::optional<Codes> codes = matchCodes(div.getInputs()[0]))
    if (codes->form != ScaleForm::MulDivide &&
        sameValue(codes->scale, div.getInputs()[1]) &&
        getStep(value, "Div", *codes))
      return codes;
  onnx::NodeOp mul = getNode(casts.strip(div.getInputs()[0]), "Mul");
  std::optional<double> qmax =
      getFactor(div.getInputs()[1], div.getInputs()[0]);
  if (!mul || !qmax)
    return std::nullopt;
  for (unsigned i : {0u, 1u})
    if (std::optional<Codes> codes = matchCodes(mul.getInputs()[i]))
      if (codes->form == ScaleForm::MulDivide && codes->qmax == *qmax &&
          sameValue(codes->scale, mul.getInputs()[1 - i]) &&
          getStep(mul.getOutputs()[0], "Mul", *codes) &&
          getStep(value, "Div", *codes))
        return codes;
  return std::nullopt;
}

/// The quantizer may work in another type than the product: it works in f32 on
/// values of a 16-bit graph and a cast rounds its results, or the other way
/// round.
std::optional<Codes> Matcher::match(Value value, Type &castTo) {
  Type product = ExactCasts::getElementType(value);
  onnx::NodeOp cast = getNode(casts.strip(value), "Cast");
  // A cast to another type than the product's rounds what the product reads.
  bool rounds = cast && isa_and_nonnull<FloatType>(product) &&
                ExactCasts::getElementType(cast.getOutputs()[0]) == product;
  Value scaled = rounds ? cast.getInputs().front() : value;
  std::optional<Codes> codes = matchDequantized(scaled);
  if (codes && product != ExactCasts::getElementType(casts.strip(scaled)))
    castTo = product;
  return codes;
}

//===----------------------------------------------------------------------===//
// Proof of integers
//===----------------------------------------------------------------------===//

/// The integer type a Cast node converts to, or null.
static IntegerType castTarget(Value value) {
  onnx::NodeOp cast = getNode(value, "Cast");
  if (!cast)
    return {};
  return dyn_cast_or_null<IntegerType>(
      getElementType(cast.getContext(), getInt(cast, "to", 0)));
}

/// Looks through operators that keep codes, `depth` of them at most.
static bool holdsCodes(Value value, ConstantFolder &folder, unsigned depth) {
  if (depth == 0)
    return false;
  if (Type type = ExactCasts::getElementType(value))
    if (type.isSignlessInteger(8))
      return true;
  if (IntegerType type = castTarget(value)) {
    if (type.isSignlessInteger(8))
      return true;
    // Codes may be negative, which an unsigned type wraps.
    if (type.getWidth() < 16 || type.isUnsigned())
      return false;
  }
  // Any other cast to a wider type keeps integers of eight bits.
  if (onnx::NodeOp cast = getNode(value, "Cast"))
    return holdsCodes(cast.getInputs().front(), folder, depth - 1);
  if (onnx::NodeOp node = getNode(value, "Identity"))
    return holdsCodes(node.getInputs().front(), folder, depth - 1);
  double low = 0, high = 0;
  auto inRange = [&] {
    return std::nearbyint(low) >= -128 && std::nearbyint(high) <= 127;
  };
  auto isRounded = [](Value v) {
    return getNode(v, "Round") || getNode(v, "Floor") || getNode(v, "Ceil");
  };
  if (Value clipped = matchClip(value, folder, low, high))
    return isRounded(clipped) && isInteger(low) && isInteger(high) && inRange();
  if (onnx::NodeOp round = getNode(value, "Round"))
    return matchClip(round.getInputs().front(), folder, low, high) && inRange();
  return false;
}

bool mlir::bitnet::holdsInt8Codes(Value value, ConstantFolder &folder) {
  return holdsCodes(value, folder, /*depth=*/16);
}

//===----------------------------------------------------------------------===//
// Other quantizers
//===----------------------------------------------------------------------===//

/// Whether `value` is one number per row of the product: a reduction that
/// keeps its axes, changed only by elementwise operations with constants.
static bool isPerRow(Value value, bool isConv, ConstantFolder &folder,
                     ValueRanks &ranks, unsigned depth = 8) {
  if (std::optional<double> scalar = folder.getScalar(value))
    return folder.get(value).perm.size() <= 1;
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node || depth == 0 || !node.getDomain().empty())
    return false;
  StringRef op = node.getOp();
  if (op == "ReduceMax" || op == "ReduceMean" || op == "ReduceSum") {
    auto axes = getInts(node, "axes");
    if (Value input = node.getSlot(1))
      axes = folder.getIntegers(input);
    return axes && getInt(node, "keepdims", 1) == 1 &&
           coverRow(*axes, node.getInputs().front(), isConv, ranks);
  }
  if (!llvm::is_contained({"Mul", "Div", "Add", "Max", "Min", "Clip", "Cast",
                           "Reciprocal", "Identity", "Abs"},
                          op))
    return false;
  return llvm::all_of(node.getInputs(), [&](Value input) {
    return isPerRow(input, isConv, folder, ranks, depth - 1);
  });
}

/// q/s or q*s with integers q and a scale per row, however s was found.
static bool viewScaledCodes(Value value, bool isConv, ConstantFolder &folder,
                            ValueRanks &ranks, ActivationView &view) {
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node || !node.getDomain().empty() || node.getInputs().size() != 2 ||
      (node.getOp() != "Div" && node.getOp() != "Mul"))
    return false;
  view.rowScaleDivides = node.getOp() == "Div";
  for (unsigned i : {0u, 1u}) {
    Value codes = node.getInputs()[i], scale = node.getInputs()[1 - i];
    if ((i == 1 && view.rowScaleDivides) || !holdsInt8Codes(codes, folder) ||
        !isPerRow(scale, isConv, folder, ranks))
      continue;
    view.x = codes;
    view.rowScale = scale;
    return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Entry point
//===----------------------------------------------------------------------===//

ActivationView mlir::bitnet::viewActivation(Value value, bool isConv,
                                            ConstantFolder &folder,
                                            ValueRanks &ranks) {
  ActivationView view;
  view.x = value;
  Matcher matcher(isConv, folder, ranks);
  if (std::optional<Codes> codes = matcher.match(value, view.castTo)) {
    view.x = codes->x;
    view.act = ActQuantAttr::get(value.getContext(), codes->form, codes->axes,
                                 int64_t(codes->qmax), codes->eps,
                                 int64_t(codes->low), int64_t(codes->high));
    return view;
  }
  if (holdsInt8Codes(value, folder) ||
      viewScaledCodes(value, isConv, folder, ranks, view))
    view.act = ActQuantAttr::get(value.getContext(), ScaleForm::Codes,
                                 ArrayRef<int64_t>(), 127, 0.0, -128, 127);
  return view;
}
