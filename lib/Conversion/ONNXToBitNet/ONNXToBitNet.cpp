//===- ONNXToBitNet.cpp - finds ternary layers in an ONNX graph -----------===//
//
// --convert-onnx-to-bitnet. For every product with constant weights: read its
// form (LayerForm), judge the values of the weights (TernaryJudge), read its
// activations (ActivationView), and make a bitnet.linear; or else store float
// weights as asked for (NarrowWeights, LosslessWeights). What becomes of each
// layer is recorded.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Conversion/ONNXToBitNet/Passes.h"
#include "bitnet/Dialect/BitNet/Transforms/ActivationScale.h"

#include "ActivationView.h"
#include "FloatLayer.h"
#include "FloatPolicy.h"
#include "FloatTable.h"
#include "IntegerLayer.h"
#include "LayerActivations.h"
#include "LayerForm.h"
#include "LayerReport.h"
#include "LosslessWeights.h"
#include "NarrowWeights.h"
#include "StraightThrough.h"
#include "TernaryJudge.h"
#include "WeightConstants.h"
#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/ConstantEval/DeadNodes.h"
#include "bitnet/ConstantEval/ExactCasts.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <cmath>
#include <map>
#include <tuple>

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
  /// Sums of the codes of each row, for integer layers.
  std::vector<int32_t> rowSums;
  /// The scale constants, by the factor (alpha of Gemm) that each includes.
  std::map<double, Value> scales;
};

/// What the stored rows [N, K] of float weights follow from.
struct SharedRowsKey {
  /// The value behind all transposes of the weights (getWeightRoot).
  const void *root;
  /// Whether the rows are rows of `root`, not its columns.
  bool rowsFirst;
  /// The form that was asked for.
  FloatWeights storage;

  bool operator<(const SharedRowsKey &other) const {
    return std::tie(root, rowsFirst, storage) <
           std::tie(other.root, other.rowsFirst, other.storage);
  }
};

/// Recognises the layers of one function.
class Recogniser {
public:
  Recogniser(Operation *function, ConstantFolder &folder, LayerReport &report,
             const FloatPolicy &policy)
      : folder(folder), ranks(folder),
        lossless(BitNetDialect::getBlobStore(function->getContext())),
        constants(OpBuilder::atBlockBegin(&function->getRegion(0).front())),
        report(report), policy(policy) {}

  /// Fails when weights are invalid (w_c6).
  LogicalResult recognise(onnx::NodeOp node);
  /// Replaces float weights. It has to be called last, because recognition
  /// finds weights by their nodes.
  void finish() { lossless.replace(); }

private:
  Judged &judge(const LayerForm &form);
  LogicalResult checkFinite(const LayerForm &form, const Verdict &verdict);
  LinearOp makeLinear(OpBuilder &builder, const LayerForm &form,
                      const ActivationView &view, Judged &found, Value bias);
  void convert(const LayerForm &form, Judged &found);
  LogicalResult recogniseLayer(LayerForm &form);
  LogicalResult recogniseFloat(const LayerForm &form, StringRef reason);
  LogicalResult recogniseTable(LayerForm &form);
  FailureOr<NarrowWeights> getNarrowWeights(const LayerForm &form);
  StringRef getStorage(const LayerForm &form, NarrowWeights weights);
  void convertFloat(const LayerForm &form, NarrowWeights weights);
  Value makeBias(const LayerForm &form);
  void foldTrailingScale(LinearOp linear, const LayerForm &form);

  ConstantFolder &folder;
  ValueRanks ranks;
  LosslessWeights lossless;
  OpBuilder constants;
  LayerReport &report;
  const FloatPolicy &policy;
  /// Verdicts on weights, by everything that the weights were computed from and
  /// by whether they are read as rows.
  std::map<std::pair<SmallVector<const void *>, bool>, Judged> judged;
  /// Rows that an embedding and the head that is tied to it share.
  std::map<SharedRowsKey, NarrowWeights> narrow;
};

