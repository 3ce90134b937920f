//===- LayerForm.cpp - linear layers in ONNX graphs -----------------------===//
//
// Which nodes are products with weights: MatMul, Gemm, FusedMatMul, Conv,
// MatMulInteger and MatMulNBits. Each reader says where the weights are, in
// which order they lie, and what is refused and why; the report shows the
// reasons.
//
//===----------------------------------------------------------------------===//

#include "LayerForm.h"
#include "bitnet/ConstantEval/ExactCasts.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

/// `transposed` means that the node reads weights as [N, K]. False unless they
/// are a matrix.
bool mlir::bitnet::setWeights(LayerForm &form, const View &view,
                              bool transposed) {
  if (!view || view.perm.size() != 2)
    return false;
  SmallVector<int64_t> shape = view.getShape();
  form.n = shape[transposed ? 0 : 1];
  form.k = shape[transposed ? 1 : 0];
  form.weights = view;
  // The order of the stream, not of the view, is what matters.
  form.rowsFirst = transposed == view.isIdentity();
  return true;
}

/// The value behind all transposes of the weights. It is the same for all
/// layers that share their weights.
Value mlir::bitnet::getWeightRoot(const LayerForm &form) {
  Value value = form.weightOperand;
  while (onnx::NodeOp node = getNode(value, "Transpose"))
    value = node.getInputs().front();
  return value;
}

/// A product with a constant that is no layer, for the report: `operand` holds
/// the constant, whose last two dimensions are [n, k] when `rowsFirst`. nullopt
/// for vectors, such as the frequencies of rotary embeddings.
static std::optional<LayerForm> refuseProduct(LayerForm form, const View &view,
                                              Value operand, bool rowsFirst,
                                              StringRef why) {
  SmallVector<int64_t> shape = view ? view.getShape() : SmallVector<int64_t>();
  if (shape.size() < 2 || shape.back() == 1 || shape[shape.size() - 2] == 1)
    return std::nullopt;
  form.weightOperand = operand;
  form.weights = view;
  form.n = shape[shape.size() - (rowsFirst ? 2 : 1)];
  form.k = shape[shape.size() - (rowsFirst ? 1 : 2)];
  form.refusal = why.str();
  return form;
}

/// A product with a value that is computed of constants by operators that are
/// not folded: it may well be weights, whose shape is not known here.
static std::optional<LayerForm> refuseUnfolded(LayerForm form, Value operand,
                                               ConstantFolder &folder) {
  std::optional<Unfolded> found = folder.explain(operand);
  if (!found)
    return std::nullopt;
  form.weightOperand = operand;
  form.origin = found->origin;
  form.refusal = (found->op + " of constants is not evaluated").str();
  return form;
}

/// Weights are the second operand; a constant first operand is in the report.
static std::optional<LayerForm> readMatMul(LayerForm form,
                                           ConstantFolder &folder) {
  form.weightOperand = form.node.getInputs()[1];
  View weights = folder.get(form.weightOperand);
  bool transposed = getInt(form.node, "transB", 0);
  if (!weights && folder.get(form.x))
    return refuseProduct(form, folder.get(form.x), form.x,
                         !getInt(form.node, "transA", 0),
                         "weights on the left of the product");
  if (!weights)
    return refuseUnfolded(form, form.weightOperand, folder);
  if (!setWeights(form, weights, transposed))
    return refuseProduct(form, weights, form.weightOperand, transposed,
                         "one matrix of weights per batch entry");
  form.isInteger = isa<IntegerType>(weights.stream->element);
  form.alpha = getFloat(form.node, "alpha", 1.0);
  // The accumulators of a layer have a sign, the product would not.
  if (weights.stream->element.isUnsignedInteger())
    form.refusal = "weights of unsigned integers";
  if (form.isInteger && form.alpha != 1)
    form.refusal = "alpha of an integer product is not 1";
  for (StringRef name : {"transA", "transBatchA", "transBatchB"})
    if (getInt(form.node, name, 0))
      form.refusal = (name + " is set").str();
  return form;
}

