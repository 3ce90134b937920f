//===- Broadcast.cpp - elementwise operations with numpy broadcasting -----===//
//
// Elementwise operators broadcast their operands as NumPy does. An extent that
// is 1 is repeated by the indexing map; one that may turn out to be 1 only at
// run time is read at index 0 or i by the body, or repeated before. Integer
// tensors that are known as lists of scalars stay lists, so that shapes can be
// computed from them.
//
//===----------------------------------------------------------------------===//

#include "NodeLowering.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Widens narrow floats before, rounds once after the body (act_c3).
static Value emitBody(ScalarBuilder &s, SmallVector<Value> args,
                      Type resultElement, ScalarFn body) {
  for (Value &arg : args)
    arg = widen(s, arg);
  Value result = body(s, args);
  if (isNarrowFloat(resultElement) && result.getType() != resultElement)
    result = s.make<arith::TruncFOp>(resultElement, result);
  return result;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The extent that `a` and `c` broadcast to, with the check that they do.
FailureOr<OpFoldResult> NodeLowering::broadcastDim(OpFoldResult a,
                                                   OpFoldResult c) {
  a = dims.simplify(a);
  c = dims.simplify(c);
  if (dims.same(a, c) || isOneInteger(c))
    return a;
  if (isOneInteger(a))
    return c;
  std::optional<int64_t> n = getConstantIntValue(a), m = getConstantIntValue(c);
  if (n && m)
    return emitError() << "cannot broadcast extents " << *n << " and " << *m,
           failure();
  if (dims.isCapped(a, c) || dims.isCapped(c, a)) {
    if (failed(requireSame(a, c, "broadcast extents")))
      return failure();
    return dims.simplify(a);
  }
  OpFoldResult one = dims.constant(1);
  Value ok = dims.isEqual(a, c);
  for (OpFoldResult extent : {a, c})
    if (isa<Value>(extent))
      ok = dims.orOf(ok, dims.isEqual(extent, one));
  dims.require(ok, name() + ": operands cannot be broadcast");
  if (n || m)
    return n ? a : c;
  return dims.select(dims.isEqual(a, one), c, a);
}

/// The extents of the result, aligned at the last axis.
FailureOr<Dims> NodeLowering::broadcast(ArrayRef<Value> values) {
  int64_t resultRank = 0;
  for (Value v : values)
    resultRank = std::max(resultRank, rank(v));
  Dims result(resultRank, dims.constant(1));
  // Static extents come first, because a run-time extent then only has to be
  // that extent or 1.
  for (bool dynamic : {false, true})
    for (Value v : values)
      for (auto [axis, extent] : llvm::enumerate(Dims(dimsOf(v)))) {
        if (isa<Value>(dims.simplify(extent)) != dynamic)
          continue;
        OpFoldResult &out = result[resultRank - rank(v) + axis];
        FailureOr<OpFoldResult> merged = broadcastDim(out, extent);
        if (failed(merged))
          return failure();
        out = *merged;
      }
  return result;
}

//===----------------------------------------------------------------------===//
// Operands of the generic
//===----------------------------------------------------------------------===//

namespace {
/// How the body of an elementwise generic reaches one operand.
struct Access {
  Value tensor;
  Attribute splat;           // the operand is this constant
  int64_t input = -1;        // or input number `input` of the generic
  SmallVector<Value> isUnit; // or read at i, or 0 where isUnit (null: i)
  int64_t lead = 0;          // loops before those of the operand's axes
};
} // namespace

/// The splat constant that `v` is, if it is one.
static Attribute getSplat(Value v) {
  DenseElementsAttr constant;
  if (matchPattern(v, m_Constant(&constant)) && constant.isSplat())
    return constant.getSplatValue<Attribute>();
  return {};
}

/// The indexing map of an operand with extents `extents` in a space of extents
/// `space`, or null when an extent is only known at run time to be 1 or not.
static AffineMap operandMap(DimBuilder &dims, ArrayRef<OpFoldResult> extents,
                            ArrayRef<OpFoldResult> space, MLIRContext *ctx) {
  SmallVector<AffineExpr> exprs;
  size_t lead = space.size() - extents.size();
  for (auto [axis, extent] : llvm::enumerate(extents)) {
    if (dims.same(extent, space[lead + axis]))
      exprs.push_back(getAffineDimExpr(lead + axis, ctx));
    else if (isOneInteger(dims.simplify(extent)))
      exprs.push_back(getAffineConstantExpr(0, ctx));
    else
      return {};
  }
  return AffineMap::get(space.size(), 0, exprs, ctx);
}

/// An operand whose extents may or may not be 1 at run time.
static void makeRuntimeAccess(DimBuilder &dims, ArrayRef<OpFoldResult> extents,
                              ArrayRef<OpFoldResult> space, Access &access) {
  access.lead = space.size() - extents.size();
  for (auto [axis, extent] : llvm::enumerate(extents)) {
    bool same = dims.same(extent, space[access.lead + axis]);
    access.isUnit.push_back(same ? Value()
                                 : dims.isEqual(extent, dims.constant(1)));
  }
}

/// Reads the operand of `access` inside the generic's body.
static Value readOperand(ScalarBuilder &s, const Access &access,
                         ValueRange args) {
  if (access.splat)
    return s.make<arith::ConstantOp>(cast<TypedAttr>(access.splat));
  if (access.input >= 0)
    return args[access.input];
  SmallVector<Value> indices;
  for (auto [axis, isUnit] : llvm::enumerate(access.isUnit)) {
    Value index = linalg::IndexOp::create(s.b, s.loc, access.lead + axis);
    if (isUnit)
      index = s.make<arith::SelectOp>(
          isUnit, s.intConstant(s.b.getIndexType(), 0), index);
    indices.push_back(index);
  }
  return tensor::ExtractOp::create(s.b, s.loc, access.tensor, indices);
}

//===----------------------------------------------------------------------===//
// elementwise
//===----------------------------------------------------------------------===//

/// Lists of one element are as long as the others; none when some operand is no
/// list.
std::optional<SmallVector<Elements>>
NodeLowering::broadcastLists(ArrayRef<Value> values, size_t &length) {
  SmallVector<Elements> lists;
  length = 1;
  for (Value v : values) {
    std::optional<Elements> list = elements(v);
    if (!list)
      return std::nullopt;
    if (list->size() != 1)
      length = list->size();
    lists.push_back(std::move(*list));
  }
  for (Elements &list : lists) {
    if (list.size() != length && list.size() != 1)
      return std::nullopt; // the tensor path reports it
    if (list.size() != length)
      list = Elements(length, list.front());
  }
  return lists;
}

/// Whether all operands have rank 0: then the result has rank 0, too, and is no
/// list of one element.
static bool allScalars(ArrayRef<Value> values) {
  return llvm::all_of(values,
                      [](Value v) { return NodeLowering::rank(v) == 0; });
}

/// Arithmetic on extents instead of on values; null when an operand is no list
/// of i64.
Value NodeLowering::elementwiseExtents(
    ArrayRef<Value> values, Type resultElement,
    llvm::function_ref<OpFoldResult(ArrayRef<OpFoldResult>)> body) {
  size_t length;
  if (!llvm::all_of(values,
                    [](Value v) { return elementType(v).isInteger(64); }))
    return {};
  std::optional<SmallVector<Elements>> lists = broadcastLists(values, length);
  if (!lists)
    return {};
  Elements result;
  for (size_t i = 0; i < length; ++i)
    result.push_back(body(llvm::map_to_vector(
        *lists, [&](const Elements &list) { return list[i]; })));
  return fromElements(result, resultElement, allScalars(values));
}

/// Scalar code on lists of known integers; null when the operands are not.
Value NodeLowering::elementwiseList(ArrayRef<Value> values, Type resultElement,
                                    ScalarFn body) {
  size_t length;
  if (!isa<IntegerType>(resultElement) || values.empty())
    return {};
  std::optional<SmallVector<Elements>> lists = broadcastLists(values, length);
  if (!lists)
    return {};
  ScalarBuilder s{b, loc};
  Elements result;
  for (size_t i = 0; i < length; ++i) {
    SmallVector<Value> args;
    for (auto [list, v] : llvm::zip_equal(*lists, values)) {
      Value arg = dims.value(list[i]);
      if (arg.getType().isIndex())
        arg = dims.cse(s.make<arith::IndexCastOp>(elementType(v), arg));
      args.push_back(arg);
    }
    Value out = body(s, args);
    if (resultElement.isInteger(64)) {
      auto cast = out.getDefiningOp<arith::IndexCastOp>();
      out = cast && cast.getIn().getType().isIndex()
                ? cast.getIn()
                : s.make<arith::IndexCastOp>(b.getIndexType(), out);
    }
    result.push_back(dims.simplify(dims.cse(out)));
  }
  return fromElements(result, resultElement, allScalars(values));
}

/// The result when all operands are splat constants and the code folds.
Value NodeLowering::elementwiseSplat(ArrayRef<Value> values, Type resultElement,
                                     ScalarFn body) {
  ScalarBuilder s{b, loc};
  SmallVector<Value> args;
  for (Value v : values) {
    Attribute splat = getSplat(v);
    if (!splat)
      return {};
    args.push_back(s.make<arith::ConstantOp>(cast<TypedAttr>(splat)));
  }
  FailureOr<Dims> space = broadcast(values);
  Attribute folded;
  if (failed(space) || args.empty() ||
      !matchPattern(emitBody(s, args, resultElement, body),
                    m_Constant(&folded)))
    return {};
  RankedTensorType type = tensorType(*space, resultElement);
  if (type.getRank() > 1)
    return {}; // large splats are cheaper as code
  return dims.cse(
      arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, folded)));
}

