//===- ConstantFolder.cpp - constant ONNX subgraphs as streams ------------===//
//
// Makes streams of nodes: leaves, elementwise operators, casts and reductions.
// The operators that move values are in ConstantFolderShape.cpp. A null view
// means that a value is not constant, or that evaluating it here would not be
// exact.
//
//===----------------------------------------------------------------------===//

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/ConstantEval/ExactCasts.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

/// The longest chain that is followed, because each node of it takes stack. No
/// exporter writes longer chains; a value behind a longer one has no stream,
/// unless its operands got theirs before (Evaluator::growStreams).
static constexpr unsigned kMaxDepth = 512;

/// A null view is kept, too, so that a value that is not constant is looked at
/// once. A value at the limit of the depth is not kept: it may be asked for
/// again from nearer.
View ConstantFolder::get(Value value) {
  if (!value)
    return {};
  if (auto it = views.find(value); it != views.end())
    return it->second;
  if (depth >= kMaxDepth)
    return {};
  ++depth;
  View view = build(value);
  --depth;
  views[value] = view;
  return view;
}

ConstantFolder::ConstantFolder(Operation *op)
    : ConstantFolder(BitNetDialect::getBlobStore(op->getContext())) {}

/// The null views are collected first, because erasing from a DenseMap while it
/// is iterated is not allowed. Streams that exist stay: they are still right.
void ConstantFolder::forgetUnfolded() {
  SmallVector<Value> unfolded;
  for (auto &[value, view] : views)
    if (!view)
      unfolded.push_back(value);
  for (Value value : unfolded)
    views.erase(value);
  variable.clear();
}

/// For a value without a stream this is what `collect` found on its way, which
/// is incomplete when `value` depends on an input.
fold::Origin ConstantFolder::getOrigin(Value value) {
  Unfolded found;
  llvm::DenseSet<Value> seen;
  collect(value, found, seen);
  return found.origin;
}

/// Whether `value` depends on constants alone; `found` gets the first operator
/// that is not folded. A node that was seen before counts as constant here: if
/// it was not, it is in `variable`. A node with a body or without inputs is
/// never taken for constant, because what the body reads is not looked at.
bool ConstantFolder::collect(Value value, Unfolded &found,
                             llvm::DenseSet<Value> &seen) {
  if (View view = get(value)) {
    view.stream->describe(found.origin);
    return true;
  }
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node || !node.getBodies().empty() || node.getInputs().empty() ||
      variable.contains(value) || depth >= kMaxDepth)
    return false;
  if (!seen.insert(value).second)
    return true;
  ++depth;
  bool isConstant = llvm::all_of(
      node.getInputs(), [&](Value v) { return collect(v, found, seen); });
  --depth;
  if (!isConstant)
    variable.insert(value);
  else if (found.op.empty())
    found.op = node.getOp();
  return isConstant;
}

/// A value that has a stream needs no explanation, so that it gives nullopt,
/// too.
std::optional<Unfolded> ConstantFolder::explain(Value value) {
  Unfolded found;
  llvm::DenseSet<Value> seen;
  bool isConstant = !get(value) && collect(value, found, seen);
  return isConstant ? std::optional(found) : std::nullopt;
}

/// A transposed view is read in its own order. The limit is checked before
/// anything is read, so that large weights cost nothing here.
std::optional<std::vector<double>> ConstantFolder::getValues(Value value,
                                                             int64_t limit) {
  View view = get(value);
  if (!view || view.stream->size > limit)
    return std::nullopt;
  return readAll(*view.contiguous());
}

/// Shapes, axes and bounds of operators are read by this. It gives nothing for
/// floats, because an operand of the wrong type is an error that the lowering
/// of the operator reports.
std::optional<SmallVector<int64_t>> ConstantFolder::getIntegers(Value value) {
  View view = get(value);
  std::optional<std::vector<double>> values = getValues(value);
  if (!values || !isa<IntegerType>(view.stream->element))
    return std::nullopt;
  // A double rounds INT64_MAX, which means "to the end", up and out of the
  // range.
  constexpr double kLimit = 9.0e18;
  return llvm::map_to_vector(*values, [&](double v) {
    return int64_t(std::min(std::max(v, -kLimit), kLimit));
  });
}

