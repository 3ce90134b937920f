//===- Attributes.cpp - attributes of ONNX nodes --------------------------===//
//
// Attributes of nodes as MLIR attributes. Errors name the node and the
// attribute.
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "Types.h"

#include "bitnet/Support/SafeFile.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;
using ::onnx::AttributeProto;

/// Inside a function an attribute may refer to one of the call; such references
/// are replaced here, so that nothing later has to know of functions.
LogicalResult
Importer::resolveAttributes(const ::onnx::NodeProto &node, Location loc,
                            const Frame &frame,
                            SmallVectorImpl<NamedProto> &attributes) {
  llvm::StringSet<> names;
  for (const AttributeProto &attr : node.attribute()) {
    if (attr.name().empty() || attr.name() == onnx::kBodiesParam)
      return nodeError(node, loc) << "has an attribute with the invalid name "
                                  << quoteName(attr.name());
    // An attribute that is there twice is an error; protobuf would silently
    // keep both.
    if (!names.insert(attr.name()).second)
      return nodeError(node, loc)
             << "has attribute " << quoteName(attr.name()) << " twice";
    const AttributeProto *value = &attr;
    // Resolves a reference to an attribute of the function's call.
    if (!attr.ref_attr_name().empty()) {
      if (!frame.function)
        return nodeError(node, loc)
               << "attribute " << quoteName(attr.name())
               << " refers to a function attribute outside of a function";
      value = frame.attributes.lookup(attr.ref_attr_name());
    }
    // An attribute that the call leaves out has its operator's default.
    if (value)
      attributes.push_back({attr.name(), value});
  }
  return success();
}

llvm::Expected<TensorValue>
Importer::convertTensor(const ::onnx::TensorProto &tensor,
                        uint64_t inlineBytes) {
  llvm::Expected<TensorData> data = readTensor(tensor, *this);
  if (!data)
    return data.takeError();
  return makeTensorValue(context, blobs, std::move(*data), inlineBytes);
}

llvm::Expected<TensorValue>
Importer::convertSparse(const ::onnx::SparseTensorProto &tensor) {
  llvm::Expected<TensorData> data = readSparseTensor(tensor, blobs, *this);
  if (!data)
    return data.takeError();
  return makeTensorValue(context, blobs, std::move(*data), options.inlineBytes);
}

/// Makes a tensor of the attributes of Constant that hold numbers, so that all
/// are read alike.
static bool makeConstant(const AttributeProto &attr, StringRef name,
                         ::onnx::TensorProto &tensor) {
  using ::onnx::TensorProto;
  if (name == "value_float" || name == "value_floats") {
    tensor.set_data_type(TensorProto::FLOAT);
    *tensor.mutable_float_data() = attr.floats();
    if (name == "value_float")
      tensor.add_float_data(attr.f());
  } else if (name == "value_int" || name == "value_ints") {
    tensor.set_data_type(TensorProto::INT64);
    *tensor.mutable_int64_data() = attr.ints();
    if (name == "value_int")
      tensor.add_int64_data(attr.i());
  } else if (name == "value_string" || name == "value_strings") {
    tensor.set_data_type(TensorProto::STRING);
    *tensor.mutable_string_data() = attr.strings();
    if (name == "value_string")
      tensor.add_string_data(attr.s());
  } else {
    return false;
  }
  if (name.ends_with("s"))
    tensor.add_dims(tensor.float_data_size() + tensor.int64_data_size() +
                    tensor.string_data_size());
  return true;
}

/// `name` says which of the attributes of Constant `attr` is.
llvm::Expected<TensorValue> Importer::readConstant(const AttributeProto &attr,
                                                   StringRef name) {
  if (name == "value" && attr.has_t())
    return convertTensor(attr.t(), options.inlineBytes);
  if (name == "sparse_value" && attr.has_sparse_tensor())
    return convertSparse(attr.sparse_tensor());
  ::onnx::TensorProto tensor;
  if (!makeConstant(attr, name, tensor))
    return llvm::createStringError("is no value of a Constant");
  return convertTensor(tensor, options.inlineBytes);
}

/// Tensor attributes other than a Constant's value have no place for a type
/// beside a blob, hence stay inline, up to this size.
static constexpr uint64_t kMaxAttributeBytes = uint64_t(64) << 20;

/// The attribute for one tensor, or for a list of tensors.
FailureOr<Attribute> Importer::convertTensors(const AttributeProto &attr,
                                              const ::onnx::NodeProto &node,
                                              StringRef name, Location loc) {
  SmallVector<Attribute> values;
  auto add = [&](llvm::Expected<TensorValue> tensor) -> LogicalResult {
    if (!tensor)
      return nodeError(node, loc) << "attribute " << quoteName(name) << " "
                                  << llvm::toString(tensor.takeError());
    if (!isa<ElementsAttr>(tensor->value))
      return nodeError(node, loc)
             << "attribute " << quoteName(name) << " exceeds "
             << kMaxAttributeBytes << " bytes";
    values.push_back(tensor->value);
    return success();
  };
  // One tensor is an attribute by itself, several are an array.
  if (attr.type() == AttributeProto::TENSOR)
    return failed(add(convertTensor(attr.t(), kMaxAttributeBytes)))
               ? FailureOr<Attribute>(failure())
               : values.front();
  for (const ::onnx::TensorProto &tensor : attr.tensors())
    if (failed(add(convertTensor(tensor, kMaxAttributeBytes))))
      return failure();
  return Attribute(builder.getArrayAttr(values));
}

/// The attribute of a node as an MLIR attribute, except for graphs, which
/// become MLIR regions of the node.
FailureOr<Attribute> Importer::convertAttribute(const AttributeProto &attr,
                                                const ::onnx::NodeProto &node,
                                                StringRef name, Location loc) {
  switch (attr.type()) {
  case AttributeProto::FLOAT:
    return Attribute(builder.getF32FloatAttr(attr.f()));
  case AttributeProto::INT:
    return Attribute(builder.getI64IntegerAttr(attr.i()));
  case AttributeProto::STRING:
    return Attribute(builder.getStringAttr(attr.s()));
  case AttributeProto::FLOATS:
    return Attribute(builder.getF32ArrayAttr(
        SmallVector<float>(attr.floats().begin(), attr.floats().end())));
  case AttributeProto::INTS:
    return Attribute(builder.getI64ArrayAttr(
        SmallVector<int64_t>(attr.ints().begin(), attr.ints().end())));
  case AttributeProto::STRINGS:
    return Attribute(builder.getStrArrayAttr(
        SmallVector<StringRef>(attr.strings().begin(), attr.strings().end())));
  case AttributeProto::TENSOR:
  case AttributeProto::TENSORS:
    return convertTensors(attr, node, name, loc);
  case AttributeProto::TYPE_PROTO: {
    llvm::Expected<Type> type = getValueType(context, attr.tp());
    if (type)
      return Attribute(TypeAttr::get(*type));
    return nodeError(node, loc) << "attribute " << quoteName(name) << " "
                                << llvm::toString(type.takeError());
  }
  default:
    return nodeError(node, loc)
           << "attribute " << quoteName(name) << " has the unsupported type "
           << int(attr.type());
  }
}