/// alpha multiplies the scale, beta the bias; transA is refused.
static std::optional<LayerForm> readGemm(LayerForm form,
                                         ConstantFolder &folder) {
  std::optional<LayerForm> result = readMatMul(std::move(form), folder);
  if (!result)
    return std::nullopt;
  result->bias = result->node.getSlot(2);
  if (result->bias && getFloat(result->node, "beta", 1.0) != 1.0)
    result->refusal = "beta is not 1";
  if (result->bias && result->isInteger)
    result->refusal = "bias of an integer product";
  return result;
}

/// Pads of a convolution, or nullopt when they depend on the input's size.
static std::optional<SmallVector<int64_t>> readPads(onnx::NodeOp node) {
  StringRef mode = getString(node, "auto_pad", "NOTSET");
  SmallVector<int64_t> zero(4, 0);
  if (mode == "VALID")
    return zero;
  if (mode != "NOTSET" && !mode.empty())
    return std::nullopt;
  return getInts(node, "pads").value_or(zero);
}

/// Whether pads are given twice: an error, which the operator's own lowering
/// reports.
static bool contradictsPads(onnx::NodeOp node) {
  auto pads = getInts(node, "pads");
  return getString(node, "auto_pad", "NOTSET") != "NOTSET" && pads &&
         llvm::any_of(*pads, [](int64_t pad) { return pad != 0; });
}

/// Two spatial dimensions, one group.
static std::optional<LayerForm> readConv(LayerForm form,
                                         ConstantFolder &folder) {
  form.weightOperand = form.node.getInputs()[1];
  form.bias = form.node.getSlot(2);
  View weights = folder.get(form.weightOperand);
  if (!weights)
    return refuseUnfolded(form, form.weightOperand, folder);
  form.weights = View(weights.contiguous());
  ArrayRef<int64_t> shape = form.weights.stream->shape;
  if (shape.size() < 3)
    return std::nullopt;
  form.rowsFirst = true;
  form.n = shape[0];
  form.k = countOf(shape.drop_front());
  std::optional<SmallVector<int64_t>> pads = readPads(form.node);
  auto ones = [](unsigned count) { return SmallVector<int64_t>(count, 1); };
  SmallVector<int64_t> strides =
      getInts(form.node, "strides").value_or(ones(2));
  SmallVector<int64_t> dilations =
      getInts(form.node, "dilations").value_or(ones(2));
  auto areSteps = [](ArrayRef<int64_t> list) {
    return list.size() == 2 && llvm::all_of(list, [](auto v) { return v > 0; });
  };
  auto declared = getInts(form.node, "kernel_shape");
  if (declared && ArrayRef<int64_t>(*declared) != shape.drop_front(2))
    form.refusal = "kernel_shape is not the shape of the weights";
  else if (shape.size() != 4)
    form.refusal = std::to_string(shape.size() - 2) + "-D convolution";
  else if (int64_t group = getInt(form.node, "group", 1); group != 1)
    form.refusal =
        "grouped convolution (group = " + std::to_string(group) + ")";
  else if (!areSteps(strides) || !areSteps(dilations))
    form.refusal = "strides or dilations are not two positive numbers";
  else if (contradictsPads(form.node))
    form.refusal = "both auto_pad and pads";
  else if (!pads || pads->size() != 4 ||
           llvm::any_of(*pads, [](int64_t p) { return p < 0; }))
    form.refusal = "padding depends on the input";
  // The limit makes sure that the size of a padded image does not overflow.
  else if (auto isHuge = [](int64_t v) { return v > 1 << 20; };
           llvm::any_of(strides, isHuge) || llvm::any_of(dilations, isHuge) ||
           llvm::any_of(*pads, isHuge))
    form.refusal = "a stride, dilation or pad is beyond every image";
  if (form.refusal.empty())
    form.conv = ConvAttr::get(form.node.getContext(), shape.take_back(2),
                              strides, dilations, *pads);
  return form;
}

/// Whether `value` holds unsigned integers; nullopt when its type is not known.
static std::optional<bool> isUnsignedTensor(Value value) {
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    return type.getElementType().isUnsignedInteger();
  if (getNode(value, "DynamicQuantizeLinear"))
    return true;
  if (onnx::NodeOp cast = getNode(value, "Cast"))
    if (auto type = dyn_cast_or_null<IntegerType>(
            getElementType(cast.getContext(), getInt(cast, "to", 0))))
      return type.isUnsigned();
  // QuantizeLinear gives the type of its zero point, u8 without one.
  if (onnx::NodeOp quantize = getNode(value, "QuantizeLinear"))
    return quantize.getSlot(2) ? isUnsignedTensor(quantize.getSlot(2)) : true;
  return std::nullopt;
}