/// `v` with every extent that of `space` or a constant 1.
FailureOr<Value>
NodeLowering::repeatWhereUnknown(Value v, ArrayRef<OpFoldResult> space) {
  Dims extents = dimsOf(v);
  size_t lead = space.size() - extents.size();
  for (auto [axis, extent] : llvm::enumerate(extents))
    if (!isOneInteger(dims.simplify(extent)))
      extent = space[lead + axis];
  return broadcastIfNeeded(v, extents);
}

/// The result is a list if it can be, else a constant if it can be, else a
/// linalg.generic.
FailureOr<Value> NodeLowering::elementwise(ArrayRef<Value> values,
                                           Type resultElement, ScalarFn body) {
  if (Value list = elementwiseList(values, resultElement, body))
    return list;
  if (Value constant = elementwiseSplat(values, resultElement, body))
    return constant;
  FailureOr<Dims> space = broadcast(values);
  if (failed(space))
    return failure();
  MLIRContext *ctx = b.getContext();
  SmallVector<Access> accesses;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (Value v : values) {
    Access access{v, getSplat(v), -1, {}, 0};
    if (!access.splat) {
      // Bodies read an operand at their own index, so one that may have to be
      // repeated is repeated before.
      FailureOr<Value> whole = repeatWhereUnknown(v, *space);
      if (failed(whole))
        return failure();
      access.input = inputs.size();
      inputs.push_back(*whole);
      maps.push_back(operandMap(dims, dimsOf(*whole), *space, ctx));
    }
    accesses.push_back(std::move(access));
  }
  Value init = empty(*space, resultElement);
  maps.push_back(b.getMultiDimIdentityMap(space->size()));
  SmallVector<utils::IteratorType> iterators(space->size(),
                                             utils::IteratorType::parallel);
  auto build = [&](OpBuilder &nested, Location nestedLoc, ValueRange args) {
    ScalarBuilder s{nested, nestedLoc};
    SmallVector<Value> scalars;
    for (const Access &access : accesses)
      scalars.push_back(readOperand(s, access, args));
    Value result = emitBody(s, scalars, resultElement, body);
    linalg::YieldOp::create(nested, nestedLoc, result);
  };
  auto generic = linalg::GenericOp::create(b, loc, init.getType(), inputs, init,
                                           maps, iterators, build);
  Value result = generic.getResult(0);
  state.extents[result] = *space;
  return result;
}