struct ConvertONNXToBitNet final
    : bitnet::impl::ConvertONNXToBitNetBase<ConvertONNXToBitNet> {
  using ConvertONNXToBitNetBase::ConvertONNXToBitNetBase;
  void runOnOperation() override;
  FailureOr<FloatPolicy> makePolicy();
};
} // namespace

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Weights that several layers share are judged once.
Judged &Recogniser::judge(const LayerForm &form) {
  bool transposed = form.rowsFirst == form.weights.isIdentity();
  SmallVector<const void *> sources = form.weightSources;
  sources.push_back(form.weightOperand.getAsOpaquePointer());
  auto [it, isNew] = judged.try_emplace({sources, transposed});
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
  if (form.isInteger)
    for (int64_t row = 0; row != weight->n; ++row) {
      int32_t &sum = result.rowSums.emplace_back(0);
      for (int64_t i = row * weight->k, e = i + weight->k; i != e; ++i)
        sum += weight->getCode(i);
    }
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

/// A constant bias [N] as f32 (of a Gemm also [1, N]); null when there is none
/// of that form.
Value Recogniser::makeBias(const LayerForm &form) {
  fold::View view = folder.get(form.bias);
  size_t maxRank = form.node.getOp() == "Gemm" ? 2 : 1;
  if (!view || view.stream->size != form.n || view.getShape().empty() ||
      view.getShape().size() > maxRank || view.getShape().back() != form.n)
    return {};
  std::vector<double> values = fold::readAll(*view.stream);
  fold::Origin origin;
  view.stream->describe(origin);
  return makeFloatConstant(constants, form.node.getLoc(), origin.getName(),
                           {form.n},
                           std::vector<float>(values.begin(), values.end()));
}

/// Adds a bias that is not inside the layer: one number per filter of a
/// convolution, else whatever broadcasts to the result.
static Value addBias(OpBuilder &builder, const LayerForm &form, Value result,
                     Type type) {
  SmallVector<NamedAttribute> params{
      builder.getNamedAttr(onnx::kOperatorParam, form.node.getOpAttr())};
  if (form.node.getOp() != "Gemm") {
    int64_t axis = form.node.getOp() == "Conv" ? 1 : -1;
    params.push_back(
        builder.getNamedAttr("axis", builder.getI64IntegerAttr(axis)));
  }
  return makeNode(builder, form.node, onnx::kAddInto, {result, form.bias}, type,
                  params, onnx::kInternalDomain);
}

/// B2: the scale that AutoBitLinear multiplies after the product moves into
/// the layer (mm_c2); a dividing scale becomes its f32 reciprocal.
void Recogniser::foldTrailingScale(LinearOp linear, const LayerForm &form) {
  if (form.isInteger || linear.getScale() || linear.getBias() ||
      !linear.getY().hasOneUse() || !form.weights.stream->element.isF32())
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
  if (!value || view.getShape().size() > 1)
    return;
  // A reciprocal that overflows or loses digits is not what the graph does.
  float scale = isDiv ? float(1.0 / *value) : float(*value);
  if (!std::isfinite(scale) || (isDiv && !std::isnormal(scale)))
    return;
  fold::Origin origin;
  view.stream->describe(origin);
  linear.getScaleMutable().assign(makeFloatConstant(
      constants, linear.getLoc(), origin.getName(), {}, {scale}));
  next.getOutputs()[0].replaceAllUsesWith(linear.getY());
}

/// The type of a layer's result: not known before that of x is.
static Type getLinearType(Value x, Value w, ConvAttr conv) {
  Type type;
  if (auto ranked = dyn_cast<RankedTensorType>(x.getType()))
    type =
        LinearOp::inferType(ranked, cast<RankedTensorType>(w.getType()), conv);
  return type ? type : onnx::UnknownType::get(x.getContext());
}

LinearOp Recogniser::makeLinear(OpBuilder &builder, const LayerForm &form,
                                const ActivationView &view, Judged &found,
                                Value bias) {
  const TernaryWeight &weight = *found.verdict.ternary;
  Location loc = form.node.getLoc();
  auto [scale, isNew] = found.scales.try_emplace(form.alpha);
  if (isNew)
    scale->second =
        makeScale(constants, loc, getWeightName(form), weight, form.alpha);
  return LinearOp::create(
      builder, loc, getLinearType(view.x, found.codes, form.conv), form.name,
      view.x, found.codes, scale->second, bias, view.act, form.conv,
      weight.groupSize ? builder.getI64IntegerAttr(weight.groupSize)
                       : IntegerAttr(),
      weight.segments.empty() ? DenseI64ArrayAttr()
                              : builder.getDenseI64ArrayAttr(weight.segments));
}

/// Replaces the node by a ternary layer.
void Recogniser::convert(const LayerForm &form, Judged &found) {
  OpBuilder builder(form.node);
  ActivationView view = viewActivations(form, builder, folder, ranks);
  // A bias inside the layer comes after its scales; elsewhere it is added.
  Value bias =
      form.bias && !view.rowScale && !view.castTo ? makeBias(form) : Value();
  LinearOp linear = makeLinear(builder, form, view, found, bias);
  Type type = form.node.getOutputs()[0].getType();
  Value result = linear.getY();
  if (form.isInteger)
    result = finishInteger(builder, form, result, found.rowSums);
  if (view.rowScale)
    result = makeNode(builder, form.node, view.rowScaleDivides ? "Div" : "Mul",
                      {result, view.rowScale}, type);
  if (view.castTo)
    result =
        makeCast(builder, form.node, result, getFloatCode(view.castTo), type);
  if (form.bias && !bias)
    result = addBias(builder, form, result, type);
  form.node.getOutputs()[0].replaceAllUsesWith(result);
  report.addTernary(form, *found.verdict.ternary, view.act);
  foldTrailingScale(linear, form);
}

/// Makes a `bitnet.linear` of a layer of floats.
void Recogniser::convertFloat(const LayerForm &form, NarrowWeights weights) {
  OpBuilder builder(form.node);
  Value bias = form.bias ? makeBias(form) : Value();
  Type type = form.node.getOutputs()[0].getType();
  auto linear = LinearOp::create(
      builder, form.node.getLoc(),
      getLinearType(form.x, weights.weights, form.conv), form.name, form.x,
      weights.weights, weights.scale, bias, ActQuantAttr(), form.conv,
      IntegerAttr(), DenseI64ArrayAttr());
  Value result = linear.getY();
  if (form.bias && !bias)
    result = addBias(builder, form, result, type);
  form.node.getOutputs()[0].replaceAllUsesWith(result);
}

/// Empty when the policy keeps the weights as they are.
FailureOr<NarrowWeights> Recogniser::getNarrowWeights(const LayerForm &form) {
  if (!takesNarrowWeights(form))
    return NarrowWeights();
  FloatWeights storage = policy.getStorage(form.name);
  auto [it, isNew] = narrow.try_emplace(SharedRowsKey{
      getWeightRoot(form).getAsOpaquePointer(), form.rowsFirst, storage});
  if (!isNew)
    return it->second;
  FailureOr<NarrowWeights> made =
      makeNarrowWeights(constants, form, storage, folder);
  if (succeeded(made))
    it->second = *made;
  return made;
}

/// How the weights of `form` are stored; empty when they are stored as in the
/// model.
StringRef Recogniser::getStorage(const LayerForm &form, NarrowWeights weights) {
  if (weights.weights)
    return weights.scale ? "int8 rows" : "bf16";
  auto initializer = getWeightRoot(form).getDefiningOp<onnx::ConstantOp>();
  bool mayChange = policy.storage != FloatWeights::Keep && initializer;
  return mayChange && lossless.accept(initializer) ? "lossless bf16" : "";
}

/// Recognises a layer whose weights are not ternary.
LogicalResult Recogniser::recogniseFloat(const LayerForm &form,
                                         StringRef reason) {
  if (policy.isLinear(form.name)) {
    NarrowWeights weights;
    if (!form.isInteger && form.alpha == 1)
      weights.weights = makeFloatWeights(constants, form);
    report.addFloat(form, reason);
    if (weights.weights)
      convertFloat(form, weights);
    return success();
  }
  FailureOr<NarrowWeights> weights = getNarrowWeights(form);
  if (failed(weights))
    return failure();
  report.addFloat(form, reason, getStorage(form, *weights));
  if (weights->weights)
    convertFloat(form, *weights);
  return success();
}

/// A Gather from a constant table.
LogicalResult Recogniser::recogniseTable(LayerForm &form) {
  form.name = report.getUniqueName(form);
  FailureOr<NarrowWeights> weights = getNarrowWeights(form);
  if (failed(weights))
    return failure();
  report.addTable(form, getStorage(form, *weights));
  if (weights->weights)
    gatherNarrow(form, *weights);
  return success();
}

/// Recognises a layer: it is ternary, float, or refused with a reason.
LogicalResult Recogniser::recogniseLayer(LayerForm &form) {
  form.name = report.getUniqueName(form);
  if (!form.refusal.empty()) {
    report.addFloat(form, form.refusal, getStorage(form, NarrowWeights()));
    return success();
  }
  Judged &found = judge(form);
  if (failed(checkFinite(form, found.verdict)))
    return failure();
  if (!found.verdict.ternary)
    return recogniseFloat(form, found.verdict.reason);
  std::string refusal =
      form.isInteger ? refuseInteger(form, *found.verdict.ternary, folder)
                     : std::string();
  if (!refusal.empty())
    report.addFloat(form, refusal);
  else
    convert(form, found);
  return success();
}

/// Nodes that are no layer are left to --convert-onnx-to-linalg.
LogicalResult Recogniser::recognise(onnx::NodeOp node) {
  if (std::optional<LayerForm> layer = readLayer(node, folder)) {
    // A Gemm of another rank is an error, which its own lowering reports.
    if (node.getOp() == "Gemm" && ranks.get(layer->x).value_or(2) != 2)
      layer->refusal = "a Gemm whose input is no matrix";
    return recogniseLayer(*layer);
  }
  if (std::optional<LayerForm> table = readTable(node, folder))
    return recogniseTable(*table);
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Globs of the options are checked before anything is recognised.
FailureOr<FloatPolicy> ConvertONNXToBitNet::makePolicy() {
  FloatPolicy policy;
  policy.hasLinears = floatLinears;
  policy.storage = floatWeights;
  llvm::Error error = llvm::Error::success();
  auto read = [&](ArrayRef<std::string> include, ArrayRef<std::string> exclude,
                  NameFilter &into) {
    llvm::Expected<NameFilter> filter = NameFilter::create(include, exclude);
    if (filter)
      into = std::move(*filter);
    else
      error = llvm::joinErrors(std::move(error), filter.takeError());
  };
  read(linearsInclude, linearsExclude, policy.linears);
  read(weightsInclude, weightsExclude, policy.stored);
  if (error)
    return emitError(getOperation().getLoc())
           << llvm::toString(std::move(error));
  return policy;
}

/// What a file declares of values between nodes may be stale: it is forgotten,
/// and of the outputs it is kept as what was declared.
static void forgetDeclaredTypes(FunctionOpInterface function) {
  Type unknown = onnx::UnknownType::get(function->getContext());
  StringAttr declared =
      StringAttr::get(function->getContext(), onnx::kDeclaredAttr);
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    if (!isa<onnx::UnknownType>(type))
      function.setResultAttr(i, declared, TypeAttr::get(type));
  function->walk([&](onnx::NodeOp node) {
    for (Value result : node.getResults())
      result.setType(unknown);
  });
}

/// The types of the function's results follow those of what it returns.
static void updateResultTypes(FunctionOpInterface function) {
  auto func = dyn_cast<func::FuncOp>(function.getOperation());
  if (func)
    func.setType(FunctionType::get(
        func.getContext(), func.getArgumentTypes(),
        func.getBody().front().getTerminator()->getOperandTypes()));
}

/// Straight-through residues go first, dead nodes last.
void ConvertONNXToBitNet::runOnOperation() {
  LayerReport report;
  FailureOr<FloatPolicy> policy = makePolicy();
  if (failed(policy))
    return signalPassFailure();
  auto &folder = getAnalysis<ConstantFolder>();
  for (auto function : getOperation().getOps<FunctionOpInterface>()) {
    if (function.isExternal())
      continue;
    forgetDeclaredTypes(function);
    if (foldStraightThrough(function))
      folder.clear();
    Recogniser recogniser(function, folder, report, *policy);
    SmallVector<onnx::NodeOp> nodes;
    function.walk([&](onnx::NodeOp node) { nodes.push_back(node); });
    bool failedAny = false;
    for (onnx::NodeOp node : nodes)
      failedAny |= failed(recogniser.recognise(node));
    if (failedAny)
      return signalPassFailure();
    recogniser.finish();
    eraseDeadNodes(function);
    updateResultTypes(function);
  }
  report.attach(getOperation());
}
