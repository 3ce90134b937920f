//===- GraphConverter.cpp - one walk over @main ---------------------------===//

#include "GraphConverter.h"
#include "RequiredInputs.h"
#include "SubByte.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::bitnet;

GraphConverter::GraphConverter(func::FuncOp func, const OpRegistry &registry)
    : func(func), registry(registry), b(func.getContext()),
      state(b, func.getLoc()) {
  state.convertRegion = [this](Region &region) {
    return convertRegion(region);
  };
}

void mlir::bitnet::eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

//===----------------------------------------------------------------------===//
// What cannot be converted
//===----------------------------------------------------------------------===//

/// Marks `op`, everything it uses and everything inside it.
static void markLive(Operation *op, DenseSet<Operation *> &live) {
  SmallVector<Operation *> work{op};
  while (!work.empty()) {
    Operation *next = work.pop_back_val();
    if (!live.insert(next).second)
      continue;
    next->walk([&](Operation *inner) {
      live.insert(inner);
      for (Value operand : inner->getOperands())
        if (Operation *def = operand.getDefiningOp())
          work.push_back(def);
    });
  }
}

LogicalResult GraphConverter::reportUnsupported() {
  struct Missing {
    std::string reason;
    SmallVector<onnx::NodeOp> nodes;
  };
  llvm::MapVector<StringAttr, Missing> missing; // by qualified name
  func.walk([&](onnx::NodeOp node) {
    StringRef op = node.getOp(), domain = node.getDomain();
    if (!live.contains(node) || registry.lookup(domain, op, node.getVersion()))
      return;
    Missing &entry = missing[b.getStringAttr(node.getQualifiedName())];
    entry.reason = registry.reasonMissing(domain, op, node.getVersion());
    entry.nodes.push_back(node);
  });
  if (missing.empty())
    return success();
  InFlightDiagnostic diag = mlir::emitError(func.getLoc());
  diag << "the model uses " << missing.size() << " unsupported operator"
       << (missing.size() == 1 ? "" : "s");
  for (auto &[name, entry] : missing) {
    onnx::NodeOp first = entry.nodes.front();
    diag.attachNote(first.getLoc())
        << "operator '" << name.getValue() << "' at opset "
        << first.getVersion() << ": " << entry.nodes.size() << " node"
        << (entry.nodes.size() == 1 ? "" : "s") << ", " << entry.reason;
  }
  return failure();
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

LogicalResult GraphConverter::convertArguments(Block &from, Block &to) {
  for (BlockArgument arg : from.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    StringAttr name =
        func.getArgAttrOfType<StringAttr>(arg.getArgNumber(), onnx::kNameAttr);
    if (!type || isa<onnx::StringType>(type.getElementType()))
      return mlir::emitError(func.getLoc())
             << "input '" << (name ? name.getValue() : "")
             << "' has the unsupported type " << arg.getType();
    Type element = type.getElementType();
    Value converted =
        to.addArgument(type.clone(signless(element)), arg.getLoc());
    state.converted[arg] = {converted, element};
  }
  b.setInsertionPointToStart(&to);
  nameExtents();
  return success();
}

/// "a + b" over known extent names, or null.
static OpFoldResult parseSum(DimBuilder &dims, StringRef text,
                             const llvm::StringMap<OpFoldResult> &known) {
  OpFoldResult sum = dims.constant(0);
  SmallVector<StringRef> terms;
  text.split(terms, '+');
  if (terms.size() < 2)
    return {};
  for (StringRef term : terms) {
    term = term.trim();
    int64_t number;
    auto it = known.find(term);
    if (!term.getAsInteger(10, number))
      sum = dims.add(sum, dims.constant(number));
    else if (it != known.end())
      sum = dims.add(sum, it->second);
    else
      return {};
  }
  return sum;
}

/// Gives extents of one name one value (the caller of @main checks that they
/// agree), and extents named by a sum that sum, asserted.
void GraphConverter::nameExtents() {
  llvm::StringMap<OpFoldResult> known;
  struct Sum {
    Value arg;
    unsigned axis;
    StringRef text;
  };
  SmallVector<Sum> sums;
  for (auto [index, old] : llvm::enumerate(func.getArguments())) {
    Value arg = mapped(old);
    auto names = func.getArgAttrOfType<ArrayAttr>(index, onnx::kDimsAttr);
    auto type = cast<RankedTensorType>(arg.getType());
    Dims extents;
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (!type.isDynamicDim(axis)) {
        extents.push_back(b.getIndexAttr(type.getDimSize(axis)));
        continue;
      }
      StringRef name;
      if (names && axis < int64_t(names.size()))
        name = cast<StringAttr>(names[axis]).getValue();
      OpFoldResult extent = known.lookup(name);
      if (name.empty() || !extent) {
        extent = state.dims.cse(
            b.createOrFold<tensor::DimOp>(func.getLoc(), arg, axis));
        if (!name.empty())
          known[name] = extent;
        if (name.contains('+'))
          sums.push_back({arg, unsigned(axis), name});
      }
      extents.push_back(extent);
    }
    state.extents[arg] = std::move(extents);
  }
  for (const Sum &sum : sums) {
    OpFoldResult want = parseSum(state.dims, sum.text, known);
    OpFoldResult have = state.extents[sum.arg][sum.axis];
    if (!want || state.dims.same(want, have))
      continue;
    state.dims.require(state.dims.isEqual(want, have),
                       "an input extent is not '" + sum.text + "'");
    state.dims.unify(want, have);
  }
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult GraphConverter::convertConstant(onnx::ConstantOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || isa<onnx::StringType>(type.getElementType()))
    return op.emitError("has the unsupported type ") << op.getType();
  Type element = type.getElementType();
  RankedTensorType plain = type.clone(signless(element));
  Attribute value = op.getValue();
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (dense && plain != type)
    value = dense = dense.bitcast(plain.getElementType());
  Value result;
  bool subByte = isSubByte(element);
  if (dense && (subByte || dense.getRawData().size() <= kInlineConstantBytes))
    result = state.dims.cse(arith::ConstantOp::create(b, op.getLoc(), dense));
  else {
    // Memory holds a byte per element: shared bytes are taken apart.
    auto blob = dyn_cast<BlobAttr>(value);
    RankedTensorType stored = plain;
    if (subByte && blob)
      stored =
          RankedTensorType::get({int64_t(blob.getLength())}, b.getI8Type());
    result = ConstantOp::create(b, op.getLoc(), stored, value, PackingAttr(),
                                op.getNameAttr());
    if (stored != plain)
      result = unpackSubByte(b, op.getLoc(), result, plain);
  }
  state.converted[op.getResult()] = {result, element};
  return success();
}

