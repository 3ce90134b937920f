//===- CallWork.cpp - how much a call multiplies --------------------------===//
//
// Reads and writes the attribute `bitnet.macs`. Operands are stored by number,
// because an attribute cannot name a value.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Loops/CallWork.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Asserts that the extents are of operands of `call`.
void bitnet::setWork(func::CallOp call, const CallWork &work) {
  SmallVector<int64_t> numbers = {work.factor};
  OperandRange operands = call.getOperands();
  for (auto [buffer, dim] : work.extents) {
    auto operand = llvm::find(operands, buffer);
    assert(operand != operands.end() && "not an operand of the call");
    numbers.push_back(operand - operands.begin());
    numbers.push_back(dim);
  }
  call->setAttr(kMacsAttr, DenseI64ArrayAttr::get(call.getContext(), numbers));
}

/// Null unless `operand` is a memref with a dimension `dim`.
static Value getBuffer(func::CallOp call, int64_t operand, int64_t dim) {
  if (operand < 0 || operand >= int64_t(call.getNumOperands()))
    return Value();
  Value buffer = call.getOperand(operand);
  auto type = dyn_cast<MemRefType>(buffer.getType());
  return type && dim >= 0 && dim < type.getRank() ? buffer : Value();
}

std::optional<CallWork> bitnet::getWork(func::CallOp call) {
  auto attribute = call->getAttrOfType<DenseI64ArrayAttr>(kMacsAttr);
  if (!attribute || attribute.size() % 2 == 0)
    return std::nullopt;
  ArrayRef<int64_t> numbers = attribute;
  CallWork work{numbers.front(), {}};
  for (size_t i = 1; i < numbers.size(); i += 2) {
    Value buffer = getBuffer(call, numbers[i], numbers[i + 1]);
    if (!buffer)
      return std::nullopt;
    work.extents.emplace_back(buffer, numbers[i + 1]);
  }
  return work;
}

Value bitnet::emitWork(OpBuilder &builder, Location loc, const CallWork &work) {
  Value product = arith::ConstantIndexOp::create(builder, loc, work.factor);
  for (auto [buffer, dim] : work.extents) {
    Value extent = builder.createOrFold<memref::DimOp>(loc, buffer, dim);
    product = builder.createOrFold<arith::MulIOp>(loc, product, extent);
  }
  return arith::IndexCastOp::create(builder, loc, builder.getI64Type(),
                                    product);
}