/// Lowers an operator whose result has the element type of the first input.
LogicalResult NodeLowering::lowerElementwise(ArrayRef<Value> values,
                                             ScalarFn body) {
  FailureOr<Value> v = elementwise(values, elementType(operand(0)), body);
  if (failed(v))
    return failure();
  setResult(0, *v);
  return success();
}

/// Applies `body` to one operand, which cannot fail.
Value NodeLowering::map(Value v, Type resultElement, ScalarFn body) {
  return *elementwise(v, resultElement, body); // one operand always broadcasts
}

/// `v` itself when it has the extents already.
FailureOr<Value> NodeLowering::broadcastTo(Value v,
                                           ArrayRef<OpFoldResult> extents) {
  Dims have = dimsOf(v);
  if (have.size() == extents.size() &&
      llvm::all_of(llvm::zip(have, extents), [&](auto pair) {
        return dims.same(std::get<0>(pair), std::get<1>(pair));
      }))
    return v;
  // The second operand only lends its shape.
  Value shape = empty(extents, elementType(v));
  FailureOr<Dims> space = broadcast({v, shape});
  if (failed(space))
    return failure();
  return repeatTo(v, *space);
}

/// A copy with every axis as long as in `space`; `v` has the extent or 1 there.
Value NodeLowering::repeatTo(Value v, ArrayRef<OpFoldResult> space) {
  Dims have = dimsOf(v);
  Value init = empty(space, elementType(v));
  MLIRContext *ctx = b.getContext();
  SmallVector<AffineMap> maps;
  SmallVector<Value> inputs;
  Access access{v, {}, -1, {}, 0};
  if (AffineMap map = operandMap(dims, have, space, ctx)) {
    access.input = 0;
    inputs.push_back(v);
    maps.push_back(map);
  } else {
    makeRuntimeAccess(dims, have, space, access);
  }
  maps.push_back(b.getMultiDimIdentityMap(space.size()));
  SmallVector<utils::IteratorType> iterators(space.size(),
                                             utils::IteratorType::parallel);
  auto build = [&](OpBuilder &nested, Location nestedLoc, ValueRange args) {
    ScalarBuilder s{nested, nestedLoc};
    linalg::YieldOp::create(nested, nestedLoc, readOperand(s, access, args));
  };
  auto generic = linalg::GenericOp::create(b, loc, init.getType(), inputs, init,
                                           maps, iterators, build);
  state.extents[generic.getResult(0)] = Dims(space);
  return generic.getResult(0);
}

