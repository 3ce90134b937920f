//===- ONNXToBitNet.cpp - finds ternary layers in an ONNX graph -----------===//

#include "bitnet/Conversion/ONNXToBitNet/Passes.h"

#include "ActivationView.h"
#include "ConstantFolder.h"
#include "LayerForm.h"
#include "LayerReport.h"
#include "NodeParams.h"
#include "StraightThrough.h"
#include "TernaryJudge.h"
#include "WeightConstants.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <cmath>
#include <map>

namespace mlir::bitnet {
#define GEN_PASS_DEF_CONVERTONNXTOBITNET
#include "bitnet/Conversion/ONNXToBitNet/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Weights that were judged, with their constants.
struct Judged {
  Verdict verdict;
  Value codes;
  /// By the factor (alpha) that the scale includes.
  std::map<double, Value> scales;
};

/// Recognises the layers of one function.
class Recogniser {
public:
  Recogniser(Operation *function, LayerReport &report)
      : folder(BitNetDialect::getBlobStore(function->getContext())),
        constants(OpBuilder::atBlockBegin(&function->getRegion(0).front())),
        report(report) {}

  /// Fails when weights are invalid (w_c6).
  LogicalResult recognise(onnx::NodeOp node);

private:
  Judged &judge(const LayerForm &form);
  LogicalResult checkFinite(const LayerForm &form, const Verdict &verdict);
  void convert(LayerForm &form, Judged &judged);
  Value makeBias(const LayerForm &form);
  void foldTrailingScale(LinearOp linear, const LayerForm &form,
                         const TernaryWeight &weight);

  ConstantFolder folder;
  OpBuilder constants;
  LayerReport &report;
  llvm::DenseMap<std::pair<Value, unsigned>, Judged> judged;
};

struct ConvertONNXToBitNet final
    : bitnet::impl::ConvertONNXToBitNetBase<ConvertONNXToBitNet> {
  using ConvertONNXToBitNetBase::ConvertONNXToBitNetBase;
  void runOnOperation() override;
};
} // namespace

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Judged &Recogniser::judge(const LayerForm &form) {
  bool transposed = form.rowsFirst == form.weights.isIdentity();
  auto [it, isNew] = judged.try_emplace({form.weightKey, transposed});
  Judged &result = it->second;
  if (!isNew)
    return result;
  result.verdict =
      judgeTernary(*form.weights.stream, form.n, form.k, form.rowsFirst);
  std::optional<TernaryWeight> &weight = result.verdict.ternary;
  if (!weight || result.verdict.nonFinite)
    return result;
  Location loc = form.node.getLoc();
  std::string name = getWeightName(form);
  result.codes = makeCodes(constants, loc, name, *weight);
  // The bytes now live in the blob store.
  weight->codes = std::vector<uint8_t>();
  if (weight->isZero)
    form.node.emitWarning("w_c1: weight '")
        << name << "' is all zero: the layer's product is exactly zero";
  return result;
}