std::optional<double> ConstantFolder::getScalar(Value value) {
  std::optional<std::vector<double>> values = getValues(value, 1);
  if (!values || values->size() != 1)
    return std::nullopt;
  return values->front();
}

/// Only a constant, or a node of the default domain with one output, has a
/// stream. A node that is malformed or whose operands have wrong types has
/// none, so that it stays and its own lowering reports the error.
View ConstantFolder::build(Value value) {
  if (auto constant = value.getDefiningOp<onnx::ConstantOp>())
    return buildConstant(constant);
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node || !hasStream(node) || node.getOutputs().size() != 1 ||
      onnx::findMalformation(node) ||
      !llvm::all_of(node.getInputs(), [&](Value v) { return bool(get(v)); }))
    return {};
  // Streams know their types: to look for them along a chain is slow.
  auto typeOf = [&](Value v) { return get(v).stream->element; };
  if (ExactCasts::hasWrongTypes(node, typeOf))
    return {};
  return buildNode(node);
}

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

/// The numbers of an attribute as f64, which holds every number of at most 32
/// bits. Booleans are signless in MLIR and would read as -1 if they were
/// extended by their sign.
static std::vector<double> denseValues(DenseElementsAttr attr) {
  std::vector<double> values;
  if (isa<FloatType>(attr.getElementType())) {
    for (const APFloat &value : attr.getValues<APFloat>()) {
      APFloat wide = value;
      bool lossy;
      wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
      values.push_back(wide.convertToDouble());
    }
    return values;
  }
  bool isUnsigned = attr.getElementType().isUnsignedInteger() ||
                    attr.getElementType().isInteger(1);
  for (const APInt &value : attr.getValues<APInt>())
    values.push_back(isUnsigned ? double(value.getZExtValue())
                                : double(value.getSExtValue()));
  return values;
}

/// The initializers that the pass computed `op` of, as its attribute says; else
/// `op` itself with its `bytes`. Reports on a layer name these.
static Origin getOriginOf(onnx::ConstantOp op, uint64_t bytes) {
  Origin origin;
  if (auto dict = op->getAttrOfType<DictionaryAttr>(kOriginAttr)) {
    for (NamedAttribute entry : dict)
      if (auto size = dyn_cast<IntegerAttr>(entry.getValue()))
        origin.add(entry.getName(), size.getValue().getZExtValue());
    return origin;
  }
  origin.add(op.getName(), bytes);
  return origin;
}

/// A blob becomes a leaf that reads the mapped file; other attributes are held
/// in memory. A blob of another length than its type needs, strings and empty
/// tensors have no stream. A file that cannot be read is an error at once,
/// because no other stage could read it either.
View ConstantFolder::buildConstant(onnx::ConstantOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || !type.hasStaticShape() ||
      !(type.getElementType().isIntOrFloat()) || type.getNumElements() == 0)
    return {};
  // No lowering computes with floats of 8 bits, so no stream does.
  if (isa<FloatType>(type.getElementType()) &&
      type.getElementTypeBitWidth() < 16)
    return {};
  FailureOr<uint64_t> bytes = getStorageBytes(type);
  if (failed(bytes))
    return {};
  if (auto blob = dyn_cast<bitnet::BlobAttr>(op.getValue())) {
    if (blob.getLength() != *bytes)
      return {};
    auto data = store.getBytes(blob.getFile(), blob.getOffset(), *bytes);
    if (!data) {
      op.emitError("cannot read tensor '")
          << op.getName() << "': " << llvm::toString(data.takeError());
      return {};
    }
    return View(makeLeaf(getOriginOf(op, *bytes), *data, type.getShape(),
                         type.getElementType(), &store));
  }
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense)
    return {};
  return View(makeBuffer(type.getShape(), type.getElementType(),
                         denseValues(dense), getOriginOf(op, *bytes)));
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

