//===- LayersFunction.cpp - calls of layers as one function ---------------===//
//
// q, k and v are layers of the same activations. Their calls become one call
// whose range is their ranges one after the other; the function cuts the range
// of a task at the bounds and calls the parts.
//
//===----------------------------------------------------------------------===//

#include "LayersFunction.h"

#include "bitnet/Codegen/Functions/FunctionPool.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The operands of all calls, without the begin of each range, which is known:
/// a range begins where the one before it ends.
static llvm::SetVector<Value> getOperands(ArrayRef<func::CallOp> calls) {
  llvm::SetVector<Value> operands;
  for (func::CallOp call : calls) {
    OperandRange own = call.getOperands();
    operands.insert_range(own.drop_back(2));
    operands.insert(own.back());
  }
  return operands;
}

static bool isConstant(Value value) {
  return matchPattern(value, m_Constant());
}

SmallVector<Value>
mlir::bitnet::getLayersArguments(ArrayRef<func::CallOp> calls) {
  llvm::SetVector<Value> operands = getOperands(calls);
  operands.remove_if(isConstant);
  return operands.takeVector();
}

/// Calls the part for what [begin, end) covers of it: [offset, offset + count)
/// of the whole range. `calls` are equal in form: operands, then begin 0 and
/// the count.
static void emitPart(ImplicitLocOpBuilder &b, func::CallOp call,
                     const IRMapping &mapping, ValueRange range, Value offset) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  SmallVector<Value> operands;
  for (Value operand : call.getOperands().drop_back(2))
    operands.push_back(mapping.lookup(operand));
  Value count = mapping.lookup(call.getOperands().back());
  for (Value bound : range) {
    Value place = b.createOrFold<arith::SubIOp>(bound, offset);
    Value least = b.createOrFold<arith::MaxSIOp>(place, zero);
    operands.push_back(b.createOrFold<arith::MinSIOp>(least, count));
  }
  ArrayRef<Value> part = ArrayRef(operands).take_back(2);
  Value any =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, part[0], part[1]);
  scf::IfOp::create(b, any, [&](OpBuilder &inner, Location loc) {
    func::CallOp::create(inner, loc, call.getCallee(), TypeRange(), operands);
    scf::YieldOp::create(inner, loc);
  });
}

func::FuncOp mlir::bitnet::buildLayersFunction(ModuleOp module, StringRef name,
                                               ArrayRef<func::CallOp> calls) {
  ImplicitLocOpBuilder b(calls.front()->getLoc(), module.getBodyRegion());
  SmallVector<Value> arguments = getLayersArguments(calls);
  func::FuncOp function =
      createRangeFunction(b, module, name, TypeRange(ValueRange(arguments)));
  IRMapping mapping;
  mapping.map(arguments, function.getArguments().drop_back(2));
  for (Value operand : getOperands(calls))
    if (isConstant(operand))
      b.clone(*operand.getDefiningOp(), mapping);
  ValueRange range = function.getArguments().take_back(2);
  Value offset = arith::ConstantIndexOp::create(b, 0);
  for (func::CallOp call : calls) {
    emitPart(b, call, mapping, range, offset);
    Value count = mapping.lookup(call.getOperands().back());
    offset = b.createOrFold<arith::AddIOp>(offset, count);
  }
  func::ReturnOp::create(b);
  return function;
}
