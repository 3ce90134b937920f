//===- ElementTypes.cpp - TensorProto.DataType as MLIR types --------------===//
//
// ONNX's numbers of element types. Unsigned integers stay unsigned here;
// lowerings make them signless.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::bitnet;

Type onnx::getElementType(MLIRContext *context, int64_t dtype) {
  Builder b(context);
  auto unsignedInteger = [&](unsigned width) {
    return IntegerType::get(context, width, IntegerType::Unsigned);
  };
  switch (dtype) {
  case 1:
    return b.getF32Type();
  case 2:
    return unsignedInteger(8);
  case 3:
    return b.getI8Type();
  case 4:
    return unsignedInteger(16);
  case 5:
    return b.getI16Type();
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 8:
    return StringType::get(context);
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 12:
    return unsignedInteger(32);
  case 13:
    return unsignedInteger(64);
  case 14:
    return ComplexType::get(b.getF32Type());
  case 15:
    return ComplexType::get(b.getF64Type());
  case 16:
    return b.getBF16Type();
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 21:
    return unsignedInteger(4);
  case 22:
    return b.getIntegerType(4);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  case 25:
    return unsignedInteger(2);
  case 26:
    return b.getIntegerType(2);
  case 27:
    return Float6E2M3FNType::get(context);
  case 28:
    return Float6E3M2FNType::get(context);
  }
  return {};
}

/// The number of an element type, found by searching the 28 types.
int64_t onnx::getDataType(Type element) {
  constexpr int64_t kLast = 28;
  for (int64_t dtype = 1; dtype <= kLast; ++dtype)
    if (getElementType(element.getContext(), dtype) == element)
      return dtype;
  return 0;
}
