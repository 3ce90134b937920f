//===- If.cpp - If --------------------------------------------------------===//
//
// A condition that is constant picks a branch; else both become regions of an
// scf.if, whose results have a type that both branches' values can be cast to.
//
//===----------------------------------------------------------------------===//

#include "OpRegistry.h"

#include "NodeLowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::bitnet;

using Values = SmallVector<ConvertedValue>;

/// The bodies of the node, the one for `true` first; each gives as many values
/// as the node has results.
static FailureOr<std::pair<Region *, Region *>> branches(NodeLowering &n) {
  Region *thenBody = nullptr, *elseBody = nullptr;
  if (auto names = dyn_cast_if_present<ArrayAttr>(n.attr(onnx::kBodiesParam)))
    for (auto [name, body] : llvm::zip_equal(names, n.node.getBodies()))
      (cast<StringAttr>(name) == "then_branch" ? thenBody : elseBody) = &body;
  if (!thenBody || !elseBody)
    return n.emitError() << "needs a then_branch and an else_branch", failure();
  for (Region *body : {thenBody, elseBody}) {
    unsigned given = body->front().getTerminator()->getNumOperands();
    if (given != n.node.getNumResults())
      return n.emitError() << "has " << n.node.getNumResults()
                           << " outputs, but its "
                           << (body == thenBody ? "then" : "else")
                           << "_branch has " << given,
             failure();
  }
  return std::pair(thenBody, elseBody);
}

/// The type of the value in ONNX, which tells int8 from uint8.
static RankedTensorType onnxTypeOf(const ConvertedValue &v) {
  return NodeLowering::typeOf(v.value).clone(v.onnxElementType);
}

/// The type that both branches' results can be cast to, or null.
static RankedTensorType commonType(const ConvertedValue &l,
                                   const ConvertedValue &r) {
  RankedTensorType a = NodeLowering::typeOf(l.value),
                   c = NodeLowering::typeOf(r.value);
  if (a.getRank() != c.getRank() || l.onnxElementType != r.onnxElementType)
    return {};
  SmallVector<int64_t> shape(a.getShape());
  for (auto [extent, other] : llvm::zip_equal(shape, c.getShape()))
    if (extent != other)
      extent = ShapedType::kDynamic;
  return a.clone(shape);
}

/// Ends a branch with its values as the common types.
static void yieldFrom(OpBuilder &b, Location loc, Block *block,
                      const Values &values, TypeRange types) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(block);
  SmallVector<Value> operands;
  for (auto [value, type] : llvm::zip_equal(values, types))
    operands.push_back(
        value.value.getType() == type
            ? value.value
            : tensor::CastOp::create(b, loc, type, value.value).getResult());
  scf::YieldOp::create(b, loc, operands);
}

/// Both branches become regions of an scf.if.
static LogicalResult lowerToSCF(NodeLowering &n, Value condition,
                                Region *thenBody, Region *elseBody) {
  Region thenRegion, elseRegion;
  Block *thenBlock = &thenRegion.emplaceBlock();
  Block *elseBlock = &elseRegion.emplaceBlock();
  FailureOr<Values> ifTrue = n.convertBody(*thenBody, thenBlock);
  if (failed(ifTrue))
    return failure();
  FailureOr<Values> ifFalse = n.convertBody(*elseBody, elseBlock);
  if (failed(ifFalse))
    return failure();
  SmallVector<Type> types;
  for (auto [l, r] : llvm::zip(*ifTrue, *ifFalse)) {
    types.push_back(commonType(l, r));
    if (!types.back())
      return n.emitError() << "has branches with results of different type: "
                           << onnxTypeOf(l) << " and " << onnxTypeOf(r);
  }
  yieldFrom(n.b, n.loc, thenBlock, *ifTrue, types);
  yieldFrom(n.b, n.loc, elseBlock, *ifFalse, types);
  auto op = scf::IfOp::create(n.b, n.loc, types, condition,
                              /*addThenBlock=*/false, /*addElseBlock=*/false);
  op.getThenRegion().takeBody(thenRegion);
  op.getElseRegion().takeBody(elseRegion);
  for (auto [i, value] : llvm::enumerate(*ifTrue))
    n.setResult(i, op.getResult(i), value.onnxElementType);
  return success();
}

/// What a branch learns about extents is forgotten behind it.
static LogicalResult lowerIf(NodeLowering &n) {
  auto bodies = branches(n);
  if (failed(bodies))
    return failure();
  std::optional<Elements> condition = n.extractElements(n.operand(0));
  if (!condition) {
    // The condition: one element of a tensor of any rank, which may only be
    // known at run time.
    FailureOr<Value> single = n.reshape(n.operand(0), {});
    if (failed(single))
      return failure();
    condition = n.extractElements(*single);
  }
  if (!condition || condition->size() != 1)
    return n.emitError() << "needs a condition of one element, got "
                         << n.operand(0).getType();
  OpFoldResult scalar = condition->front();
  if (auto v = dyn_cast<Value>(scalar))
    return lowerToSCF(n, v, bodies->first, bodies->second);
  bool taken = cast<IntegerAttr>(cast<Attribute>(scalar)).getValue() != 0;
  FailureOr<Values> values =
      n.convertBody(taken ? *bodies->first : *bodies->second, nullptr);
  if (failed(values))
    return failure();
  for (auto [i, value] : llvm::enumerate(*values))
    n.setResult(i, value.value, value.onnxElementType);
  return success();
}

void mlir::bitnet::registerIfOps(OpRegistry &r) {
  r.add("If", 1, lowerIf, "results are tensors of equal rank in both branches");
}
