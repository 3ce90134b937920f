//===- Match.cpp - which operations are products --------------------------===//
//
// A product is an operation of two inputs whose body is out + lhs * rhs with an
// f32 sum; inputs may be f16, bf16 or int8 that the body widens. Which loop is
// batch, m, n or k follows from the operands that move in it.
//
//===----------------------------------------------------------------------===//

#include "Match.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The argument of the body behind a widening, or without one. Integers of
/// eight bits are floats that f32 holds exactly.
static BlockArgument getReadElement(Value v) {
  if (auto convert = v.getDefiningOp<arith::SIToFPOp>()) {
    v = convert.getIn();
    if (auto widen = v.getDefiningOp<arith::ExtSIOp>())
      v = widen.getIn();
    return v.getType().isInteger(8) ? dyn_cast<BlockArgument>(v)
                                    : BlockArgument();
  }
  if (auto widen = v.getDefiningOp<arith::ExtFOp>())
    v = widen.getIn();
  Type type = v.getType();
  if (type.isF32() || type.isF16() || type.isBF16())
    return dyn_cast<BlockArgument>(v);
  return BlockArgument();
}

/// Named products promise no order of their sums; generic ones must say so.
static bool mayReorder(linalg::LinalgOp op, arith::AddFOp add) {
  auto wanted = arith::FastMathFlags::reassoc | arith::FastMathFlags::contract;
  return !isa<linalg::GenericOp>(op.getOperation()) ||
         (add.getFastmath() & wanted) == wanted;
}

/// Finds out + lhs * rhs in the body.
static bool matchBody(Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  Block *body = op.getBlock();
  auto add =
      body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  BlockArgument out = body->getArguments().back();
  if (!add || !out.getType().isF32() || !mayReorder(op, add))
    return false;
  bool first = add.getLhs() == out;
  if (!first && add.getRhs() != out)
    return false;
  auto product =
      (first ? add.getRhs() : add.getLhs()).getDefiningOp<arith::MulFOp>();
  if (!product)
    return false;
  BlockArgument lhs = getReadElement(product.getLhs());
  BlockArgument rhs = getReadElement(product.getRhs());
  if (!lhs || !rhs || lhs == rhs || lhs == out || rhs == out)
    return false;
  contraction.lhs = lhs.getArgNumber();
  contraction.rhs = rhs.getArgNumber();
  return true;
}

SmallVector<Value, 3> Contraction::getOperands() {
  return {op.getDpsInputs()[lhs], op.getDpsInputs()[rhs], op.getDpsInits()[0]};
}

SmallVector<AffineMap, 3> Contraction::getMaps() {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return {maps[lhs], maps[rhs], maps.back()};
}

bool Contraction::writesAll() {
  auto type = cast<ShapedType>(getOperands()[2].getType());
  return llvm::all_of_zip(getMaps()[2].getResults(), type.getShape(),
                          [](AffineExpr result, int64_t extent) {
                            return isa<AffineDimExpr>(result) || extent == 1;
                          });
}

bool bitnet::isZeroInit(linalg::FillOp fill, Contraction &contraction) {
  return matchPattern(fill.getInputs()[0], m_PosZeroFloat()) &&
         contraction.writesAll();
}

/// Sorts loops by the maps that they occur in; false when one is of no kind.
static bool sortLoops(Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  SmallVector<AffineMap, 3> maps = contraction.getMaps();
  AffineMap lhs = maps[0], rhs = maps[1], out = maps[2];
  for (AffineMap map : maps)
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return false;
  ContractionLoops &loops = contraction.loops;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    bool inLhs = lhs.isFunctionOfDim(loop), inRhs = rhs.isFunctionOfDim(loop);
    bool inOut = out.isFunctionOfDim(loop);
    if (inLhs && inRhs)
      (inOut ? loops.batch : loops.k).push_back(loop);
    else if (inOut && (inLhs || inRhs))
      (inLhs ? loops.m : loops.n).push_back(loop);
    else
      return false;
  }
  return true;
}

std::optional<Contraction> bitnet::matchContraction(Operation *operation) {
  auto op = dyn_cast<linalg::LinalgOp>(operation);
  if (!op || op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
    return std::nullopt;
  Contraction contraction;
  contraction.op = op;
  if (!matchBody(contraction) || !sortLoops(contraction))
    return std::nullopt;
  return contraction;
}
