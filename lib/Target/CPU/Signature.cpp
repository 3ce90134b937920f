//===- Signature.cpp - names and types of inputs and outputs --------------===//
//
// Names, types and dims of inputs, outputs and states, from the attributes of
// @main, as one dictionary on the module. Those of the importer name values;
// kInPlaceAttr and kStateAttr say which arguments outlive a run.
//
//===----------------------------------------------------------------------===//

#include "Signature.h"

#include "Runtime.h"

#include "bitnet/Codegen/Memory/Passes.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "bitnet/runtime/abi.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

ArgumentKind bitnet::getArgumentKind(func::FuncOp function, unsigned argument) {
  if (function.getArgAttr(argument, kWeightsArgAttr))
    return ArgumentKind::Weights;
  return function.getArgAttr(argument, kStateAttr) ? ArgumentKind::State
                                                   : ArgumentKind::Input;
}

uint64_t bitnet::placeState(MemRefType type, uint64_t &end) {
  // What a state takes of a cache line is its own.
  uint64_t offset = llvm::alignTo(end, 64);
  uint64_t width = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  end = offset + width * uint64_t(type.getNumElements());
  return offset;
}

/// Checks that the ABI can carry the value.
static FailureOr<NamedAttrList> describeValue(func::FuncOp main, Type type,
                                              DictionaryAttr attrs,
                                              const Twine &defaultName) {
  Builder builder(main.getContext());
  auto memref = cast<MemRefType>(type);
  auto declared = onnx::ValueInfo::find(attrs);
  StringAttr name = declared.name;
  if (!name)
    name = builder.getStringAttr(defaultName);
  // The ONNX type tells uint8 from int8; after import both are i8.
  int64_t dtype = declared.element ? onnx::getDataType(declared.element)
                                   : getDtype(memref.getElementType());
  if (dtype == 0)
    return main.emitError("'")
           << name.getValue() << "' has element type "
           << memref.getElementType() << ", which a model cannot exchange";
  if (memref.getRank() > BITNET_MAX_RANK)
    return main.emitError("'")
           << name.getValue() << "' has rank " << memref.getRank()
           << ", the limit is " << BITNET_MAX_RANK;
  SmallVector<int64_t> dims;
  for (int64_t dim : memref.getShape())
    dims.push_back(ShapedType::isDynamic(dim) ? -1 : dim);
  SmallVector<Attribute> dimNames;
  // Names that are declared for another rank would name other dimensions, so
  // they are dropped.
  if (ArrayAttr names = declared.dims; names && names.size() == dims.size())
    llvm::append_range(dimNames, names);
  dimNames.resize(dims.size(), builder.getStringAttr(""));
  NamedAttrList value;
  value.set("name", name);
  value.set("dtype", builder.getI32IntegerAttr(dtype));
  value.set("dims", builder.getDenseI64ArrayAttr(dims));
  value.set("dim_names", builder.getArrayAttr(dimNames));
  return value;
}

/// The argument that every run which succeeds returns as result `index`; null
/// when there is none.
static BlockArgument findReturned(func::FuncOp main, unsigned index) {
  BlockArgument found;
  for (auto ret : main.getOps<func::ReturnOp>()) {
    if (!matchPattern(ret.getOperand(0), m_Zero()))
      continue;
    Value value = ret.getOperand(index);
    while (auto cast = value.getDefiningOp<memref::CastOp>())
      value = cast.getSource();
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != &main.getBody().front() ||
        (found && found != argument))
      return {};
    found = argument;
  }
  return found;
}

namespace {
/// Collects the three lists of the signature of @main.
class SignatureBuilder {
public:
  explicit SignatureBuilder(func::FuncOp main)
      : main(main), builder(main.getContext()) {}

  LogicalResult addResults();
  LogicalResult addArguments();
  DictionaryAttr get();

private:
  LogicalResult addInput(unsigned argument);
  LogicalResult addState(unsigned argument, StringAttr name);
  unsigned countInputs(unsigned end);
  Attribute finish(NamedAttrList &value) {
    return value.getDictionary(main.getContext());
  }

  func::FuncOp main;
  Builder builder;
  SmallVector<Attribute> inputs, outputs, states;
  /// The first output that is the memory of an argument in place.
  llvm::SmallDenseMap<unsigned, unsigned> outputOf;
  uint64_t stateBytes = 0;
};
} // namespace

/// Inputs in front of argument `end`.
unsigned SignatureBuilder::countInputs(unsigned end) {
  return llvm::count_if(llvm::seq(1u, end), [&](unsigned i) {
    return getArgumentKind(main, i) == ArgumentKind::Input;
  });
}

