//===- Protocol.cpp - what the importer leaves beside nodes ---------------===//
//
// Names and types of the attributes are in the dialect's definition; here is
// where each may stand.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace mlir::bitnet::onnx;

/// Whether `attribute` is the one that `Helper` of the dialect stands for.
template <typename Helper> static bool matches(NamedAttribute attribute) {
  using Type = decltype(std::declval<Helper &>().getAttr(nullptr));
  return attribute.getName() == Helper::getNameStr() &&
         isa<Type>(attribute.getValue());
}

/// The same for any of several.
template <typename... Helpers>
static bool matchesAny(NamedAttribute attribute) {
  return (matches<Helpers>(attribute) || ...);
}

/// An attribute that nobody would read, or of which nobody could read the
/// value.
static LogicalResult reject(Operation *op, NamedAttribute attribute) {
  return op->emitOpError() << "may not have '" << attribute.getName().getValue()
                           << "' = " << attribute.getValue() << " here";
}

LogicalResult ValueAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringAttr, Type element, ArrayAttr dims) {
  if (element && getDataType(element) == 0)
    return emitError() << element << " is no element type of ONNX";
  if (dims && !llvm::all_of(dims, llvm::IsaPred<StringAttr>))
    return emitError() << "the names of dims are strings, got " << dims;
  return success();
}

ValueInfo ValueInfo::find(DictionaryAttr attributes) {
  auto value = attributes ? attributes.getAs<ValueAttr>(kValueAttr) : nullptr;
  if (!value)
    return {};
  return {value.getName(), value.getElement(), value.getDims()};
}

ValueInfo ValueInfo::ofArgument(FunctionOpInterface function, unsigned index) {
  return find(function.getArgAttrDict(index));
}

ValueInfo ValueInfo::ofResult(FunctionOpInterface function, unsigned index) {
  return find(function.getResultAttrDict(index));
}

StringRef ValueInfo::getDimName(size_t axis) const {
  if (!dims || axis >= dims.size())
    return "";
  return cast<StringAttr>(dims[axis]).getValue();
}

LogicalResult ONNXDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  const bool known =
      isa<ModuleOp>(op)
          ? matchesAny<FileAttrHelper, IrVersionAttrHelper, OpsetAttrHelper,
                       ProducerAttrHelper>(attribute)
          : matches<OriginAttrHelper>(attribute);
  return known ? success() : reject(op, attribute);
}

LogicalResult ONNXDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                    unsigned,
                                                    NamedAttribute attribute) {
  const bool known = matchesAny<ValueAttrHelper, DeclaredAttrHelper>(attribute);
  return known ? success() : reject(op, attribute);
}

LogicalResult ONNXDialect::verifyRegionResultAttribute(
    Operation *op, unsigned region, unsigned result, NamedAttribute attribute) {
  return verifyRegionArgAttribute(op, region, result, attribute);
}
