//===- Activations.cpp - activation functions -----------------------------===//
//
// Functions of one float with up to two numbers as attributes are entries of a
// table.
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"
#include "Parameters.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Scalar code of one activation: what the formulas below are made of.
struct Code {
  ScalarBuilder &s;
  Value x;
  ArrayRef<double> p;

  Value constant(double v) const { return s.constant(x.getType(), v); }
  Value add(Value l, Value r) const { return s.make<arith::AddFOp>(l, r); }
  Value sub(Value l, Value r) const { return s.make<arith::SubFOp>(l, r); }
  Value mul(Value l, Value r) const { return s.make<arith::MulFOp>(l, r); }
  Value div(Value l, Value r) const { return s.make<arith::DivFOp>(l, r); }
  /// The larger and the smaller number; NaN stays NaN.
  Value max(Value l, Value r) const { return s.make<arith::MaximumFOp>(l, r); }
  Value min(Value l, Value r) const { return s.make<arith::MinimumFOp>(l, r); }
  Value abs(Value v) const { return s.make<math::AbsFOp>(v); }
  Value expm1(Value v) const { return s.make<math::ExpM1Op>(v); }
  /// v where x < bound, else w.
  Value below(double bound, Value v, Value w) const {
    Value less =
        s.make<arith::CmpFOp>(arith::CmpFPredicate::OLT, x, constant(bound));
    return s.make<arith::SelectOp>(less, v, w);
  }
};

/// An attribute of type float and its default; the name is empty when there is
/// none.
struct Parameter {
  StringLiteral name = "";
  double value = 0;
};

/// An entry: the operator, its attributes with their defaults, and the formula.
struct Row {
  StringLiteral domain, op;
  int64_t since;
  Parameter parameters[2];
  Value (*body)(const Code &);
  /// What --supported-ops says of it.
  StringLiteral note = "";
};
} // namespace

/// x, or alpha x below 0.
static Value leakyRelu(const Code &c) {
  return c.below(0, c.mul(c.x, c.constant(c.p[0])), c.x);
}

/// alpha (e^x - 1) below 0.
static Value elu(const Code &c) {
  return c.below(0, c.mul(c.constant(c.p[0]), c.expm1(c.x)), c.x);
}

/// gamma times Elu.
static Value selu(const Code &c) { return c.mul(c.constant(c.p[1]), elu(c)); }

/// alpha (e^(x / alpha) - 1) below 0.
static Value celu(const Code &c) {
  Value alpha = c.constant(c.p[0]);
  return c.below(0, c.mul(alpha, c.expm1(c.div(c.x, alpha))), c.x);
}

/// alpha x + beta between 0 and 1.
static Value hardSigmoid(const Code &c) {
  Value line = c.add(c.mul(c.constant(c.p[0]), c.x), c.constant(c.p[1]));
  return c.max(c.min(line, c.constant(1)), c.constant(0));
}

/// The alpha of ONNX's function body is an attribute, so it is an f32.
static Value hardSwish(const Code &c) {
  double line[] = {1.0f / 6, 0.5};
  return c.mul(c.x, hardSigmoid({c.s, c.x, line}));
}

/// ln(e^x + 1), without overflow.
static Value softplus(const Code &c) {
  Value e = c.s.make<math::ExpOp>(c.s.make<arith::NegFOp>(c.abs(c.x)));
  return c.add(c.max(c.x, c.constant(0)), c.s.make<math::Log1pOp>(e));
}

/// x / (1 + |x|).
static Value softsign(const Code &c) {
  return c.div(c.x, c.add(c.abs(c.x), c.constant(1)));
}

/// x tanh(ln(e^x + 1)) = x n / (n + 2) with n = e^x (e^x + 2), which is x for
/// x > 20.
static Value mish(const Code &c) {
  Value e = c.s.make<math::ExpOp>(c.min(c.x, c.constant(20)));
  Value n = c.mul(e, c.add(e, c.constant(2)));
  return c.mul(c.x, c.div(n, c.add(n, c.constant(2))));
}

/// x above alpha, else 0.
static Value thresholdedRelu(const Code &c) {
  Value above = c.s.make<arith::CmpFOp>(arith::CmpFPredicate::OGT, c.x,
                                        c.constant(c.p[0]));
  return c.s.make<arith::SelectOp>(above, c.x, c.constant(0));
}

/// Shrink: outside of [-lambd, lambd] x moves toward 0 by `bias`, inside the
/// result is 0.
static Value shrink(const Code &c) {
  Value bias = c.constant(c.p[0]), bound = c.constant(c.p[1]);
  Value above = c.s.make<arith::CmpFOp>(arith::CmpFPredicate::OGT, c.x, bound);
  Value rest =
      c.s.make<arith::SelectOp>(above, c.sub(c.x, bias), c.constant(0));
  return c.below(-c.p[1], c.add(c.x, bias), rest);
}

