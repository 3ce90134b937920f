//===- ONNXDialect.cpp - the ONNX carrier dialect -------------------------===//
//
// The carrier: verifiers say only that a node is well-formed IR. Whether it is
// valid ONNX is a question to Schema.h.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::bitnet::onnx;

#include "bitnet/Dialect/ONNX/IR/ONNXDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXTypes.cpp.inc"
#define GET_OP_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXOps.cpp.inc"

void ONNXDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "bitnet/Dialect/ONNX/IR/ONNXAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "bitnet/Dialect/ONNX/IR/ONNXTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "bitnet/Dialect/ONNX/IR/ONNXOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// onnx.node
//===----------------------------------------------------------------------===//

/// The number of inputs of the node, those that are left out included.
unsigned NodeOp::getNumSlots() {
  return getPresent() ? getPresent()->size() : getInputs().size();
}

/// The operand in an input slot; null for an input that is left out.
Value NodeOp::getSlot(unsigned slot) {
  if (slot >= getNumSlots())
    return {};
  if (!getPresent())
    return getInputs()[slot];
  ArrayRef<int32_t> present = *getPresent();
  if (!present[slot])
    return {};
  return getInputs()[llvm::count(present.take_front(slot), 1)];
}

/// The operator as messages name it: its name in the file, with its domain.
std::string NodeOp::getQualifiedName() {
  if (getDomain() == kInternalDomain)
    if (auto stands = getParams().getAs<StringAttr>(kOperatorParam))
      return stands.str();
  return getDomain().empty() ? getOp().str()
                             : (getDomain() + "." + getOp()).str();
}

LogicalResult NodeOp::verify() {
  if (std::optional<ArrayRef<int32_t>> present = getPresent()) {
    if (llvm::any_of(*present, [](int32_t p) { return p != 0 && p != 1; }))
      return emitOpError("expects 'present' to hold only 0 and 1");
    if (llvm::count(*present, 1) != int64_t(getInputs().size()))
      return emitOpError("expects as many ones in 'present' as operands (")
             << getInputs().size() << ")";
  }
  // Checks `bodies`: graphs of a node are MLIR regions, and this lists the
  // attributes that they came from.
  auto names = getParams().getAs<ArrayAttr>(kBodiesParam);
  if ((names ? names.size() : 0) != getBodies().size())
    return emitOpError("expects one name in params[\"")
           << kBodiesParam << "\"] per region";
  return success();
}

//===----------------------------------------------------------------------===//
// onnx.constant
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  if (auto typed = dyn_cast<TypedAttr>(getValue()))
    if (typed.getType() != getType() && !isa<NoneType>(typed.getType()))
      return emitOpError("has value of type ")
             << typed.getType() << " but result of type " << getType();
  return success();
}
