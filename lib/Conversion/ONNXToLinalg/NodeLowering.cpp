//===- NodeLowering.cpp - node, attributes, types, element lists ----------===//
//
// What a lowering sees of its node: operands as converted values, attributes,
// types, and lists of scalars for small integer tensors. Values of the old
// graph are looked up in GraphState, which all nodes share.
//
//===----------------------------------------------------------------------===//

#include "NodeLowering.h"
#include "ShapeChecks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The longest integer tensor that is followed as scalars.
static constexpr int64_t kMaxElements = 64;

Value ScalarBuilder::constant(Type type, double value) {
  if (isa<FloatType>(type))
    return make<arith::ConstantOp>(b.getFloatAttr(type, value));
  return intConstant(type, int64_t(value));
}

Value ScalarBuilder::intConstant(Type type, int64_t value) {
  return make<arith::ConstantOp>(b.getIntegerAttr(type, value));
}

/// MLIR's arithmetic has no signs; the ONNX type is kept beside the value.
Type mlir::bitnet::signless(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

//===----------------------------------------------------------------------===//
// The node
//===----------------------------------------------------------------------===//

NodeLowering::NodeLowering(GraphState &state, onnx::NodeOp node)
    : b(state.b), loc(node.getLoc()), dims(state.dims), node(node),
      state(state) {
  dims.setLoc(loc);
}

/// The node's name as messages of a run have it.
std::string NodeLowering::name() const {
  if (auto named = dyn_cast<NameLoc>(loc))
    if (!named.getName().empty())
      return named.getName().str();
  return onnx::NodeOp(node).getQualifiedName();
}

Value NodeLowering::operand(unsigned i) {
  Value old = node.getSlot(i);
  return old ? state.converted.lookup(old).value : Value();
}

/// The inputs that are there; optional ones that are left out do not count.
SmallVector<Value> NodeLowering::operands() {
  return llvm::map_to_vector(node.getInputs(), [&](Value old) {
    return state.converted.lookup(old).value;
  });
}

/// The element type with the sign of integers, which MLIR's types of values do
/// not have.
Type NodeLowering::onnxType(unsigned i) {
  Value old = node.getSlot(i);
  return old ? state.converted.lookup(old).onnxElementType : Type();
}

/// Results that the node does not have are ignored. Without a type, an integer
/// has the sign of the first input's.
void NodeLowering::setResult(unsigned i, Value value, Type onnxElementType) {
  if (i >= node.getNumResults())
    return;
  if (!onnxElementType) {
    onnxElementType = elementType(value);
    Type first = numOperands() && operand(0) ? onnxType(0) : Type();
    if (first && signless(first) == onnxElementType)
      onnxElementType = first;
  }
  state.converted[node.getResult(i)] = {value, onnxElementType};
}

/// Converts a body. When it is built in `block`, extents and lists that are
/// built there are not used outside of it.
FailureOr<SmallVector<ConvertedValue>> NodeLowering::convertBody(Region &body,
                                                                 Block *block) {
  if (!block)
    return state.convertRegion(body);
  OpBuilder::InsertionGuard guard(b);
  DimBuilder::Scope scope(dims);
  auto extents = state.extents;
  auto elements = state.elements;
  b.setInsertionPointToEnd(block);
  FailureOr<SmallVector<ConvertedValue>> values = state.convertRegion(body);
  state.extents = std::move(extents);
  state.elements = std::move(elements);
  dims.setLoc(loc);
  hoistShapeChecks(*block);
  return values;
}

/// "operator 'Add' " + what is wrong with it.
InFlightDiagnostic NodeLowering::emitError() {
  return mlir::emitError(loc)
         << "operator '" << node.getQualifiedName() << "' ";
}

/// "operator 'Add': " + a sentence about something else.
InFlightDiagnostic NodeLowering::emitFinding() {
  return mlir::emitError(loc)
         << "operator '" << node.getQualifiedName() << "': ";
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// An attribute that no lowering asked for would be ignored silently.
StringRef NodeLowering::findUnreadAttribute() const {
  for (NamedAttribute param : onnx::NodeOp(node).getParams())
    if (param.getName() != onnx::kBodiesParam &&
        param.getName() != onnx::kOperatorParam &&
        !asked.contains(param.getName().getValue()))
      return param.getName().getValue();
  return {};
}

/// Each getter marks the attribute as read.
int64_t NodeLowering::intAttr(StringRef key, int64_t defaultValue) {
  auto value = dyn_cast_if_present<IntegerAttr>(attr(key));
  return value ? value.getInt() : defaultValue;
}

std::optional<SmallVector<int64_t>> NodeLowering::intsAttr(StringRef key) {
  Attribute value = attr(key);
  if (auto dense = dyn_cast_if_present<DenseI64ArrayAttr>(value))
    return SmallVector<int64_t>(dense.asArrayRef());
  auto array = dyn_cast_if_present<ArrayAttr>(value);
  if (!array)
    return std::nullopt;
  return llvm::map_to_vector(array.getAsRange<IntegerAttr>(),
                             [](IntegerAttr i) { return i.getInt(); });
}

double NodeLowering::floatAttr(StringRef key, double defaultValue) {
  auto value = dyn_cast_if_present<FloatAttr>(attr(key));
  return value ? value.getValueAsDouble() : defaultValue;
}

std::string NodeLowering::stringAttr(StringRef key, StringRef defaultValue) {
  auto value = dyn_cast_if_present<StringAttr>(attr(key));
  return value ? value.str() : defaultValue.str();
}

//===----------------------------------------------------------------------===//
// Types and extents
//===----------------------------------------------------------------------===//

/// The extents by which the value was made, if known, else tensor.dim of it.
Dims NodeLowering::dimsOf(Value v) {
  auto it = state.extents.find(v);
  if (it != state.extents.end())
    return llvm::map_to_vector(
        it->second, [&](OpFoldResult d) { return dims.simplify(d); });
  Dims result;
  for (auto [axis, extent] : llvm::enumerate(typeOf(v).getShape())) {
    if (!ShapedType::isDynamic(extent)) {
      result.push_back(dims.constant(extent));
      continue;
    }
    Value dim = b.createOrFold<tensor::DimOp>(loc, v, axis);
    result.push_back(dims.simplify(dims.cse(dim)));
  }
  state.extents[v] = result;
  return result;
}

/// A tensor type that is static where an extent is a constant.
RankedTensorType NodeLowering::tensorType(ArrayRef<OpFoldResult> extents,
                                          Type element) {
  auto shape = llvm::map_to_vector(extents, [&](OpFoldResult d) {
    return getConstantIntValue(dims.simplify(d)).value_or(ShapedType::kDynamic);
  });
  return RankedTensorType::get(shape, element);
}

/// The dynamic ones of `extents`, as values.
static SmallVector<Value> dynamicValues(DimBuilder &dims,
                                        ArrayRef<OpFoldResult> extents) {
  SmallVector<Value> values;
  for (OpFoldResult d : extents)
    if (auto v = dyn_cast<Value>(dims.simplify(d)))
      values.push_back(v);
  return values;
}

/// A tensor to be overwritten; its extents are remembered.
Value NodeLowering::empty(ArrayRef<OpFoldResult> extents, Type element) {
  RankedTensorType type = tensorType(extents, element);
  Value v = tensor::EmptyOp::create(b, loc, type, dynamicValues(dims, extents));
  state.extents[v] = Dims(extents);
  return v;
}

/// A tensor of these extents with `value` everywhere.
Value NodeLowering::filled(ArrayRef<OpFoldResult> extents, TypedAttr value) {
  Value scalar = dims.cse(arith::ConstantOp::create(b, loc, value));
  Value init = empty(extents, value.getType());
  Value v = linalg::FillOp::create(b, loc, scalar, init).getResult(0);
  state.extents[v] = Dims(extents);
  return v;
}

/// The axis as a non-negative number: negative ones count from the end. An
/// error outside of [-rank, rank).
FailureOr<int64_t> NodeLowering::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return emitError() << "has axis " << axis << " but rank " << rank,
           failure();
  return axis < 0 ? axis + rank : axis;
}

/// An error when the extents are known to differ, else an assertion of the run
/// unless they are known to be equal. Where both follow from the extents of the
/// inputs, so that the check comes first, they are one extent afterwards.
LogicalResult NodeLowering::requireSame(OpFoldResult lhs, OpFoldResult rhs,
                                        const Twine &what) {
  if (dims.same(lhs, rhs))
    return success();
  std::optional<int64_t> l = getConstantIntValue(dims.simplify(lhs)),
                         r = getConstantIntValue(dims.simplify(rhs));
  if (l && r)
    return emitFinding() << what << " differ: " << *l << " and " << *r;
  dims.require(dims.isEqual(lhs, rhs), name() + ": " + what + " differ");
  // Extents may be made one only when their check comes before all that relies
  // on it, which holds for checks of the inputs' extents alone.
  if (isFromInputShapes(dims.simplify(lhs)) &&
      isFromInputShapes(dims.simplify(rhs)))
    dims.unify(lhs, rhs);
  return success();
}

/// Whether the product of `sizes`, where negative ones are huge and 0 counts as
/// 1, is at most kMaxTensorElements. An f64 does not overflow.
static Value fitsAtRunTime(NodeLowering &n, ArrayRef<OpFoldResult> sizes) {
  ScalarBuilder s{n.b, n.loc};
  Type i64 = n.b.getI64Type(), f64 = n.b.getF64Type();
  Value product = s.constant(f64, 1);
  for (OpFoldResult size : sizes) {
    Value count = s.make<arith::IndexCastOp>(i64, n.dims.value(size));
    count = s.make<arith::MaxUIOp>(count, s.intConstant(i64, 1));
    product =
        s.make<arith::MulFOp>(product, s.make<arith::UIToFPOp>(f64, count));
  }
  return n.dims.cse(
      s.make<arith::CmpFOp>(arith::CmpFPredicate::OLE, product,
                            s.constant(f64, double(kMaxTensorElements))));
}

/// An error or an assertion where a size is negative or the number of elements
/// is beyond what any memory holds.
LogicalResult NodeLowering::requireSizes(ArrayRef<OpFoldResult> sizes,
                                         bool grow) {
  uint64_t product = 1;
  SmallVector<int64_t> constants;
  for (OpFoldResult size : sizes)
    if (auto constant = getConstantIntValue(dims.simplify(size)))
      constants.push_back(*constant);
  for (int64_t constant : constants) {
    if (constant < 0)
      return emitError() << "has the size " << constant;
    product = llvm::SaturatingMultiply<uint64_t>(
        product, std::max<int64_t>(constant, 1));
  }
  if (product > kMaxTensorElements) {
    InFlightDiagnostic error = emitError()
                               << "has sizes of more than "
                               << kMaxTensorElements << " elements: ";
    llvm::interleave(constants, error, " x ");
    return error;
  }
  bool areExtents =
      llvm::all_of(sizes, [&](OpFoldResult d) { return dims.isExtent(d); });
  if (!areExtents || (grow && constants.size() != sizes.size()))
    dims.require(fitsAtRunTime(*this, sizes),
                 name() + ": a size is negative or too large");
  return success();
}

/// A tensor.cast; the value keeps its extents.
Value NodeLowering::castTo(Value v, RankedTensorType type) {
  if (v.getType() == type)
    return v;
  Dims extents = dimsOf(v);
  Value result = tensor::CastOp::create(b, loc, type, v);
  for (auto [extent, size] : llvm::zip_equal(extents, type.getShape()))
    if (!ShapedType::isDynamic(size))
      extent = dims.constant(size);
  state.extents[result] = std::move(extents);
  return result;
}

/// `v` with a type as static as `extents` allow.
Value NodeLowering::refine(Value v, ArrayRef<OpFoldResult> extents) {
  RankedTensorType type = tensorType(extents, elementType(v));
  SmallVector<int64_t> shape(typeOf(v).getShape());
  for (auto [have, known] : llvm::zip_equal(shape, type.getShape()))
    if (ShapedType::isDynamic(have))
      have = known;
  Value result = castTo(v, type.clone(shape));
  state.extents[result] = Dims(extents);
  return result;
}

//===----------------------------------------------------------------------===//
// Small integer tensors
//===----------------------------------------------------------------------===//

/// The type of a list's elements: lists of i64 hold values of type index.
static Type listType(Type element) {
  if (element.isInteger(64))
    return IndexType::get(element.getContext());
  return element;
}

static bool isListLike(RankedTensorType type) {
  return isa<IntegerType>(type.getElementType()) && type.getRank() <= 1 &&
         type.hasStaticShape() && type.getNumElements() <= kMaxElements;
}

/// The elements of a constant, or of a value that was made from a list.
std::optional<Elements> NodeLowering::elements(Value v) {
  if (!v || !isListLike(typeOf(v)))
    return std::nullopt;
  auto it = state.elements.find(v);
  if (it != state.elements.end())
    return it->second;
  DenseIntElementsAttr constant;
  if (!matchPattern(v, m_Constant(&constant)))
    return std::nullopt;
  Type type = listType(elementType(v));
  Elements list;
  for (const APInt &value : constant.getValues<APInt>())
    list.push_back(b.getIntegerAttr(type, value));
  return list;
}

/// The elements as `elements` has them, else read from the tensor at run time.
std::optional<Elements> NodeLowering::extractElements(Value v) {
  if (std::optional<Elements> known = elements(v))
    return known;
  if (!v || !isListLike(typeOf(v)))
    return std::nullopt;
  Elements list;
  for (int64_t i = 0, e = typeOf(v).getNumElements(); i < e; ++i) {
    SmallVector<Value> indices;
    if (rank(v) == 1)
      indices.push_back(dims.value(dims.constant(i)));
    Value scalar = dims.cse(tensor::ExtractOp::create(b, loc, v, indices));
    if (scalar.getType().isInteger(64))
      scalar = dims.cse(
          arith::IndexCastOp::create(b, loc, b.getIndexType(), scalar));
    list.push_back(scalar);
  }
  state.elements[v] = list;
  return list;
}

/// The elements as numbers; nothing unless all of them are constants.
std::optional<SmallVector<int64_t>> NodeLowering::constantInts(Value v) {
  std::optional<Elements> list = elements(v);
  if (!list)
    return std::nullopt;
  return getConstantIntValues(*list);
}

/// A tensor of these scalars that remembers its list.
Value NodeLowering::fromElements(const Elements &list, Type element,
                                 bool scalar) {
  SmallVector<int64_t> shape;
  if (!scalar)
    shape.push_back(list.size());
  auto type = RankedTensorType::get(shape, element);
  Value result;
  if (llvm::all_of(list, [](OpFoldResult e) { return isa<Attribute>(e); })) {
    SmallVector<APInt> values;
    for (OpFoldResult e : list)
      values.push_back(cast<IntegerAttr>(cast<Attribute>(e))
                           .getValue()
                           .sextOrTrunc(element.getIntOrFloatBitWidth()));
    result =
        arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, values));
    result = dims.cse(result);
  } else {
    SmallVector<Value> values = dims.values(list);
    for (Value &v : values)
      if (v.getType().isIndex())
        v = dims.cse(arith::IndexCastOp::create(b, loc, element, v));
    result = tensor::FromElementsOp::create(b, loc, type, values);
  }
  state.elements[result] = list;
  return result;
}

/// A list that operators have moved from an attribute to an input; `slot` is -1
/// for the attribute.
FailureOr<std::optional<SmallVector<int64_t>>>
NodeLowering::intsFrom(int slot, StringRef key) {
  if (slot < 0)
    return intsAttr(key);
  Value v = operand(slot);
  if (!v)
    return std::optional<SmallVector<int64_t>>();
  std::optional<SmallVector<int64_t>> ints = constantInts(v);
  if (!ints)
    return emitError() << "needs constant '" << key << "'", failure();
  return ints;
}

/// The number of a splat constant, whatever its shape is.
std::optional<double> NodeLowering::constantScalar(Value v) {
  DenseElementsAttr constant;
  if (!v || !matchPattern(v, m_Constant(&constant)) || !constant.isSplat())
    return std::nullopt;
  if (isa<FloatType>(constant.getElementType()))
    return constant.getSplatValue<FloatAttr>().getValueAsDouble();
  if (isa<IntegerType>(constant.getElementType()))
    return double(constant.getSplatValue<APInt>().getSExtValue());
  return std::nullopt;
}
