//===- ConstantFolder.cpp - constant ONNX subgraphs as streams ------------===//
//
// Makes streams of constants, and finds for each node what makes a stream of
// it. Elementwise operators, casts and reductions are in
// ConstantFolderMath.cpp, the operators that move values in
// ConstantFolderShape.cpp. A null view means that a value is not constant, or
// that evaluating it here would not be exact.
//
//===----------------------------------------------------------------------===//

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/ConstantEval/ExactCasts.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "llvm/ADT/StringSwitch.h"

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
  if (!type || !type.hasStaticShape() || !hasNumbers(type.getElementType()) ||
      type.getNumElements() == 0)
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

/// What makes a stream of a node that is not elementwise; null for operators
/// that have none.
ConstantFolder::Builder ConstantFolder::getBuilder(StringRef op) {
  using Self = ConstantFolder;
  using Node = onnx::NodeOp;
  return llvm::StringSwitch<Builder>(op)
      .Case("Clip", [](Self &f, Node n) { return f.buildClip(n); })
      .Cases({"Cast", "CastLike"},
             [](Self &f, Node n) { return f.buildCast(n); })
      .Case("ReduceMean",
            [](Self &f, Node n) { return f.buildReduce(n, ReduceKind::Mean); })
      .Case("ReduceSum",
            [](Self &f, Node n) { return f.buildReduce(n, ReduceKind::Sum); })
      .Case("ReduceMax",
            [](Self &f, Node n) { return f.buildReduce(n, ReduceKind::Max); })
      .Case("ReduceMin",
            [](Self &f, Node n) { return f.buildReduce(n, ReduceKind::Min); })
      .Case("Transpose", [](Self &f, Node n) { return f.buildTranspose(n); })
      .Cases({"Reshape", "Flatten", "Squeeze", "Unsqueeze"},
             [](Self &f, Node n) { return f.buildReshape(n); })
      .Cases({"Expand", "ConstantOfShape"},
             [](Self &f, Node n) { return f.buildExpand(n); })
      .Case("Concat", [](Self &f, Node n) { return f.buildConcat(n); })
      .Cases({"ScatterND", "Gather", "Slice"},
             [](Self &f, Node n) { return f.buildRows(n); })
      .Case("DequantizeLinear",
            [](Self &f, Node n) { return f.buildDequantize(n); })
      .Case("NonZero", [](Self &f, Node n) { return f.buildNonZero(n); })
      .Default(nullptr);
}

bool ConstantFolder::hasStream(onnx::NodeOp node) {
  return node.getDomain().empty() &&
         (getMapKind(node) || getBuilder(node.getOp()));
}

/// Operators without a builder are not folded.
View ConstantFolder::buildNode(onnx::NodeOp node) {
  if (std::optional<MapKind> kind = getMapKind(node))
    return buildMap(node, *kind);
  Builder builder = getBuilder(node.getOp());
  return builder ? builder(*this, node) : View();
}