/// The function that an elementwise operator computes; nothing for other
/// operators, and nothing for Mod with the sign of the dividend (fmod), which
/// MapKind does not have.
static std::optional<MapKind> getMapKind(onnx::NodeOp node) {
  if (node.getOp() == "BitShift")
    return llvm::StringSwitch<std::optional<MapKind>>(
               getString(node, "direction", ""))
        .Case("LEFT", MapKind::ShiftLeft)
        .Case("RIGHT", MapKind::ShiftRight)
        .Default(std::nullopt);
  if (node.getOp() == "Mod" && getInt(node, "fmod", 0))
    return std::nullopt;
  return llvm::StringSwitch<std::optional<MapKind>>(node.getOp())
      .Case("Identity", MapKind::Identity)
      .Case("Abs", MapKind::Abs)
      .Case("Neg", MapKind::Neg)
      .Case("Round", MapKind::Round)
      .Case("Sign", MapKind::Sign)
      .Case("Sqrt", MapKind::Sqrt)
      .Case("Reciprocal", MapKind::Reciprocal)
      .Case("Floor", MapKind::Floor)
      .Case("Ceil", MapKind::Ceil)
      .Case("Not", MapKind::Not)
      .Case("Relu", MapKind::Relu)
      .Case("Add", MapKind::Add)
      .Case("Sub", MapKind::Sub)
      .Case("Mul", MapKind::Mul)
      .Case("Div", MapKind::Div)
      .Case("Mod", MapKind::Mod)
      .Case("Max", MapKind::Max)
      .Case("Min", MapKind::Min)
      .Case("Greater", MapKind::Greater)
      .Case("Less", MapKind::Less)
      .Case("GreaterOrEqual", MapKind::GreaterOrEqual)
      .Case("LessOrEqual", MapKind::LessOrEqual)
      .Case("Equal", MapKind::Equal)
      .Case("And", MapKind::And)
      .Case("Or", MapKind::Or)
      .Case("Xor", MapKind::Xor)
      .Case("BitwiseAnd", MapKind::BitwiseAnd)
      .Case("BitwiseOr", MapKind::BitwiseOr)
      .Case("BitwiseXor", MapKind::BitwiseXor)
      .Case("Where", MapKind::Where)
      .Default(std::nullopt);
}

/// This has to name the operators that buildNode knows: evaluation keeps a node
/// for later if it has a stream in principle, and `build` asks here first.
bool ConstantFolder::hasStream(onnx::NodeOp node) {
  return node.getDomain().empty() &&
         (getMapKind(node) || llvm::is_contained({"Clip",
                                                  "Cast",
                                                  "CastLike",
                                                  "ReduceMean",
                                                  "ReduceSum",
                                                  "ReduceMax",
                                                  "ReduceMin",
                                                  "Transpose",
                                                  "Reshape",
                                                  "Flatten",
                                                  "Squeeze",
                                                  "Unsqueeze",
                                                  "Expand",
                                                  "ConstantOfShape",
                                                  "Concat",
                                                  "ScatterND",
                                                  "Gather",
                                                  "Slice",
                                                  "DequantizeLinear",
                                                  "NonZero"},
                                                 node.getOp()));
}

/// Dispatches on the operator's name; operators that are not listed are not
/// folded.
View ConstantFolder::buildNode(onnx::NodeOp node) {
  StringRef op = node.getOp();
  if (std::optional<MapKind> kind = getMapKind(node))
    return buildMap(node, *kind);
  if (op == "Clip")
    return buildClip(node);
  if (op == "Cast" || op == "CastLike")
    return buildCast(node);
  if (op == "ReduceMean")
    return buildReduce(node, ReduceKind::Mean);
  if (op == "ReduceSum")
    return buildReduce(node, ReduceKind::Sum);
  if (op == "ReduceMax")
    return buildReduce(node, ReduceKind::Max);
  if (op == "ReduceMin")
    return buildReduce(node, ReduceKind::Min);
  if (op == "Transpose")
    return buildTranspose(node);
  if (op == "Reshape" || op == "Flatten" || op == "Squeeze" ||
      op == "Unsqueeze")
    return buildReshape(node);
  if (op == "Expand" || op == "ConstantOfShape")
    return buildExpand(node);
  if (op == "Concat")
    return buildConcat(node);
  if (op == "ScatterND" || op == "Gather" || op == "Slice")
    return buildRows(node);
  if (op == "DequantizeLinear")
    return buildDequantize(node);
  if (op == "NonZero")
    return buildNonZero(node);
  return {};
}

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
  if (!operand || !element)
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