LogicalResult Recogniser::checkFinite(const LayerForm &form,
                                      const Verdict &verdict) {
  if (!verdict.nonFinite)
    return success();
  return form.node.emitError("w_c6: ternary weight '")
         << getWeightName(form) << "' holds NaN or infinite values";
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// A constant bias [N] (or [1, N]) as f32; null when there is none of that
/// form.
Value Recogniser::makeBias(const LayerForm &form) {
  fold::View view = folder.get(form.bias);
  if (!view || view.stream->size != form.n || view.getShape().empty() ||
      view.getShape().back() != form.n)
    return {};
  std::vector<double> values = fold::readAll(*view.stream);
  fold::Origin origin;
  view.stream->describe(origin);
  return makeFloatConstant(constants, form.node.getLoc(), origin.getName(),
                           {form.n},
                           std::vector<float>(values.begin(), values.end()));
}

/// A node with the location and opset of `like`.
static Value makeNode(OpBuilder &builder, onnx::NodeOp like, StringRef op,
                      ValueRange inputs, DictionaryAttr params, Type type) {
  auto node = onnx::NodeOp::create(
      builder, like.getLoc(), TypeRange{type}, builder.getStringAttr(op),
      builder.getStringAttr(""), like.getVersionAttr(), params,
      DenseI32ArrayAttr(), inputs, /*bodiesCount=*/0);
  return node.getOutputs().front();
}

/// B2: the scale that AutoBitLinear multiplies after the product moves into
/// the layer (mm_c2); a dividing scale becomes its f32 reciprocal.
void Recogniser::foldTrailingScale(LinearOp linear, const LayerForm &form,
                                   const TernaryWeight &weight) {
  if (linear.getScale() || linear.getBias() || !linear.getY().hasOneUse() ||
      !form.weights.stream->element.isF32())
    return;
  auto next = dyn_cast<onnx::NodeOp>(*linear.getY().user_begin());
  if (!next || !next.getDomain().empty() || next.getInputs().size() != 2)
    return;
  bool isDiv = next.getOp() == "Div" && next.getInputs()[0] == linear.getY();
  if (!isDiv && next.getOp() != "Mul")
    return;
  Value other = next.getInputs()[next.getInputs()[0] == linear.getY() ? 1 : 0];
  fold::View view = folder.get(other);
  std::optional<double> value = folder.getScalar(other);
  if (!value || view.getShape().size() > 1 || !std::isfinite(*value) ||
      (isDiv && *value == 0))
    return;
  float scale = isDiv ? float(1.0 / *value) : float(*value);
  fold::Origin origin;
  view.stream->describe(origin);
  linear.getScaleMutable().assign(makeFloatConstant(
      constants, linear.getLoc(), origin.getName(), {}, {scale}));
  linear.getY().setType(next.getOutputs()[0].getType());
  next.getOutputs()[0].replaceAllUsesWith(linear.getY());
}

void Recogniser::convert(LayerForm &form, Judged &found) {
  const TernaryWeight &weight = *found.verdict.ternary;
  ActivationView view = viewActivation(form.x, bool(form.conv), folder);
  // act_c3: bf16 graphs multiply activations that were scaled back and rounded
  // to eight bits; the int8 form would skip that rounding and differ by 2.6e-3
  // (fp16: 3.6e-4, docs/Rationale), so they keep their float activations.
  if (view.act && view.act.getForm() != ScaleForm::Codes &&
      form.weights.stream->element.isBF16())
    view = ActivationView{form.x, ActQuantAttr(), Type()};
  OpBuilder builder(form.node);
  Location loc = form.node.getLoc();
  Type resultType = form.node.getOutputs()[0].getType();
  Value bias = form.bias ? makeBias(form) : Value();
  bool addBias = form.bias && !bias;
  Type linearType = resultType;
  if (auto ranked = dyn_cast<RankedTensorType>(resultType);
      ranked && view.castTo)
    linearType = ranked.clone(builder.getF32Type());
  auto [scale, isNew] = found.scales.try_emplace(form.alpha);
  if (isNew)
    scale->second =
        makeScale(constants, loc, getWeightName(form), weight, form.alpha);
  auto linear = LinearOp::create(
      builder, loc, linearType, form.name, view.x, found.codes, scale->second,
      bias, view.act, form.conv,
      weight.groupSize ? builder.getI64IntegerAttr(weight.groupSize)
                       : IntegerAttr(),
      weight.segments.empty() ? DenseI64ArrayAttr()
                              : builder.getDenseI64ArrayAttr(weight.segments));
  Value result = linear.getY();
  if (view.castTo) {
    int64_t code = view.castTo.isF16() ? 10 : view.castTo.isBF16() ? 16 : 1;
    NamedAttribute to = builder.getNamedAttr(
        "to", builder.getIntegerAttr(builder.getI64Type(), code));
    result = makeNode(builder, form.node, "Cast", result,
                      builder.getDictionaryAttr({to}), resultType);
  }
  if (addBias)
    result = makeNode(builder, form.node, "Add", {result, form.bias},
                      builder.getDictionaryAttr({}), resultType);
  form.node.getOutputs()[0].replaceAllUsesWith(result);
  report.addTernary(form, weight, view.act);
  foldTrailingScale(linear, form, weight);
}

/// Why a ternary layer with integer operands cannot be converted, or empty.
static std::string refuseInteger(const LayerForm &form,
                                 const TernaryWeight &weight,
                                 ConstantFolder &folder) {
  bool isUnit = weight.scales.size() == 1 && weight.scales[0] == 1.0f;
  if (!isUnit)
    return "integer weights whose magnitude is not 1";
  if (form.isUnsigned || form.zeroPoint)
    return "activations have a zero point";
  if (!holdsInt8Codes(form.x, folder))
    return "activations are not known to fit int8";
  return {};
}

LogicalResult Recogniser::recognise(onnx::NodeOp node) {
  std::optional<LayerForm> form = readLayer(node, folder);
  if (!form)
    return success();
  form->name = report.getUniqueName(*form);
  if (!form->refusal.empty()) {
    report.addFloat(*form, form->refusal);
    return success();
  }
  Judged &found = judge(*form);
  if (failed(checkFinite(*form, found.verdict)))
    return failure();
  if (!found.verdict.ternary) {
    report.addFloat(*form, found.verdict.reason);
    return success();
  }
  std::string refusal =
      form->isInteger ? refuseInteger(*form, *found.verdict.ternary, folder)
                      : std::string();
  if (!refusal.empty())
    report.addFloat(*form, refusal);
  else
    convert(*form, found);
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// ONNX nodes have no side effects: those without users go. Nothing is erased
/// before the end, because the folder remembers values by their address.
static void eraseDeadNodes(Operation *root) {
  SmallVector<Operation *> order;
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<onnx::NodeOp, onnx::ConstantOp, bitnet::ConstantOp>(op))
      order.push_back(op);
  });
  for (Operation *op : llvm::reverse(order))
    if (op->use_empty())
      op->erase();
}

void ConvertONNXToBitNet::runOnOperation() {
  LayerReport report;
  for (auto function : getOperation().getOps<FunctionOpInterface>()) {
    if (function.isExternal())
      continue;
    foldStraightThrough(function);
    Recogniser recogniser(function, report);
    SmallVector<onnx::NodeOp> nodes;
    function.walk([&](onnx::NodeOp node) { nodes.push_back(node); });
    bool failedAny = false;
    for (onnx::NodeOp node : nodes)
      failedAny |= failed(recogniser.recognise(node));
    if (failedAny)
      return signalPassFailure();
    eraseDeadNodes(function);
  }
  report.attach(getOperation());
}
