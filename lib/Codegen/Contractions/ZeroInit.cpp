//===- ZeroInit.cpp - products whose result begins at zero ----------------===//
//
// A fill with zero may be dropped when the product is the next use of the
// buffer and writes all of it. The buffer must be allocated here, because only
// then are all of its users known.
//
//===----------------------------------------------------------------------===//

#include "ZeroInit.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The buffer that `value` is all of, in another shape.
static Value getReshaped(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<memref::ExpandShapeOp, memref::CollapseShapeOp, memref::CastOp>(
            op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Whether the loops of the product reach every element of its result.
static bool writesAll(Contraction &contraction) {
  auto type = cast<MemRefType>(contraction.getOperands()[2].getType());
  AffineMap map = contraction.getMaps()[2];
  return llvm::all_of_zip(map.getResults(), type.getShape(),
                          [](AffineExpr result, int64_t extent) {
                            return isa<AffineDimExpr>(result) || extent == 1;
                          });
}

/// Operations that use `buffer` or a view of it.
static SmallVector<Operation *> getUsers(Value buffer) {
  SmallVector<Value> views = {buffer};
  SmallVector<Operation *> users;
  while (!views.empty())
    for (Operation *user : views.pop_back_val().getUsers()) {
      if (isa<ViewLikeOpInterface>(user))
        llvm::append_range(views, user->getResults());
      else
        users.push_back(user);
    }
  return users;
}

static bool isZero(linalg::FillOp fill) {
  return matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
}

linalg::FillOp bitnet::findZeroInit(Contraction &contraction) {
  Operation *product = contraction.op;
  Value buffer = getReshaped(contraction.getOperands()[2]);
  if (!isa_and_nonnull<memref::AllocOp>(buffer.getDefiningOp()) ||
      !writesAll(contraction))
    return {};
  // The last use of the buffer before the product.
  Operation *last = nullptr;
  // Uses within a nested region count where the region's operation stands.
  for (Operation *user : getUsers(buffer)) {
    Operation *ancestor = product->getBlock()->findAncestorOpInBlock(*user);
    if (!ancestor)
      return {};
    if (ancestor->isBeforeInBlock(product) &&
        (!last || last->isBeforeInBlock(ancestor)))
      last = ancestor;
  }
  auto fill = dyn_cast_or_null<linalg::FillOp>(last);
  bool isInit =
      fill && isZero(fill) && getReshaped(fill.getOutputs()[0]) == buffer;
  return isInit ? fill : linalg::FillOp();
}
