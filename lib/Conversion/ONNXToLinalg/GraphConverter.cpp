//===- GraphConverter.cpp - one walk over @main ---------------------------===//
//
// Nodes are converted in their order into a new body of @main. Each value gets
// its real type from its operands, so conversion is also shape inference.
// Errors do not stop the walk; what depends on a failed node is skipped.
//
//===----------------------------------------------------------------------===//

#include "GraphConverter.h"
#include "ShapeChecks.h"
#include "SubByte.h"

#include "bitnet/runtime/abi.h"

#include "bitnet/Dialect/ONNX/IR/Schema.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The most errors that are reported: when a model has more, they mostly have
/// one cause.
static constexpr unsigned kMaxErrors = 40;

GraphConverter::GraphConverter(func::FuncOp func, const OpRegistry &registry,
                               bool strictShapes)
    : func(func), registry(registry), strictShapes(strictShapes),
      b(func.getContext()), state(b, func.getLoc()) {
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

/// One error lists all operators without a lowering, with the nodes that use
/// them.
void GraphConverter::reportUnsupported() {
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
    return;
  ++numErrors;
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
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Whether the caller of a model can exchange such elements: what abi.h has a
/// name for.
static bool isExchangeable(Type element) {
  if (auto integer = dyn_cast<IntegerType>(element))
    return integer.getWidth() == 1 || integer.getWidth() >= 8;
  return element.isF16() || element.isBF16() || element.isF32() ||
         element.isF64();
}

/// Inputs must have ranks and element types that a caller can pass.
LogicalResult GraphConverter::convertArguments(Block &from, Block &to) {
  LogicalResult status = success();
  for (BlockArgument arg : from.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    StringRef name =
        onnx::ValueInfo::ofArgument(func, arg.getArgNumber()).getName();
    if (!type) {
      status = mlir::emitError(func.getLoc())
               << "input '" << name << "' declares no shape (its type is "
               << arg.getType() << "): a model needs the rank of its inputs";
      continue;
    }
    Type element = type.getElementType();
    if (!isExchangeable(element)) {
      status = mlir::emitError(func.getLoc())
               << "input '" << name << "' has elements of type " << element
               << ", which a caller cannot pass to a model";
      continue;
    }
    Value converted =
        to.addArgument(type.clone(signless(element)), arg.getLoc());
    state.converted[arg] = {converted, element};
  }
  if (failed(status))
    return status;
  b.setInsertionPointToStart(&to);
  nameExtents();
  return success();
}

/// Gives extents of one name one value; the caller of @main checks that they
/// agree. Names of outputs say nothing, nor do expressions and wildcards
/// (bitnet_dim_name_binds).
void GraphConverter::nameExtents() {
  llvm::StringMap<OpFoldResult> known;
  for (auto [index, old] : llvm::enumerate(func.getArguments())) {
    Value arg = mapped(old);
    auto value = onnx::ValueInfo::ofArgument(func, index);
    auto type = cast<RankedTensorType>(arg.getType());
    Dims extents;
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (!type.isDynamicDim(axis)) {
        extents.push_back(b.getIndexAttr(type.getDimSize(axis)));
        continue;
      }
      std::string name = value.getDimName(axis).str();
      bool binds = bitnet_dim_name_binds(name.c_str());
      OpFoldResult extent = binds ? known.lookup(name) : OpFoldResult();
      if (!extent)
        extent = state.dims.cse(
            b.createOrFold<tensor::DimOp>(func.getLoc(), arg, axis));
      if (binds)
        known[name] = extent;
      extents.push_back(extent);
    }
    state.extents[arg] = std::move(extents);
  }
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Blobs stay blobs; integers of fewer than 8 bits are unpacked.
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
    // Narrow elements are taken apart, because memory holds a byte per element.
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

/// Checks the node against its schema, and for elements that no lowering
/// computes with.
static LogicalResult checkNode(NodeLowering &n) {
  if (std::optional<std::string> wrong = onnx::findMalformation(n.node))
    return n.emitError() << *wrong;
  for (unsigned i = 0; i < n.numOperands(); ++i) {
    if (!n.operand(i))
      continue;
    Type element = n.onnxType(i);
    auto isNarrow = [](Type t) {
      return isa<FloatType>(t) && t.getIntOrFloatBitWidth() < 16;
    };
    if (isNarrow(element) || !onnx::mayTake(n.node, i, element))
      return n.emitError() << "does not take elements of type " << element
                           << " as input " << i + 1;
    unsigned leader = onnx::getTypeLeader(n.node, i);
    if (n.operand(leader) && n.onnxType(leader) != element)
      return n.emitError() << "mixes elements of type " << n.onnxType(leader)
                           << " and " << element << ", inputs " << leader + 1
                           << " and " << i + 1;
  }
  return success();
}

/// Sizes that are known, as they are by far too large to be counted in bytes.
static LogicalResult checkResultSizes(NodeLowering &n, Value result) {
  Dims sizes;
  for (int64_t size : cast<RankedTensorType>(result.getType()).getShape())
    if (!ShapedType::isDynamic(size))
      sizes.push_back(n.dims.constant(size));
  return n.requireSizes(sizes);
}

/// Checks the node against its schema, lowers it, and looks for attributes that
/// the lowering did not ask for.
LogicalResult GraphConverter::convertNode(onnx::NodeOp node) {
  const OpRegistry::Row *row =
      registry.lookup(node.getDomain(), node.getOp(), node.getVersion());
  if (!row)
    return failure(); // reportUnsupported has said so
  NodeLowering lowering(state, node);
  auto fail = [&](LogicalResult result) {
    ++numErrors;
    return result;
  };
  if (failed(checkNode(lowering)) || failed(row->lower(lowering)))
    return fail(failure());
  if (StringRef unread = lowering.findUnreadAttribute(); !unread.empty())
    return fail(lowering.emitError()
                << "does not support the attribute '" << unread << "'");
  for (OpResult result : node.getResults()) {
    if (!result.use_empty() && !mapped(result))
      return fail(lowering.emitError() << "has an unsupported use of output "
                                       << result.getResultNumber());
    if (mapped(result) && failed(checkResultSizes(lowering, mapped(result))))
      return fail(failure());
  }
  return success();
}

/// Asserts that the channels of x are those that the weights need, in front of
/// everything, where the extents of the inputs tell (docs/Rationale.md).
void GraphConverter::pinChannels(LinearOp op) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  int64_t axis = op.getChannelAxis();
  if (!type.isDynamicDim(axis))
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  Dims extents = state.extents.lookup(op.getX());
  OpFoldResult actual =
      extents.size() == size_t(type.getRank())
          ? extents[axis]
          : tensor::DimOp::create(b, op.getLoc(), op.getX(), axis).getResult();
  OpFoldResult wanted = state.dims.constant(op.getChannels());
  actual = state.dims.simplify(actual);
  if (!isFromInputShapes(actual))
    return;
  state.dims.require(state.dims.isEqual(actual, wanted), op.getWrongChannels());
  state.dims.unify(actual, wanted);
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = op.getChannels();
  op.getXMutable().assign(
      tensor::CastOp::create(b, op.getLoc(), type.clone(shape), op.getX()));
}

/// Checks the axis of x that the weights fix; `x` is the type that the layer
/// got.
static LogicalResult reportWrongInput(LinearOp op, RankedTensorType x) {
  int64_t depth = cast<RankedTensorType>(op.getW().getType()).getDimSize(1);
  InFlightDiagnostic error = mlir::emitError(op.getLoc())
                             << "layer '" << op.getName() << "' needs ";
  if (ConvAttr conv = op.getConvAttr())
    error << "images [N, C, H, W] of " << depth / conv.getArea() << " channels";
  else
    error << "rows of " << depth << " numbers";
  return error << ", got " << x;
}

/// A layer of the recogniser gets its type and its operands.
LogicalResult GraphConverter::convertLinear(LinearOp op) {
  ConvertedValue x = state.converted.lookup(op.getX());
  auto type = dyn_cast<RankedTensorType>(x.value.getType());
  auto w = cast<RankedTensorType>(mapped(op.getW()).getType());
  RankedTensorType result = LinearOp::inferType(type, w, op.getConvAttr());
  if (!result)
    return reportWrongInput(op, type.clone(x.onnxElementType));
  auto orNull = [&](Value v) { return v ? mapped(v) : Value(); };
  auto linear = LinearOp::create(
      b, op.getLoc(), result, op.getNameAttr(), x.value, mapped(op.getW()),
      orNull(op.getScale()), orNull(op.getBias()), op.getActAttr(),
      op.getConvAttr(), op.getGroupSizeAttr(), op.getSegmentsAttr());
  pinChannels(linear);
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

/// Converts nodes, constants and layers; other operations are moved.
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
  // Operations of other dialects, such as bitnet.constant, are in their final
  // form already.
  IRMapping mapping;
  for (Value operand : op.getOperands())
    mapping.map(operand, mapped(operand));
  Operation *copy = b.clone(op, mapping);
  for (auto [old, result] : llvm::zip(op.getResults(), copy->getResults()))
    state.converted[old] = {result, getElementTypeOrSelf(result.getType())};
  return success();
}

/// The body of an If, at the current position.
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

/// Whether all that `op` reads has been converted.
bool GraphConverter::hasValues(Operation &op) {
  bool known = true;
  op.walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *owner = operand.getParentBlock()->getParentOp();
      known &= op.isAncestor(owner) || bool(mapped(operand));
    }
  });
  return known;
}

