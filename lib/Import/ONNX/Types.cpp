//===- Types.cpp - ONNX types as MLIR types -------------------------------===//
//
// Declared types of values. Only tensors have an MLIR type of their own.
//
//===----------------------------------------------------------------------===//

#include "Types.h"

#include "TensorData.h"

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "onnx-ml.pb.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::onnximport;
using ::onnx::TensorProto;

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

/// Refuses shapes whose known extents overflow, with dynamic ones counted as 1.
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
  Type element = onnx::getElementType(context, tensor.elem_type());
  if (!element)
    return llvm::createStringError("has the unknown element type " +
                                   llvm::Twine(tensor.elem_type()));
  // A tensor without a declared shape has unknown rank; the lowering of its
  // producer decides.
  if (!tensor.has_shape())
    return Type(UnrankedTensorType::get(element));
  llvm::Expected<SmallVector<int64_t>> shape = getShape(tensor.shape());
  if (!shape)
    return shape.takeError();
  return Type(RankedTensorType::get(*shape, element));
}
