//===- Types.cpp - ONNX types as MLIR types -------------------------------===//

#include "Types.h"

#include "TensorData.h"

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "onnx-ml.pb.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;
using ::onnx::TensorProto;

static Type getFloatType(MLIRContext *context, int32_t dtype) {
  switch (dtype) {
  case TensorProto::FLOAT:
    return Float32Type::get(context);
  case TensorProto::DOUBLE:
    return Float64Type::get(context);
  case TensorProto::FLOAT16:
    return Float16Type::get(context);
  case TensorProto::BFLOAT16:
    return BFloat16Type::get(context);
  case TensorProto::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case TensorProto::FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case TensorProto::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case TensorProto::FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case TensorProto::FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case TensorProto::FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case TensorProto::FLOAT6E2M3:
    return Float6E2M3FNType::get(context);
  case TensorProto::FLOAT6E3M2:
    return Float6E3M2FNType::get(context);
  }
  return {};
}

Type onnximport::getElementType(MLIRContext *context, int32_t dtype) {
  std::optional<unsigned> bits = getElementBits(dtype);
  switch (dtype) {
  case TensorProto::BOOL:
    return IntegerType::get(context, 1);
  case TensorProto::INT2:
  case TensorProto::INT4:
  case TensorProto::INT8:
  case TensorProto::INT16:
  case TensorProto::INT32:
  case TensorProto::INT64:
    return IntegerType::get(context, *bits);
  case TensorProto::UINT2:
  case TensorProto::UINT4:
  case TensorProto::UINT8:
  case TensorProto::UINT16:
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    return IntegerType::get(context, *bits, IntegerType::Unsigned);
  case TensorProto::STRING:
    return onnx::StringType::get(context);
  case TensorProto::COMPLEX64:
    return ComplexType::get(Float32Type::get(context));
  case TensorProto::COMPLEX128:
    return ComplexType::get(Float64Type::get(context));
  }
  return getFloatType(context, dtype);
}

std::optional<int64_t>
onnximport::getExtent(const ::onnx::TensorShapeProto_Dimension &dim) {
  int64_t extent = 0;
  if (dim.has_dim_value() && dim.dim_value() != -1)
    return dim.dim_value();
  if (dim.has_dim_param() && llvm::to_integer(dim.dim_param(), extent, 10) &&
      extent >= 0)
    return extent;
  return std::nullopt;
}

static llvm::Expected<SmallVector<int64_t>>
getShape(const ::onnx::TensorShapeProto &proto) {
  SmallVector<int64_t> shape, fixed;
  for (const auto &dim : proto.dim()) {
    std::optional<int64_t> extent = getExtent(dim);
    shape.push_back(extent.value_or(ShapedType::kDynamic));
    fixed.push_back(extent.value_or(1));
  }
  llvm::Expected<uint64_t> count = countElements(fixed);
  if (!count)
    return count.takeError();
  return std::move(shape);
}

llvm::Expected<Type> onnximport::getValueType(MLIRContext *context,
                                              const ::onnx::TypeProto &proto) {
  Type unknown = onnx::UnknownType::get(context);
  if (!proto.has_tensor_type() || proto.tensor_type().elem_type() == 0)
    return unknown;
  const auto &tensor = proto.tensor_type();
  Type element = getElementType(context, tensor.elem_type());
  if (!element)
    return llvm::createStringError("has the unknown element type " +
                                   llvm::Twine(tensor.elem_type()));
  if (!tensor.has_shape())
    return Type(UnrankedTensorType::get(element));
  llvm::Expected<SmallVector<int64_t>> shape = getShape(tensor.shape());
  if (!shape)
    return shape.takeError();
  return Type(RankedTensorType::get(*shape, element));
}