/// Lowerings rely on them.
static LogicalResult requireInputs(NodeLowering &n) {
  StringRef domain = n.node.getDomain() == "ai.onnx" ? "" : n.node.getDomain();
  unsigned required = getRequiredInputs(domain, n.node.getOp(), n.version());
  for (unsigned i = 0; i < required; ++i)
    if (!n.operand(i))
      return n.emitError() << "needs at least " << required << " input"
                           << (required == 1 ? "" : "s") << ", of which number "
                           << i + 1 << " is missing";
  return success();
}

LogicalResult GraphConverter::convertNode(onnx::NodeOp node) {
  const OpRegistry::Row *row =
      registry.lookup(node.getDomain(), node.getOp(), node.getVersion());
  NodeLowering lowering(state, node);
  for (Value input : node.getInputs())
    if (!mapped(input))
      return lowering.emitError() << "has an operand without a value";
  if (failed(requireInputs(lowering)))
    return failure();
  if (failed(row->lower(lowering)))
    return failure();
  for (OpResult result : node.getResults())
    if (!result.use_empty() && !mapped(result))
      return lowering.emitError()
             << "has an unsupported use of output " << result.getResultNumber();
  return success();
}

LogicalResult GraphConverter::convertLinear(LinearOp op) {
  ConvertedValue x = state.converted.lookup(op.getX());
  auto type = dyn_cast<RankedTensorType>(x.value.getType());
  auto w = cast<RankedTensorType>(mapped(op.getW()).getType());
  RankedTensorType result = LinearOp::inferType(type, w, op.getConvAttr());
  if (!result)
    return mlir::emitError(op.getLoc())
           << "layer '" << op.getName() << "' has inputs of shape " << type
           << " but weights of shape " << w;
  auto orNull = [&](Value v) { return v ? mapped(v) : Value(); };
  auto linear = LinearOp::create(
      b, op.getLoc(), result, op.getNameAttr(), x.value, mapped(op.getW()),
      orNull(op.getScale()), orNull(op.getBias()), op.getActAttr(),
      op.getConvAttr(), op.getGroupSizeAttr(), op.getSegmentsAttr());
  state.converted[op.getY()] = {linear.getY(), result.getElementType()};
  if (op.getConvAttr())
    return success();
  Dims extents = state.extents.lookup(x.value);
  if (extents.size() == size_t(type.getRank())) {
    extents.back() = b.getIndexAttr(w.getDimSize(0));
    state.extents[linear.getY()] = std::move(extents);
  }
  return success();
}

