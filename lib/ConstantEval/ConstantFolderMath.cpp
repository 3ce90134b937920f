//===- ConstantFolderMath.cpp - streams that compute
//-----------------------===//
//
// Elementwise operators, casts and reductions of streams. Each is refused where
// doubles would not hold the operator's own numbers exactly.
//
//===----------------------------------------------------------------------===//

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// Brings a small operand of a map to the stream order of the largest operand,
/// which is transposed: its own dimensions are aligned at the end and then
/// permuted as those of the largest are. Null when it has the higher rank.
static StreamRef alignTo(const View &view, const View &largest) {
  StreamRef stream = view.contiguous();
  SmallVector<int64_t> shape(stream->shape);
  if (shape.size() > largest.perm.size())
    return nullptr;
  while (shape.size() < largest.perm.size())
    shape.insert(shape.begin(), 1);
  View aligned(makeReshape(stream, shape));
  // Stream dimension perm[i] of the largest is its dimension i.
  for (auto [i, dim] : llvm::enumerate(largest.perm))
    aligned.perm[dim] = int64_t(i);
  return aligned.contiguous();
}

/// Whether doubles hold only some integers of `type`, so that its values have
/// to be looked at.
static bool isWideInteger(Type type) {
  return isa<IntegerType>(type) && type.getIntOrFloatBitWidth() > 32;
}

/// Whether `accepts` is true for all values. It reads the stream up to the
/// first value for which it is not.
static bool allValues(Stream &stream, function_ref<bool(double)> accepts) {
  std::vector<double> chunk(kChunk);
  for (int64_t begin = 0; begin < stream.size; begin += kChunk) {
    auto part = MutableArrayRef(chunk).take_front(
        std::min(kChunk, stream.size - begin));
    stream.read(begin, part);
    if (!llvm::all_of(part, accepts))
      return false;
  }
  return true;
}

/// Whether doubles hold what `kind` reads and gives: of integers of 64 bits
/// that is looked up. This says nothing of a division by 0.
static bool isExact(MapKind kind, ArrayRef<View> operands, Stream &result) {
  auto holds = [](Stream &stream) {
    return !isWideInteger(stream.element) || allValues(stream, [](double v) {
      return std::fabs(v) < kExactIntegers;
    });
  };
  if ((kind == MapKind::Div || kind == MapKind::Mod) &&
      isa<IntegerType>(result.element) &&
      !allValues(*operands[1].stream, [](double v) { return v != 0; }))
    return false;
  return holds(result) && llvm::all_of(operands, [&](const View &operand) {
           return holds(*operand.stream);
         });
}

/// The largest operand gives the order of the stream, and the others are
/// aligned to it: so a transposed weight is not copied only because it is
/// multiplied with a scale. Null when shapes do not broadcast or a result is
/// not exact.
View ConstantFolder::applyMap(MapKind kind, Type element,
                              ArrayRef<View> operands) {
  const View *largest = &operands.front();
  for (const View &operand : operands)
    if (operand.stream->size > largest->stream->size)
      largest = &operand;
  bool plain =
      llvm::all_of(operands, [](const View &v) { return v.isIdentity(); });
  SmallVector<StreamRef> streams;
  for (const View &operand : operands) {
    bool same = operand.perm == largest->perm &&
                operand.stream->shape == largest->stream->shape;
    streams.push_back(plain || same || operand.stream->size == 1
                          ? operand.stream
                          : alignTo(operand, *largest));
    if (!streams.back())
      return {};
  }
  StreamRef result = makeMap(kind, element, streams);
  if (!result || !isExact(kind, operands, *result))
    return {};
  // A scalar operand of higher rank may have raised the rank.
  if (plain || result->shape.size() != largest->perm.size())
    return plain ? View(result) : View();
  return View(result, largest->perm);
}

/// Whether results are booleans, whatever the operands are. It relies on the
/// order of MapKind, and so does isBitwise.
static bool isComparison(MapKind kind) {
  return kind >= MapKind::Greater && kind <= MapKind::Equal;
}

/// Whether `kind` is a function of bits, which takes integers only.
static bool isBitwise(MapKind kind) {
  return kind >= MapKind::BitwiseAnd && kind <= MapKind::ShiftRight;
}