/// Says that the weights of `form` depend on what is in `slots` of its node.
static void addSources(LayerForm &form, ArrayRef<unsigned> slots) {
  for (unsigned slot : slots) {
    Value value =
        slot < form.node.getNumSlots() ? form.node.getSlot(slot) : Value();
    form.weightSources.push_back(value.getAsOpaquePointer());
  }
}

/// MatMulInteger: weights minus their zero point.
static std::optional<LayerForm> readMatMulInteger(LayerForm form,
                                                  ConstantFolder &folder) {
  form.weightOperand = form.node.getInputs()[1];
  View weights = folder.get(form.weightOperand);
  if (!weights || weights.perm.size() != 2)
    return std::nullopt;
  form.isInteger = true;
  Type wide = IntegerType::get(form.node.getContext(), 32);
  StreamRef values = makeMap(MapKind::Cast, wide, {weights.stream});
  if (Value zero = form.node.getSlot(3)) {
    View offset = folder.get(zero);
    if (!offset)
      return std::nullopt;
    // One zero point per column of [K, N]; another number of them is an error
    // that the operator's own lowering reports.
    if (offset.stream->size != 1 &&
        offset.stream->size != weights.getShape()[1])
      return std::nullopt;
    StreamRef point = makeMap(MapKind::Cast, wide, {offset.contiguous()});
    if (point->size != 1 && !weights.isIdentity())
      point = makeReshape(point, {point->size, 1});
    values = makeMap(MapKind::Sub, wide, {values, point});
    if (!values)
      return std::nullopt;
  }
  setWeights(form, View(values, weights.perm), false);
  addSources(form, {3});
  form.zeroPoint = form.node.getSlot(2);
  if (std::optional<bool> isUnsigned = isUnsignedTensor(form.x))
    form.isUnsigned = *isUnsigned;
  else
    form.refusal = "activations of unknown type";
  return form;
}

/// MatMulNBits is a format of ternary weights, too: those with 2 bits and a
/// zero point of 1.
static std::optional<LayerForm> readMatMulNBits(LayerForm form,
                                                ConstantFolder &folder) {
  form.weightOperand = form.node.getInputs()[1];
  form.weights = folder.getMatMulNBits(form.node);
  if (!setWeights(form, form.weights, /*transposed=*/true))
    return std::nullopt;
  // Scales, zero points, and how the attributes say to unpack them.
  addSources(form, {2, 3, 4});
  form.weightSources.push_back(form.node.getParams().getAsOpaquePointer());
  form.bias = form.node.getSlot(5);
  return form;
}

/// Reads the layer that a node of this domain and operator may be; nothing for
/// other operators.
static std::optional<LayerForm> readForm(LayerForm form,
                                         ConstantFolder &folder) {
  onnx::NodeOp node = form.node;
  StringRef op = node.getOp();
  if (node.getDomain().empty()) {
    if (op == "MatMul")
      return readMatMul(std::move(form), folder);
    if (op == "Gemm")
      return readGemm(std::move(form), folder);
    if (op == "Conv")
      return readConv(std::move(form), folder);
    if (op == "MatMulInteger")
      return readMatMulInteger(std::move(form), folder);
  } else if (node.getDomain() == "com.microsoft") {
    if (op == "FusedMatMul")
      return readMatMul(std::move(form), folder);
    if (op == "MatMulNBits")
      return readMatMulNBits(std::move(form), folder);
  }
  return std::nullopt;
}

std::optional<LayerForm> mlir::bitnet::readLayer(onnx::NodeOp node,
                                                 ConstantFolder &folder) {
  if (node.getNumSlots() < 2 || !node.getSlot(0) || !node.getSlot(1) ||
      onnx::findMalformation(node))
    return std::nullopt;
  LayerForm form;
  form.node = node;
  form.x = node.getSlot(0);
  std::optional<LayerForm> result = readForm(std::move(form), folder);
  if (result && ExactCasts::hasWrongTypes(node))
    result->refusal = "inputs of types that do not go together";
  return result;
}