/// Outputs come first, since inputs in place name theirs.
LogicalResult SignatureBuilder::addResults() {
  for (unsigned i = 1, e = main.getNumResults(); i < e; ++i) {
    FailureOr<NamedAttrList> value =
        describeValue(main, main.getResultTypes()[i], main.getResultAttrDict(i),
                      "out" + Twine(outputs.size()));
    if (failed(value))
      return failure();
    BlockArgument argument = findReturned(main, i);
    if (argument && main.getArgAttr(argument.getArgNumber(), kInPlaceAttr)) {
      unsigned number = argument.getArgNumber();
      outputOf.try_emplace(number, outputs.size());
      value->set("alias", builder.getI32IntegerAttr(countInputs(number)));
    }
    outputs.push_back(finish(*value));
  }
  return success();
}

LogicalResult SignatureBuilder::addInput(unsigned argument) {
  FailureOr<NamedAttrList> value =
      describeValue(main, main.getArgumentTypes()[argument],
                    main.getArgAttrDict(argument), "in" + Twine(inputs.size()));
  if (failed(value))
    return failure();
  auto output = outputOf.find(argument);
  if (main.getArgAttr(argument, kInPlaceAttr))
    value->set("alias", builder.getI32IntegerAttr(
                            output == outputOf.end() ? -1 : output->second));
  inputs.push_back(finish(*value));
  return success();
}

/// A session is made before any run, so nothing but the type can say how large
/// its states are.
LogicalResult SignatureBuilder::addState(unsigned argument, StringAttr name) {
  auto type = cast<MemRefType>(main.getArgumentTypes()[argument]);
  if (!type.hasStaticShape() || !type.getLayout().isIdentity())
    return main.emitError("state '")
           << name.getValue() << "' must be dense and have a static shape, not "
           << type;
  FailureOr<NamedAttrList> value =
      describeValue(main, type, main.getArgAttrDict(argument), name.getValue());
  if (failed(value))
    return failure();
  value->set("offset", builder.getI64IntegerAttr(placeState(type, stateBytes)));
  states.push_back(finish(*value));
  return success();
}

LogicalResult SignatureBuilder::addArguments() {
  for (unsigned i = 1, e = main.getNumArguments(); i < e; ++i) {
    LogicalResult result = success();
    ArgumentKind kind = getArgumentKind(main, i);
    if (kind == ArgumentKind::Input)
      result = addInput(i);
    else if (kind == ArgumentKind::State)
      result = addState(i, main.getArgAttrOfType<StringAttr>(i, kStateAttr));
    if (failed(result))
      return failure();
  }
  return success();
}

DictionaryAttr SignatureBuilder::get() {
  NamedAttrList signature;
  signature.set("inputs", builder.getArrayAttr(inputs));
  signature.set("outputs", builder.getArrayAttr(outputs));
  if (!states.empty()) {
    signature.set("states", builder.getArrayAttr(states));
    signature.set("state_bytes", builder.getI64IntegerAttr(stateBytes));
  }
  return signature.getDictionary(main.getContext());
}

FailureOr<DictionaryAttr> bitnet::buildSignature(func::FuncOp main) {
  SignatureBuilder builder(main);
  if (failed(builder.addResults()) || failed(builder.addArguments()))
    return failure();
  return builder.get();
}

/// The counterpart of describeValue.
static ValueSignature readValue(DictionaryAttr attr) {
  ValueSignature value;
  value.name = attr.getAs<StringAttr>("name").str();
  value.dtype = int32_t(attr.getAs<IntegerAttr>("dtype").getInt());
  value.dims = attr.getAs<DenseI64ArrayAttr>("dims").asArrayRef().vec();
  for (auto name : attr.getAs<ArrayAttr>("dim_names").getAsRange<StringAttr>())
    value.dimNames.push_back(name.str());
  if (auto alias = attr.getAs<IntegerAttr>("alias"))
    value.alias = int32_t(alias.getInt());
  if (auto offset = attr.getAs<IntegerAttr>("offset"))
    value.offset = uint64_t(offset.getInt());
  return value;
}

/// One of the lists of the signature; a list without entries may be missing.
static std::vector<ValueSignature> readValues(DictionaryAttr signature,
                                              StringRef name) {
  std::vector<ValueSignature> values;
  if (auto list = signature.getAs<ArrayAttr>(name))
    for (auto value : list.getAsRange<DictionaryAttr>())
      values.push_back(readValue(value));
  return values;
}

FailureOr<ModelSignature> bitnet::readSignature(ModuleOp module) {
  auto attr = module->getAttrOfType<DictionaryAttr>(kSignatureAttr);
  if (!attr)
    return module.emitError("is not lowered for the CPU target yet");
  ModelSignature signature;
  signature.inputs = readValues(attr, "inputs");
  signature.outputs = readValues(attr, "outputs");
  signature.states = readValues(attr, "states");
  if (auto bytes = attr.getAs<IntegerAttr>("state_bytes"))
    signature.stateBytes = uint64_t(bytes.getInt());
  return signature;
}