/// x sigmoid(alpha x)
static Value swish(const Code &c) {
  Value scaled = c.p[0] == 1 ? c.x : c.mul(c.x, c.constant(c.p[0]));
  return c.mul(c.x, sigmoid(c.s, scaled));
}

/// The note of operators whose schema has integers, too.
static constexpr StringLiteral kFloats = "floats only";

/// Defaults are those of the schemas, as f32.
static const Row kRows[] = {
    {"", "LeakyRelu", 6, {{"alpha", 0.01f}}, leakyRelu},
    {"", "Elu", 6, {{"alpha", 1}}, elu},
    {"",
     "Selu",
     6,
     {{"alpha", 1.67326319217681884765625},
      {"gamma", 1.05070102214813232421875}},
     selu},
    {"", "Celu", 12, {{"alpha", 1}}, celu},
    {"", "HardSigmoid", 6, {{"alpha", 0.2f}, {"beta", 0.5}}, hardSigmoid},
    {"", "HardSwish", 14, {}, hardSwish},
    {"", "Softplus", 1, {}, softplus},
    {"", "Softsign", 1, {}, softsign},
    {"", "Mish", 18, {}, mish},
    {"", "ThresholdedRelu", 10, {{"alpha", 1}}, thresholdedRelu},
    {"", "Shrink", 9, {{"bias", 0}, {"lambd", 0.5}}, shrink, kFloats},
    {"", "Swish", 24, {{"alpha", 1}}, swish},
    {kMicrosoftDomain, "QuickGelu", 1, {{"alpha", 1.702f}}, swish},
};

/// Reads the attributes and applies the formula to every element.
static LogicalResult lowerRow(NodeLowering &n, const Row &row) {
  if (!isa<FloatType>(n.onnxType(0)))
    return n.emitError() << "does not take elements of type " << n.onnxType(0);
  SmallVector<double, 2> values;
  for (const Parameter &parameter : row.parameters)
    values.push_back(parameter.name.empty()
                         ? 0
                         : n.floatAttr(parameter.name, parameter.value));
  return n.lowerElementwise(n.operand(0), [&](ScalarBuilder &s, ValueRange a) {
    return row.body({s, a[0], values});
  });
}

/// PRelu: x, or below 0 x times a slope, whose shape may be smaller than that
/// of x.
static LogicalResult lowerPRelu(NodeLowering &n) {
  if (!isa<FloatType>(n.onnxType(0)))
    return n.emitError() << "does not take elements of type " << n.onnxType(0);
  if (failed(
          requireBroadcastTo(n, n.operand(1), n.dimsOf(n.operand(0)), "slope")))
    return failure();
  return n.lowerElementwise(n.operands(), [](ScalarBuilder &s, ValueRange a) {
    Code c = {s, a[0], {}};
    return c.below(0, c.mul(a[0], a[1]), a[0]);
  });
}

/// Gelu: x times the normal distribution, by erf or by its approximation with
/// tanh.
static LogicalResult lowerGelu(NodeLowering &n) {
  std::string form = n.stringAttr("approximate", "none");
  if (form != "none" && form != "tanh")
    return n.emitError() << "has the unknown approximation '" << form << "'";
  return n.lowerElementwise(n.operands(), [&](ScalarBuilder &s, ValueRange a) {
    return form == "tanh" ? geluTanh(s, a[0]) : geluErf(s, a[0]);
  });
}

/// gelu(x + bias) of com.microsoft; the bias is optional in FastGelu.
template <Value (*gelu)(ScalarBuilder &, Value)>
static LogicalResult lowerBiasGelu(NodeLowering &n) {
  Value x = n.operand(0), bias = n.operand(1);
  if (n.rank(x) < 1)
    return n.emitError() << "needs rank 1 or more";
  if (bias && failed(alongAxis(n, bias, x, n.rank(x) - 1, "bias")))
    return failure();
  return n.lowerElementwise(n.operands(), [](ScalarBuilder &s, ValueRange a) {
    Value x = a.size() == 1 ? a[0] : s.make<arith::AddFOp>(a[0], a[1]);
    return gelu(s, x);
  });
}

/// Operators with two inputs or a string attribute have functions of their own.
void mlir::bitnet::registerActivationOps(OpRegistry &r) {
  for (const Row &row : kRows)
    r.add(
        row.domain, row.op, row.since,
        [&row](NodeLowering &n) { return lowerRow(n, row); }, row.note);
  r.add("PRelu", 7, lowerPRelu, kFloats);
  r.add("Gelu", 20, lowerGelu);
  r.add(kMicrosoftDomain, "BiasGelu", 1, lowerBiasGelu<geluErf>);
  r.add(kMicrosoftDomain, "FastGelu", 1, lowerBiasGelu<geluTanh>);
  r.add(kMicrosoftDomain, "Gelu", 1, lowerBiasGelu<geluErf>);
}