/// All operands must be constant; that they have one element type was checked
/// before. The type of the result is that of the last operand, which is right
/// for Where as well. Max and Min take any number of operands, so they become a
/// chain of maps of two.
View ConstantFolder::buildMap(onnx::NodeOp node, MapKind kind) {
  SmallVector<View> operands;
  for (Value input : node.getInputs()) {
    operands.push_back(get(input));
    if (!operands.back())
      return {};
  }
  if (operands.empty())
    return {};
  Type element = operands.back().stream->element;
  auto integer = dyn_cast<IntegerType>(element);
  if ((isBitwise(kind) || kind == MapKind::Mod) &&
      (!integer || integer.getWidth() > 32))
    return {};
  if (isComparison(kind))
    element = IntegerType::get(node.getContext(), 1);
  bool variadic = kind == MapKind::Max || kind == MapKind::Min;
  if (!variadic)
    return applyMap(kind, element, operands);
  View result = operands.front();
  for (const View &operand : ArrayRef(operands).drop_front())
    if (result)
      result = applyMap(kind, element, {result, operand});
  return result;
}

/// Clip is a maximum and then a minimum, in this order: when the bounds
/// contradict each other, the upper one wins, as ONNX says. A bound that is
/// present but not constant makes the whole node not constant.
View ConstantFolder::buildClip(onnx::NodeOp node) {
  View result = get(node.getInputs().front());
  if (!result)
    return {};
  Type element = result.stream->element;
  // Opset 6 has the bounds as attributes.
  auto clamp = [&](unsigned slot, StringRef attr, MapKind kind) {
    View bound;
    if (Value value = node.getSlot(slot)) {
      bound = get(value);
    } else if (node.getParams().contains(attr)) {
      bound = View(makeBuffer({}, element, {getFloat(node, attr, 0)}));
    } else {
      return;
    }
    result =
        result && bound ? applyMap(kind, element, {result, bound}) : View();
  };
  clamp(1, "min", MapKind::Max);
  clamp(2, "max", MapKind::Min);
  return result;
}

/// Casts of floats to integers saturate, casts between integers wrap.
View ConstantFolder::buildCast(onnx::NodeOp node) {
  View operand = get(node.getInputs().front());
  Type element;
  if (node.getOp() == "Cast") {
    element = getElementType(node.getContext(), getInt(node, "to", 0));
  } else if (View like = get(node.getInputs().back())) {
    element = like.stream->element;
  }
  if (!operand || !element || !hasNumbers(element))
    return {};
  bool toInteger =
      isa<FloatType>(operand.stream->element) && isa<IntegerType>(element);
  return applyMap(toInteger ? MapKind::Saturate : MapKind::Cast, element,
                  {operand});
}

/// Sums of integers may exceed what doubles hold, and how a mean of integers is
/// rounded is for the operator's own lowering to say.
static bool reducesExactly(ReduceKind kind, Stream &operand) {
  auto type = dyn_cast<IntegerType>(operand.element);
  if (!type || kind == ReduceKind::Max || kind == ReduceKind::Min)
    return !type || !isWideInteger(type);
  return kind == ReduceKind::Sum && !isWideInteger(type) &&
         double(operand.size) * std::ldexp(1.0, type.getWidth()) <
             kExactIntegers;
}

/// The operand is streamed once, when the node is built, and the result is held
/// in memory. Axes that are not constant or out of range give no stream. A
/// reduction of all axes needs no order of dimensions, so that a transposed
/// operand is not copied.
View ConstantFolder::buildReduce(onnx::NodeOp node, ReduceKind kind) {
  View operand = get(node.getInputs().front());
  if (!operand || !reducesExactly(kind, *operand.stream))
    return {};
  int64_t rank = int64_t(operand.perm.size());
  std::optional<SmallVector<int64_t>> axes = getInts(node, "axes");
  if (Value input = node.getSlot(1)) {
    axes = getIntegers(input);
    if (!axes)
      return {};
  }
  if (!axes || axes->empty()) {
    if (getInt(node, "noop_with_empty_axes", 0))
      return operand;
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  for (int64_t &axis : *axes)
    if ((axis += axis < 0 ? rank : 0) < 0 || axis >= rank)
      return {};
  llvm::sort(*axes);
  axes->erase(llvm::unique(*axes), axes->end());
  bool keepDims = getInt(node, "keepdims", 1);
  if (int64_t(axes->size()) == rank) // in any order
    return View(makeReduce(kind, *operand.stream, *axes, keepDims));
  return View(makeReduce(kind, *operand.contiguous(), *axes, keepDims));
}
