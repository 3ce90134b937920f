//===- Elementwise.cpp - arithmetic, comparison and logic of ONNX ---------===//

#include "NodeLowering.h"
#include "OpRegistry.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

static LogicalResult lowerAdd(NodeLowering &n) {
  Type type = n.elementType(n.operand(0));
  FailureOr<Value> v = n.elementwise(
      n.operands(), type, [&](ScalarBuilder &s, ValueRange args) -> Value {
        if (isa<FloatType>(args[0].getType()))
          return s.make<arith::AddFOp>(args[0], args[1]);
        return s.make<arith::AddIOp>(args[0], args[1]);
      });
  if (failed(v))
    return failure();
  n.setResult(0, *v);
  return success();
}

void mlir::bitnet::registerElementwiseOps(OpRegistry &r) {
  r.add("Add", 7, lowerAdd);
}