/// After an error the conversion goes on with what does not depend on it, so
/// that all errors of a model are seen at once.
LogicalResult GraphConverter::convertBlock(Block &block) {
  LogicalResult status = success();
  for (Operation &op : block) {
    state.dims.setLoc(op.getLoc());
    if (!live.contains(&op) || numErrors >= kMaxErrors)
      continue;
    if (!hasValues(op) || failed(convertOp(op)))
      status = failure();
  }
  return status;
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

/// Whether the graph computes what the file declares; a dynamic extent may be
/// any size, and a type without a shape any shape.
static bool agree(TensorType declared, RankedTensorType computed,
                  Type computedElement) {
  if (declared.getElementType() != computedElement)
    return false;
  if (!declared.hasRank())
    return true;
  if (declared.getRank() != computed.getRank())
    return false;
  return llvm::all_of_zip(declared.getShape(), computed.getShape(),
                          [](int64_t want, int64_t have) {
                            return ShapedType::isDynamic(want) ||
                                   ShapedType::isDynamic(have) || want == have;
                          });
}

/// What the file says of an output is a hint (options.strictShapes: a promise,
/// which is asserted where only the run can tell).
LogicalResult GraphConverter::checkOutput(unsigned index, Value old) {
  ConvertedValue v = state.converted.lookup(old);
  auto attr = func.getResultAttrOfType<TypeAttr>(index, onnx::kDeclaredAttr);
  auto declared = dyn_cast<TensorType>(attr ? attr.getValue()
                                            : func.getResultTypes()[index]);
  auto computed = cast<RankedTensorType>(v.value.getType());
  StringRef name = onnx::ValueInfo::ofResult(func, index).getName();
  if (!isExchangeable(v.onnxElementType))
    return mlir::emitError(func.getLoc())
           << "output '" << name << "' has elements of type "
           << v.onnxElementType << ", which a model cannot give to its caller";
  if (!declared)
    return success();
  if (!agree(declared, computed, v.onnxElementType)) {
    InFlightDiagnostic diag = strictShapes ? mlir::emitError(func.getLoc())
                                           : mlir::emitWarning(func.getLoc());
    diag << "output '" << name << "' is declared as " << declared
         << " but the graph computes "
         << RankedTensorType::get(computed.getShape(), v.onnxElementType);
    if (Operation *producer = old.getDefiningOp())
      diag.attachNote(producer->getLoc()) << "computed here";
    return success(!strictShapes);
  }
  if (!declared.hasRank())
    return success();
  for (auto [axis, extent] : llvm::enumerate(declared.getShape())) {
    if (!strictShapes || ShapedType::isDynamic(extent) ||
        !computed.isDynamicDim(axis))
      continue;
    Value dim = b.createOrFold<tensor::DimOp>(func.getLoc(), v.value, axis);
    state.dims.require(
        state.dims.isEqual(state.dims.cse(dim), b.getIndexAttr(extent)),
        "output '" + name + "' does not have its declared size " +
            Twine(extent) + " in dimension " + Twine(axis));
  }
  return success();
}

/// Checks each output, then returns the values as they are computed.
LogicalResult GraphConverter::convertReturn(func::ReturnOp op) {
  state.dims.setLoc(func.getLoc());
  SmallVector<Value> values;
  LogicalResult status = success();
  for (auto [index, old] : llvm::enumerate(op.getOperands())) {
    if (failed(checkOutput(index, old)))
      status = failure();
    values.push_back(mapped(old));
    func.removeResultAttr(index, b.getStringAttr(onnx::kDeclaredAttr));
    // The element type of MLIR does not tell uint8 from int8, and the file may
    // not declare a type.
    auto value = onnx::ValueInfo::ofResult(func, index);
    if (Type element = state.converted.lookup(old).onnxElementType;
        value.name && onnx::getDataType(element) != 0)
      func.setResultAttr(index, onnx::kValueAttr,
                         onnx::ValueAttr::get(b.getContext(), value.name,
                                              element, value.dims));
  }
  func::ReturnOp::create(b, op.getLoc(), values);
  return status;
}

/// After an error the function keeps its old body, and what was built is
/// dropped.
LogicalResult GraphConverter::run() {
  Block &from = func.getBody().front();
  markLive(from.getTerminator(), live);
  reportUnsupported();
  // The new body grows beside the old one, which the state's keys point into.
  Region fresh;
  Block &to = fresh.emplaceBlock();
  if (failed(convertArguments(from, to)) || failed(convertBlock(from)) ||
      numErrors != 0) {
    // After an error, what was built is dropped, because it is not complete and
    // nothing refers to it.
    to.dropAllReferences();
    return failure();
  }
  eraseDeadOps(to);
  hoistShapeChecks(to);
  func.getBody().takeBody(fresh);
  func.setType(FunctionType::get(
      func.getContext(), func.getBody().getArgumentTypes(),
      func.getBody().front().getTerminator()->getOperandTypes()));
  return success();
}