LogicalResult GraphConverter::convertOp(Operation &op) {
  if (auto node = dyn_cast<onnx::NodeOp>(op))
    return convertNode(node);
  if (auto constant = dyn_cast<onnx::ConstantOp>(op))
    return convertConstant(constant);
  if (auto linear = dyn_cast<LinearOp>(op))
    return convertLinear(linear);
  if (auto ret = dyn_cast<func::ReturnOp>(op))
    return convertReturn(ret);
  if (isa<onnx::YieldOp>(op))
    return success(); // convertRegion reads its operands
  // Ops of other dialects (bitnet.constant ...) are already in their final
  // form.
  IRMapping mapping;
  for (Value operand : op.getOperands())
    mapping.map(operand, mapped(operand));
  Operation *copy = b.clone(op, mapping);
  for (auto [old, result] : llvm::zip(op.getResults(), copy->getResults()))
    state.converted[old] = {result, getElementTypeOrSelf(result.getType())};
  return success();
}

FailureOr<SmallVector<ConvertedValue>>
GraphConverter::convertRegion(Region &region) {
  if (!region.hasOneBlock() || region.getNumArguments() != 0)
    return mlir::emitError(region.getLoc())
               << "expects a graph attribute without inputs",
           failure();
  if (failed(convertBlock(region.front())))
    return failure();
  return llvm::map_to_vector(
      region.front().getTerminator()->getOperands(),
      [&](Value old) { return state.converted.lookup(old); });
}

LogicalResult GraphConverter::convertBlock(Block &block) {
  for (Operation &op : block) {
    state.dims.setLoc(op.getLoc());
    if (live.contains(&op) && failed(convertOp(op)))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

FailureOr<Value> GraphConverter::convertOutput(unsigned index, Value v,
                                               Type declared) {
  auto want = dyn_cast<RankedTensorType>(declared);
  auto have = cast<RankedTensorType>(v.getType());
  StringAttr name =
      func.getResultAttrOfType<StringAttr>(index, onnx::kNameAttr);
  auto mismatch = [&] {
    return mlir::emitError(func.getLoc())
           << "output '" << (name ? name.getValue() : "") << "' is declared as "
           << want << " but the graph computes " << have;
  };
  if (!want)
    return v;
  if (signless(want.getElementType()) != have.getElementType() ||
      want.getRank() != have.getRank())
    return mismatch(), failure();
  SmallVector<int64_t> shape(have.getShape());
  for (auto [axis, extent] : llvm::enumerate(want.getShape())) {
    if (ShapedType::isDynamic(extent) || shape[axis] == extent)
      continue;
    if (!ShapedType::isDynamic(shape[axis]))
      return mismatch(), failure();
    Value dim = b.createOrFold<tensor::DimOp>(func.getLoc(), v, axis);
    state.dims.require(
        state.dims.isEqual(state.dims.cse(dim), b.getIndexAttr(extent)),
        "output '" + (name ? name.getValue() : "") +
            "' does not have its declared shape");
    shape[axis] = extent;
  }
  RankedTensorType type = have.clone(shape);
  if (type == have)
    return v;
  return Value(tensor::CastOp::create(b, func.getLoc(), type, v));
}

LogicalResult GraphConverter::convertReturn(func::ReturnOp op) {
  state.dims.setLoc(func.getLoc());
  SmallVector<Value> values;
  for (auto [index, old] : llvm::enumerate(op.getOperands())) {
    FailureOr<Value> v =
        convertOutput(index, mapped(old), func.getResultTypes()[index]);
    if (failed(v))
      return failure();
    values.push_back(*v);
  }
  func::ReturnOp::create(b, op.getLoc(), values);
  return success();
}

LogicalResult GraphConverter::run() {
  Block &from = func.getBody().front();
  markLive(from.getTerminator(), live);
  if (failed(reportUnsupported()))
    return failure();
  // The new body grows beside the old one, which the state's keys point into.
  Region fresh;
  Block &to = fresh.emplaceBlock();
  if (failed(convertArguments(from, to)) || failed(convertBlock(from)))
    return failure();
  eraseDeadOps(to);
  func.getBody().takeBody(fresh);
  func.setType(FunctionType::get(
      func.getContext(), func.getBody().getArgumentTypes(),
      func.getBody().front().getTerminator()->getOperandTypes()));
  return success();
}