/// The type of what an scf.if yields that may be `v`: no extent of it is static
/// that `v` leaves open. Should `v` turn out to have another static extent, its
/// branch is dead, and a cast in there to `wanted` would still not verify.
static RankedTensorType typeOfChoice(RankedTensorType v,
                                     RankedTensorType wanted) {
  SmallVector<int64_t> shape(wanted.getShape());
  for (auto [extent, have] : llvm::zip_equal(shape, v.getShape()))
    if (extent != have)
      extent = ShapedType::kDynamic;
  return wanted.clone(shape);
}

/// The value of `make` where `condition` holds at run time, else `v`.
FailureOr<Value>
NodeLowering::replaceIf(Value condition, Value v,
                        ArrayRef<OpFoldResult> extents,
                        llvm::function_ref<FailureOr<Value>()> make) {
  RankedTensorType type =
      typeOfChoice(typeOf(v), tensorType(extents, elementType(v)));
  auto op = scf::IfOp::create(b, loc, type, condition, /*withElse=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    DimBuilder::Scope scope(dims);
    b.setInsertionPointToEnd(op.thenBlock());
    FailureOr<Value> made = make();
    if (failed(made))
      return failure();
    scf::YieldOp::create(b, loc, castTo(*made, type));
  }
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(op.elseBlock());
    scf::YieldOp::create(b, loc, castTo(v, type));
  }
  return refine(op.getResult(0), extents);
}

/// Broadcasts in a branch at run time, where only the run knows whether an
/// extent is 1.
FailureOr<Value>
NodeLowering::broadcastIfNeeded(Value v, ArrayRef<OpFoldResult> extents) {
  Dims have = dimsOf(v);
  Value needed;
  for (auto [extent, want] :
       llvm::zip(llvm::reverse(have), llvm::reverse(extents))) {
    if (dims.same(extent, want))
      continue;
    if (isConstantIntValue(dims.simplify(extent), 1))
      return broadcastTo(v, extents);
    Value differs =
        dims.value(dims.compare(arith::CmpIPredicate::ne, extent, want));
    needed = needed ? dims.orOf(needed, differs) : differs;
  }
  if (have.size() != extents.size())
    return broadcastTo(v, extents);
  if (!needed)
    return v;
  return replaceIf(needed, v, extents,
                   [&]() -> FailureOr<Value> { return repeatTo(v, extents); });
}
