//===- Signature.cpp - names and types of inputs and outputs --------------===//
//
// Names, types and dims of inputs and outputs, from the attributes that the
// importer left on @main, as one dictionary on the module.
//
//===----------------------------------------------------------------------===//

#include "Signature.h"

#include "Runtime.h"

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "bitnet/runtime/abi.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Checks that the ABI can carry the value.
static FailureOr<Attribute> describeValue(func::FuncOp main, Type type,
                                          DictionaryAttr attrs,
                                          const Twine &defaultName) {
  Builder builder(main.getContext());
  auto memref = cast<MemRefType>(type);
  if (!attrs)
    attrs = builder.getDictionaryAttr({});
  auto name = attrs.getAs<StringAttr>(onnx::kNameAttr);
  if (!name)
    name = builder.getStringAttr(defaultName);
  // The ONNX type tells uint8 from int8; after import both are i8.
  auto dtype = attrs.getAs<IntegerAttr>(onnx::kDataTypeAttr);
  if (!dtype)
    dtype = builder.getI32IntegerAttr(getDtype(memref.getElementType()));
  if (dtype.getInt() == 0)
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
  if (auto names = attrs.getAs<ArrayAttr>(onnx::kDimsAttr);
      names && names.size() == dims.size())
    llvm::append_range(dimNames, names);
  dimNames.resize(dims.size(), builder.getStringAttr(""));
  return Attribute(builder.getDictionaryAttr(
      {builder.getNamedAttr("name", name), builder.getNamedAttr("dtype", dtype),
       builder.getNamedAttr("dims", builder.getDenseI64ArrayAttr(dims)),
       builder.getNamedAttr("dim_names", builder.getArrayAttr(dimNames))}));
}

FailureOr<DictionaryAttr> bitnet::buildSignature(func::FuncOp main) {
  Builder builder(main.getContext());
  SmallVector<Attribute> inputs, outputs;
  for (unsigned i = 1, e = main.getNumArguments(); i < e; ++i) {
    if (main.getArgAttr(i, "bitnet.weights"))
      continue;
    FailureOr<Attribute> value =
        describeValue(main, main.getArgumentTypes()[i], main.getArgAttrDict(i),
                      "in" + Twine(inputs.size()));
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  for (unsigned i = 1, e = main.getNumResults(); i < e; ++i) {
    FailureOr<Attribute> value =
        describeValue(main, main.getResultTypes()[i], main.getResultAttrDict(i),
                      "out" + Twine(outputs.size()));
    if (failed(value))
      return failure();
    outputs.push_back(*value);
  }
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("inputs", builder.getArrayAttr(inputs)),
       builder.getNamedAttr("outputs", builder.getArrayAttr(outputs))});
}

/// The counterpart of describeValue.
static ValueSignature readValue(DictionaryAttr attr) {
  ValueSignature value;
  value.name = attr.getAs<StringAttr>("name").str();
  value.dtype = int32_t(attr.getAs<IntegerAttr>("dtype").getInt());
  value.dims = attr.getAs<DenseI64ArrayAttr>("dims").asArrayRef().vec();
  for (auto name : attr.getAs<ArrayAttr>("dim_names").getAsRange<StringAttr>())
    value.dimNames.push_back(name.str());
  return value;
}

FailureOr<ModelSignature> bitnet::readSignature(ModuleOp module) {
  auto attr = module->getAttrOfType<DictionaryAttr>(kSignatureAttr);
  if (!attr)
    return module.emitError("is not lowered for the CPU target yet");
  ModelSignature signature;
  for (auto value :
       attr.getAs<ArrayAttr>("inputs").getAsRange<DictionaryAttr>())
    signature.inputs.push_back(readValue(value));
  for (auto value :
       attr.getAs<ArrayAttr>("outputs").getAsRange<DictionaryAttr>())
    signature.outputs.push_back(readValue(value));
  return signature;
}
