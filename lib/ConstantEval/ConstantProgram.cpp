//===- ConstantProgram.cpp - some constant nodes as a module --------------===//

#include "ConstantProgram.h"

#include "ConstantValues.h"

#include "bitnet/Dialect/BitNet/IR/Constants.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The blobs hold copies of tensors, which nobody reads after the run; the
/// store would keep them until the context goes.
ConstantProgram::~ConstantProgram() {
  for (const std::string &name : blobs)
    BitNetDialect::getBlobStore(module.getContext()).dropMemory(name);
}

/// With `hidden`, even one float becomes a blob (a limit of 0 bytes). Integers
/// stay visible as far as they are small: they are shapes and axes, which
/// lowerings need to see.
Value ConstantProgram::makeLeaf(Location loc, ComputedTensor tensor,
                                const fold::Origin &origin) {
  bool isFloat = isa<FloatType>(tensor.type.getElementType());
  onnx::ConstantOp leaf =
      makeConstant(leaves, loc, std::move(tensor), origin,
                   hidden && isFloat ? 0 : kInlineConstantBytes);
  if (auto blob = dyn_cast<bitnet::BlobAttr>(leaf.getValue()))
    blobs.push_back(blob.getFile().str());
  return leaf.getResult();
}

/// Whether `stream` is large and most of it repeats: a file of a few bytes can
/// say that, and reading it would take all memory.
static bool isBlownUp(const fold::Stream &stream, const fold::Origin &origin) {
  constexpr uint64_t kLarge = uint64_t(256) << 20, kUnpacking = 64;
  uint64_t bits = stream.element.getIntOrFloatBitWidth();
  uint64_t bytes = uint64_t(stream.size) * bits / 8;
  return bytes > kLarge && bytes / kUnpacking > origin.getBytes();
}

/// Takes over an initializer, or makes one of a value that streams read. False
/// when neither is possible: then the node that gives `value` has to run, too.
bool ConstantProgram::addLeaf(Value value) {
  if (mapping.contains(value))
    return true;
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast<onnx::ConstantOp>(op)) {
    auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
    bool isFloat = dense && isa<FloatType>(dense.getElementType());
    mapping.map(value, hidden && isFloat
                           ? makeLeaf(op->getLoc(),
                                      {cast<RankedTensorType>(dense.getType()),
                                       getStorage(dense)},
                                      fold::Origin())
                           : leaves.clone(*op)->getResult(0));
    return true;
  }
  fold::View view = folder.get(value);
  if (!view || !isExact(view))
    return false;
  fold::Origin origin;
  view.stream->describe(origin);
  tooLarge |= isBlownUp(*view.stream, origin);
  if (!tooLarge)
    mapping.map(value, makeLeaf(value.getLoc(), readTensor(view), origin));
  return true;
}

/// Looks at what `op` and its bodies read from outside of `op`. Nodes that have
/// to run are appended to `wanted`, which `make` is iterating by index.
void ConstantProgram::addOperands(Operation *op) {
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *def = operand.getDefiningOp();
      if (def && !op->isProperAncestor(def) && !addLeaf(operand))
        wanted.insert(def);
    }
  });
}

/// Nodes are cloned in the order of the function, not in that of `wanted`, so
/// that each comes behind its operands.
void ConstantProgram::cloneNodes(func::FuncOp main) {
  OpBuilder builder = OpBuilder::atBlockEnd(&main.getBody().front());
  Type unknown = onnx::UnknownType::get(module.getContext());
  for (Operation *op : nodes.getNodes()) {
    if (!wanted.contains(op))
      continue;
    // What the file declares of a value may be stale.
    builder.clone(*op, mapping)->walk([&](onnx::NodeOp node) {
      for (Value result : node.getResults())
        result.setType(unknown);
    });
  }
}

/// The module gets the attributes of the original one, because lowerings read
/// the opset there. Results have the unknown type: the run says what they are.
OwningOpRef<ModuleOp> ConstantProgram::make(ArrayRef<Value> outputs) {
  MLIRContext *context = module.getContext();
  Location loc = outputs.front().getLoc();
  OwningOpRef<ModuleOp> result = ModuleOp::create(loc);
  (*result)->setDiscardableAttrs(module->getDiscardableAttrDictionary());
  Type unknown = onnx::UnknownType::get(context);
  SmallVector<Type> types(outputs.size(), unknown);
  OpBuilder builder = OpBuilder::atBlockEnd(result->getBody());
  auto main = func::FuncOp::create(builder, loc, "main",
                                   builder.getFunctionType({}, types));
  leaves.setInsertionPointToStart(main.addEntryBlock());
  for (Value output : outputs)
    wanted.insert(output.getDefiningOp());
  for (size_t i = 0; i < wanted.size(); ++i)
    addOperands(wanted[i]);
  if (tooLarge)
    return {};
  cloneNodes(main);
  SmallVector<Value> values;
  for (auto [i, output] : llvm::enumerate(outputs)) {
    values.push_back(mapping.lookup(output));
    auto name = builder.getStringAttr("constant" + Twine(i));
    main.setResultAttr(
        i, onnx::kValueAttr,
        onnx::ValueAttr::get(context, name, Type(), ArrayAttr()));
  }
  builder.setInsertionPointToEnd(&main.getBody().front());
  func::ReturnOp::create(builder, loc, values);
  return result;
}
